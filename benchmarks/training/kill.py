"""Kill tiny trainings at random moments and go on with them: the same bytes in the end?

    python -m benchmarks.training.kill [--kills 50] [--seed 0]

GLM-4-Voice's three parts as the tests have them, random and tiny: tokens, an adapter with a checkpoint after every
step, and a decoder for each of two characters. Run it in a checkout: the parts are those of `tests/training`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import torch

from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.run import GlmTraining, read_options
from tests.training.glm.tiny_parts import audio, lines, write_parts

PLAN = FitPlan(rank=2, steps=6, capacity=400, packs_per_step=1, save_every=1, keep=3, report_to="none")
VOICES = DecoderPlan(steps=4, save_every=1, batch_frames=200)
KILLS_A_RUN = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        figures = killed(Path(folder), arguments.kills, random.Random(arguments.seed))
    print(json.dumps(figures, indent=1))
    sys.exit(1 if figures["different"] else 0)


def killed(root: Path, kills: int, chance: random.Random) -> dict[str, object]:
    """Kill until so many runs were hit; compare each run that was finished with one that nobody disturbed."""
    parts, begun = write_parts(root / "parts"), time.monotonic()
    train(parts, root / "whole")
    straight, expected = time.monotonic() - begun, everything(root / "whole")
    hit, rounds, different = 0, 0, []
    while hit < kills:
        out = root / str(rounds)
        hit += sum(_is_killed(parts, out, chance.uniform(0, straight)) for _ in range(KILLS_A_RUN))
        train(parts, out)
        left = everything(out)
        different += sorted(name for name in left.keys() | expected.keys() if left.get(name) != expected.get(name))
        rounds += 1
    return {"seconds of a run": round(straight, 1), "kills": hit, "runs": rounds, "files": len(expected),
            "different": different}  # fmt: skip


def _is_killed(parts: Path, out: Path, seconds: float) -> bool:
    """Start a run and kill it after some time; return whether it had not ended."""
    process = multiprocessing.get_context("fork").Process(target=train, args=(parts, out))
    process.start()
    process.join(seconds)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def train(parts: Path, out: Path) -> None:
    """Train, or go on."""
    options = read_options(
        {"weights": parts / "base", "speech_tokenizer": parts / "ears", "decoder": parts / "decoder"}
    )
    GlmTraining(options, lines(), audio, out).run(PLAN, VOICES)


def everything(out: Path) -> dict[str, bytes]:
    """Return every file of a run, without its own place in it."""
    files = [path for path in out.rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): path.read_bytes().replace(str(out).encode(), b"OUT") for path in files}


if __name__ == "__main__":
    main()
