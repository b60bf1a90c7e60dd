"""Let every write of an evaluation fail in turn, kill it, flip bits of what it stored: the same bytes in the end?

    python -m benchmarks.evaluation.faults [--kills 50] [--flips 300] [--seed 0] [--out J.json]

An evaluation of the synthetic cast (no weights; the gold anchor, a system that answers and one that does not) is
disturbed in three ways and gone on with. Files must be byte for byte those of a run that nobody disturbed, but for the
timings, which are the clock's. A run may also refuse a damaged folder in a sentence; publishing it is the one thing
that it must not do.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from audiorole.errors import UserError
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_corpus, synthetic_listener
from audiorole.testing.failing_disk import FailingDisk

CHOSEN = [Entrant("gold", "anchor:gold"), Entrant("echo", "callable@x:echo"), Entrant("quiet", "callable@x:quiet")]
ROWS_DIFFER = "rows or results differ"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    evaluation, chance = prepared(), random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with FailingDisk(root / "whole") as disk:
            run(evaluation, root / "whole")
        expected = everything(root / "whole")
        figures: dict[str, Any] = {"files": len(expected), "operations": dict(Counter(disk.operations))}
        for stays in (False, True):
            name = "all writes fail from one on" if stays else "one write fails"
            figures[name] = failing(evaluation, root / name, expected, len(disk.operations), stays)
        figures["kills"] = killed(evaluation, root / "killed", expected, arguments.kills, chance)
        figures["flips"] = flipped(evaluation, root / "flipped", expected, arguments.flips, chance)
    print(json.dumps(figures, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    parts = [value for value in figures.values() if isinstance(value, dict) and "different" in value]
    sys.exit(1 if any(part["different"] for part in parts) else 0)


def prepared() -> Evaluation:
    """Return the evaluation: four items of two roles, one reply each."""
    corpus = synthetic_corpus()
    items = msgspec.structs.replace(SYNTHETIC_SUITE.items, items_per_role=2, min_items=2)
    suite = msgspec.structs.replace(SYNTHETIC_SUITE, items=items, seeds=1)
    return Evaluation.prepare(corpus, suite, synthetic_listener(corpus))


def run(evaluation: Evaluation, out: Path) -> Results:
    """Run it as the command does."""
    opened: dict[str, SpeechSystem] = {"echo": FunctionSystem.of(echo), "quiet": FunctionSystem.of(quiet)}
    evaluate(evaluation, CHOSEN, out, opened=opened)
    return summarise(evaluation, CHOSEN, out)


def echo(turns: Any, character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer with the reference clip's first second."""
    return {"audio": reference[:16000], "sample_rate": 16000, "text": character}


def quiet(*_: Any) -> None:
    """Say nothing."""


def failing(evaluation: Evaluation, root: Path, expected: dict[str, bytes], count: int, stays: bool) -> dict[str, Any]:
    """Let each operation in turn fail; count the runs that ended otherwise than with the disk's error."""
    different, silent = [], []
    for at in range(1, count + 1):
        out = root / str(at)
        try:
            with FailingDisk(out, at, stays, errno.ENOSPC):
                run(evaluation, out)
            silent.append(at)
        except OSError:
            pass
        run(evaluation, out)
        if everything(out) != expected:
            different.append(at)
    return {"points": count, "different": different, "went on without a word": silent}


def killed(
    evaluation: Evaluation, root: Path, expected: dict[str, bytes], kills: int, chance: random.Random
) -> dict[str, Any]:
    """Kill runs at random moments, several times each, until so many were hit."""
    begun = time.monotonic()
    run(evaluation, root / "straight")
    straight, context = time.monotonic() - begun, multiprocessing.get_context("fork")
    hit, rounds, different = 0, 0, []
    while hit < kills:
        out = root / str(rounds)
        for _ in range(4):
            process = context.Process(target=run, args=(evaluation, out))
            process.start()
            process.join(chance.uniform(0, straight))
            hit += process.is_alive()
            process.kill()
            process.join()
        run(evaluation, out)
        if everything(out) != expected:
            different.append(rounds)
        rounds += 1
    return {"kills": hit, "runs": rounds, "different": different}


def flipped(
    evaluation: Evaluation, out: Path, expected: dict[str, bytes], flips: int, chance: random.Random
) -> dict[str, Any]:
    """Flip one bit of one stored file at a time; count what became of it."""
    run(evaluation, out)
    found: Counter[str] = Counter()
    different = []
    for _ in range(flips):
        name = chance.choice(sorted(expected))
        data = bytearray(expected[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (out / name).write_bytes(bytes(data))
        outcome = _outcome(evaluation, out, expected, name)
        found[outcome] += 1
        if outcome == ROWS_DIFFER:
            different.append(name)
        (out / name).write_bytes(expected[name])
    return {"flips": flips, "outcomes": dict(found), "different": different}


def _outcome(evaluation: Evaluation, out: Path, expected: dict[str, bytes], name: str) -> str:
    try:
        run(evaluation, out)
    except UserError:
        return "refused in a sentence"
    left = everything(out)
    if left == expected:
        return "healed"
    if [each for each in expected if left.get(each) != expected[each]] == [name] and "/replies/" in name:
        return "a kept reply that no run needs any more: healed when one does"
    return ROWS_DIFFER


def everything(out: Path) -> dict[str, bytes]:
    """Return all files that hold something, but for the timings."""
    files = [path for path in out.rglob("*") if path.is_file() and "timing" not in path.parts and path.stat().st_size]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


if __name__ == "__main__":
    main()
