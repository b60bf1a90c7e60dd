"""The network with the pulled weights says what onnxruntime made of the graph that they come from.

`golden/kokoro_hurry_up.npz` is written by `benchmarks/training/talker_against_onnx.py --golden`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from audiorole.errors import WeightsError  # noqa: E402
from audiorole.models.talker.kokoro import load_network, symbol_ids  # noqa: E402
from audiorole.models.talker.voice import stock_voice  # noqa: E402
from audiorole.models.weights import store as weights  # noqa: E402

pytestmark = pytest.mark.models

GOLDEN = Path(__file__).parent / "golden" / "kokoro_hurry_up.npz"
LINE = "hˈʌɹi ˈʌp!"


def test_pitch_length_and_samples_are_the_graph_s() -> None:
    try:
        path, style = weights.path("kokoro-82m.safetensors"), stock_voice("am_adam").style_of(len(LINE))
    except WeightsError as error:
        pytest.skip(str(error))
    network, golden = load_network(path), np.load(GOLDEN)
    row = torch.from_numpy(style)[None]
    with torch.inference_mode():
        spoken = network.plan(network.read(symbol_ids(LINE)), row[:, 128:])
        quiet = torch.zeros(1, spoken.excitation.shape[1], network.sizes.harmonics)
        spoken = dataclasses.replace(spoken, excitation=network.decoder.generator.m_source(spoken.pitch, quiet))
        samples = network.decoder(spoken, row[:, :128])[0].numpy()
    assert len(samples) == len(golden["samples"])
    assert np.abs(spoken.pitch[0].numpy() - golden["pitch"]).max() < 0.5  # Hz: the weights are kept in float16
    assert np.corrcoef(samples, golden["samples"].astype(np.float32))[0, 1] > 0.95
