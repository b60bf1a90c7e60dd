"""Speed of the Whisper-VQ speech tokenizer at its published size, random weights: hours of audio per second.

python -m benchmarks.training.tokenizer [--seconds 4 30] [--hours 2]
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import torch

from audiorole.training.whisper_vq.encoder import WhisperVqConfig, WhisperVqEncoder
from audiorole.training.whisper_vq.tokenize import SpeechTokenizer

PUBLISHED = WhisperVqConfig(
    d_model=1280,
    encoder_attention_heads=20,
    encoder_ffn_dim=5120,
    num_mel_bins=128,
    max_source_positions=1500,
    quantize_position=16,
    quantize_vocab_size=16_384,
    quantize_causal_block_size=200,
    pooling_kernel_size=4,
)


def main() -> None:
    """Print one line for each length of line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, nargs="+", default=[4.0, 30.0])
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    tokenizer = SpeechTokenizer(WhisperVqEncoder(PUBLISHED).to(arguments.device).eval(), arguments.device)
    for seconds in arguments.seconds:
        line = np.random.default_rng(0).standard_normal(int(seconds * 16_000)).astype(np.float32) * 0.1
        lines = [line] * max(1, round(arguments.hours * 3600 / seconds))
        tokenizer.codes(lines[:8])
        start = time.perf_counter()
        found = tokenizer.codes(lines)
        wall = time.perf_counter() - start
        hours = len(lines) * seconds / 3600
        figures = {"hours_per_second": round(hours / wall, 4), "times_real_time": round(3600 * hours / wall)}
        print(json.dumps({"line_seconds": seconds, "lines": len(found), **figures}), flush=True)


if __name__ == "__main__":
    main()
