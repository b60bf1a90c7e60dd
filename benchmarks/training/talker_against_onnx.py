"""The talker's network beside the ONNX graph that its weights come from: pitch, length, samples, speed.

    python -m benchmarks.training.talker_against_onnx GRAPH.onnx [--golden FILE.npz]

GRAPH.onnx: what the sources of `kokoro-82m.safetensors` in the catalogue carry. The graph forgets to divide its
overlapping windows, which makes it 1.5 times as loud; noise is left out on both sides. --golden writes the graph's
output for a short line, which `tests/models/talker/test_against_onnx.py` compares with.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from audiorole.models.talker.kokoro import load_network, symbol_ids
from audiorole.models.talker.voice import stock_voice
from audiorole.models.weights import store as weights

LINE = "hˈʌɹi ˈʌp!"
LONG = "wi hæv ɡˌɑt tə ɡˈɛt tə ði ˈɛɹpˌɔɹt bəfˈɔɹ ðA klˈOz, ænd ðɛn wi nˈid ə plˈAn."
VOICE = "am_adam"


def main() -> None:
    """Print the comparison; write the golden file where asked."""
    arguments = _arguments()
    session, pitch_name = _session(arguments.graph)
    torch.set_num_threads(1)
    network = load_network(weights.path("kokoro-82m.safetensors"))
    for line in (LINE, LONG):
        samples, pitch, onnx_cpu = _graph(session, pitch_name, line)
        ours, our_pitch, torch_cpu = _torch(network, line)
        seconds = len(samples) / 24_000
        print(
            f"{len(line)} symbols, {seconds:.2f} s: same length {len(samples) == len(ours)}, "
            f"pitch differs by at most {np.abs(pitch - our_pitch).max():.3f} Hz, "
            f"correlation {np.corrcoef(samples, ours)[0, 1]:.4f}, "
            f"CPU seconds a second: onnxruntime {onnx_cpu / seconds:.2f}, torch float32 {torch_cpu / seconds:.2f}"
        )
        if line == LINE and arguments.golden:
            np.savez_compressed(arguments.golden, samples=samples.astype(np.float16), pitch=pitch.astype(np.float32))


def _session(path: Path) -> tuple[onnxruntime.InferenceSession, str]:
    model = onnx.load(str(path))
    pitch = next(node.output[0] for node in model.graph.node if "F0_proj" in node.name and node.op_type == "Conv")
    model.graph.output.append(onnx.helper.make_tensor_value_info(pitch, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options), pitch


def _graph(session: onnxruntime.InferenceSession, pitch: str, line: str) -> tuple[np.ndarray, np.ndarray, float]:
    inputs = {
        "input_ids": symbol_ids(line).numpy(),
        "style": stock_voice(VOICE).style_of(len(line))[None],
        "speed": np.ones(1, np.float32),
    }
    began = time.process_time()
    samples, found = session.run([session.get_outputs()[0].name, pitch], inputs)
    return samples.ravel() / 1.5, found.ravel(), time.process_time() - began


def _torch(network, line: str) -> tuple[np.ndarray, np.ndarray, float]:
    style = torch.from_numpy(stock_voice(VOICE).style_of(len(line)))[None]
    began = time.process_time()
    with torch.inference_mode():
        spoken = network.plan(network.read(symbol_ids(line)), style[:, 128:])
        quiet = torch.zeros(1, spoken.excitation.shape[1], network.sizes.harmonics)
        spoken = dataclasses.replace(spoken, excitation=network.decoder.generator.m_source(spoken.pitch, quiet))
        samples = network.decoder(spoken, style[:, :128])
    return samples[0].numpy(), spoken.pitch[0].numpy(), time.process_time() - began


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", type=Path)
    parser.add_argument("--golden", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
