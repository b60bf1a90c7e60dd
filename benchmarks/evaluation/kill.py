"""Kill evaluations at random moments and resume them: the same bytes in the end?

    python -m benchmarks.evaluation.kill DATASET [--kills 10] [--workers 2] [--roles 2] [--items 6] [--seed 0]

An evaluation by the command line, of a system that is asked (a Python callable) and one whose replies lie in a folder,
is killed with SIGKILL, all its processes at once or (every third time) only the one that the user sees, and started
again until it ends. Rows, replies, `results.json`, `run.json` and `report.html` must be byte for byte those of a run
that nobody disturbed; of the report the section with the systems' speed is left out, which is the clock's.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.evaluation.published import open_published
from benchmarks.evaluation.corpora import every_second
from benchmarks.robustness.killing import Process, differences, hunted, start_quietly

LONGEST = 0.7
"""Latest moment of a kill, as a share of the time that an undisturbed run takes."""


def main() -> None:
    """Kill until so many runs were hit; compare each one that was finished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--roles", type=int, default=2)
    parser.add_argument("--items", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="keep the runs here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if _killed(arguments, arguments.work or Path(folder)) else 1)


def _killed(arguments: argparse.Namespace, work: Path) -> bool:
    write_suite(arguments, work / "suite.toml")
    ask_elsewhere(arguments, work)
    begun = time.perf_counter()
    if start(arguments, work, work / "straight").wait() not in (0, 1):
        raise SystemExit("the undisturbed run broke off; run its command by hand")
    straight, expected = time.perf_counter() - begun, taken_away(work / "straight")
    chance, kills, different = random.Random(arguments.seed), [], []
    while len(kills) < arguments.kills:
        out = work / f"round-{len(kills)}"
        again, rows = partial(start, arguments, work, out), partial(rows_on_disk, out)
        kills += list(hunted(again, rows, chance, LONGEST * straight, arguments.kills - len(kills), fine=(0, 1)))
        different += differences(expected, taken_away(out))
    print(f"{len(kills)} kills of a run of {straight:.0f} s, rows on disk when killed: {sorted(kills)}")
    print(f"{len(expected)} files compared after each run, different: {different or 0}")
    return not different


def write_suite(arguments: argparse.Namespace, path: Path) -> None:
    """Write a suite that is small and needs few real lines, so that many moments of it can be hit."""
    episodes = list(every_second(open_published(arguments.dataset), "odd"))[:3]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'[suite]\nname = "kill"\nseeds = 2\n[items]\nnum_roles = {arguments.roles}\n'
        f"items_per_role = {arguments.items}\nmin_items = 3\ntest_episodes = {episodes}\n"
        "[enrolment]\nmax_lines = 12\nlines_per_impostor = 8\n",
        encoding="utf-8",
    )


def ask_elsewhere(arguments: argparse.Namespace, work: Path) -> None:
    """Export the items and let the callable answer them, so that a folder of replies is there."""
    items = str(work / "items")
    for part in (
        ["export", str(arguments.dataset), "--as", "items", "--suite", str(work / "suite.toml"), "--out", items],
        ["evaluate", items, "--system", "away=callable@benchmarks.evaluation.kill:hurry"],
    ):
        subprocess.run([sys.executable, "-m", "audiorole", *part], check=True, env=_environment())


def start(arguments: argparse.Namespace, work: Path, out: Path) -> Process:
    """Start `audiorole evaluate` in a process group of its own."""
    command = [sys.executable, "-m", "audiorole", "evaluate", str(arguments.dataset), "--out", str(out)]
    command += ["--suite", str(work / "suite.toml"), "--workers", str(arguments.workers)]
    command += ["--system", "here=callable@benchmarks.evaluation.kill:hurry"]
    command += ["--system", f"away=folder@{work / 'items' / 'replies' / 'away'}"]
    return start_quietly(command, _environment())


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def hurry(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer with some of the character's reference clip, a tenth faster: near its voice, and no copy."""
    start = (sum(map(ord, turns[-1]["text"])) * 997 + seed * 8000) % max(1, len(reference) - 48000)
    piece = reference[start : start + 48000]
    places = np.arange(0, len(piece) - 1, 1.1)
    return {"audio": np.interp(places, np.arange(len(piece)), piece), "sample_rate": 16000, "text": turns[-1]["text"]}


def rows_on_disk(out: Path) -> int:
    """Return how many rows a killed run has left, and say so."""
    rows = sum(path.read_bytes().count(b"\n") for path in out.glob("systems/*/rows/*.jsonl"))
    print(f"killed {out.name} with {rows} rows on disk", file=sys.stderr, flush=True)
    return rows


def taken_away(out: Path) -> dict[str, str]:
    """Return name → SHA-256 of all that does not depend on the clock."""
    files = [out / "results.json", out / "run.json", out / "report.html"]
    files += [path for path in (out / "systems").rglob("*") if path.is_file() and "timing" not in path.parts]
    return {str(path.relative_to(out)): _digest(path) for path in sorted(files)}


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.name == "report.html":
        data = re.sub(rb'<section id="speed">.*?</section>', b"", data, flags=re.DOTALL)
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
