"""Speed of fitting the decoder's flow to a voice, at its published size with random weights: steps and mel per second.

python -m benchmarks.training.decoder [--steps 30] [--seconds 3]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder
from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.mel import HOP, SAMPLE_RATE


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--batch-frames", type=int, default=20_000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    flow = Flow(FlowConfig()).to(arguments.device)
    random, length = np.random.default_rng(0), int(arguments.seconds * SAMPLE_RATE)
    pairs = [
        VoicePair.of(
            random.integers(0, 16_384, int(arguments.seconds * 12.5)).astype(np.uint16),
            (0.1 * random.standard_normal(length)).astype(np.float32),
        )
        for _ in range(arguments.batch_frames * HOP // length)
    ]
    marks: list[float] = []
    plan = DecoderPlan(steps=arguments.steps, batch_frames=arguments.batch_frames, save_every=0)
    fit_decoder(flow, pairs, plan, Path(tempfile.mkdtemp()), lambda step, loss: marks.append(time.perf_counter()))
    warm = len(marks) // 3
    rate = (len(marks) - warm - 1) / (marks[-1] - marks[warm])
    figures = {
        "parameters": sum(p.numel() for p in flow.parameters()),
        "steps_per_second": round(rate, 2),
        "speech_seconds_per_second": round(rate * len(pairs) * arguments.seconds),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if arguments.device == "cuda" else None,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
