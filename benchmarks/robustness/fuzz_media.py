"""Damaged media among healthy ones: no traceback, one clear sentence each, every healthy episode built.

    python -m benchmarks.robustness.fuzz_media [--files 240] [--seed 0] [--sample FILE] [--out J.json] [--work DIR]

Every file is cut from SAMPLE into one of fourteen containers and then damaged in one of fourteen ways (some also get a
wrong ending). The build is the command line's, with all stages but those of ASR and DNSMOS, in two workers. The healthy
episodes must have the very lines that they have when they are built without the others.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audiorole.audio.clip import read_clip
from audiorole.pipeline.store import Failure, Marker
from benchmarks.robustness.damaged_media import CONTAINERS, DAMAGES, RATE, write_sample

SAMPLE = Path(__file__).parents[2] / "examples" / "series" / "Lost Property" / "Lost Property.S01E01.opus"
SECONDS = 8.0
SETTINGS = ("validate.scorer=", "validate.transcriber=", "quality.estimator=")
LIMIT_SECONDS = 1500
LIMIT_BYTES = 1.5e9
SUBTITLE = """1
00:00:01,000 --> 00:00:03,500
What is said here is not the point.

2
00:00:04,000 --> 00:00:07,000
That it stays is.
"""


@dataclass(frozen=True)
class Case:
    """One damaged file. shard: its id in the build."""

    shard: str
    path: Path
    damage: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=Path, default=SAMPLE)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", type=Path, help="keep the files and the builds here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments, arguments.work or Path(folder))
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    sys.exit(0 if figures["passed"] else 1)


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    healthy = write_healthy(work / "healthy", arguments.sample)
    cases = write_damaged(work / "series", work / "healthy", arguments.files, random.Random(arguments.seed))
    for path in (work / "healthy").iterdir():
        target = work / "series" / path.name
        target.unlink(missing_ok=True)
        target.hardlink_to(path)
    alone = built(work / "healthy", work / "alone")
    together = built(work / "series", work / "together")
    figures = account(work / "together", cases) | {"build": together, "exit_code": together["exit_code"]}
    kept = [lines_of(work / "alone", shard) == lines_of(work / "together", shard) for shard in healthy]
    figures["healthy"] = {"episodes": len(healthy), "built": alone["exit_code"] == 0 and sum(kept)}
    figures["passed"] = (
        together["exit_code"] == 1
        and not together["tracebacks"]
        and not figures["unclear"]
        and not figures["unaccounted"]
        and all(kept)
        and together["peak_bytes"] < LIMIT_BYTES
    )
    return figures


def write_healthy(folder: Path, sample: Path) -> list[str]:
    """Write one healthy episode per container, with subtitles; return their shards."""
    folder.mkdir(parents=True, exist_ok=True)
    waveform = read_clip(sample, 20.0, 20.0 + SECONDS, RATE)
    shards = []
    for number, ending in enumerate(CONTAINERS, start=1):
        path = folder / f"Fuzz.S01E{number:03d}.{ending}"
        write_sample(path, ending, waveform)
        path.with_suffix(".srt").write_text(SUBTITLE)
        shards.append(f"fuzz/s01e{number:02d}")
    return shards


def write_damaged(folder: Path, healthy: Path, count: int, chance: random.Random) -> list[Case]:
    """Write `count` damaged copies of the healthy files as episodes from 101 on."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = sorted(path for path in healthy.iterdir() if path.suffix != ".srt")
    cases = []
    for number in range(101, 101 + count):
        original = originals[number % len(originals)]
        damage = DAMAGES[(number // len(originals)) % len(DAMAGES)]
        ending = chance.choice(list(CONTAINERS)) if chance.random() < 0.15 else original.suffix[1:]
        path = folder / f"Fuzz.S01E{number}.{ending}"
        path.write_bytes(damage(original.read_bytes(), chance))
        path.with_suffix(".srt").write_text(SUBTITLE)
        cases.append(Case(f"fuzz/s01e{number}", path, damage.__name__))
    return cases


def built(folder: Path, out: Path) -> dict[str, Any]:
    """Run `audiorole build` as a user does, and say what can be seen from outside."""
    command = [sys.executable, "-m", "audiorole", "build", str(folder), "--out", str(out), "--workers", "2"]
    command += [part for setting in SETTINGS for part in ("--set", setting)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    said = done.stdout + done.stderr
    return {
        "exit_code": done.returncode,
        "seconds": round(time.perf_counter() - begun, 1),
        "peak_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        "tracebacks": said.count("Traceback (most recent call last)"),
        "native_noise": [
            line for line in done.stderr.splitlines() if not line.startswith("[") and "quarantined" not in line
        ][:5],
    }


def account(out: Path, cases: list[Case]) -> dict[str, Any]:
    """Sort the damaged files into built and quarantined; list what is unclear or missing."""
    notes = {note.shard: note for note in _notes(out)}
    done = {case.shard for case in cases if any((out / "run").glob(f"*-publish/done/{case.shard}.json"))}
    unclear = [(case.path.name, case.damage, notes[case.shard].error) for case in cases if not _clear(case, notes)]
    return {
        "damaged": len(cases),
        "built": len(done),
        "quarantined": sum(case.shard in notes for case in cases),
        "unaccounted": [case.path.name for case in cases if (case.shard in notes) == (case.shard in done)],
        "unclear": unclear,
        "slowest": _slowest(out, cases),
        "built_by_damage": dict(Counter(case.damage for case in cases if case.shard in done)),
        "sentences": dict(Counter(_kind(notes[case.shard]) for case in cases if case.shard in notes).most_common()),
    }


def _notes(out: Path) -> list[Failure]:
    return [msgspec.json.decode(path.read_bytes(), type=Failure) for path in (out / "run").rglob("failed/**/*.json")]


def _clear(case: Case, notes: dict[str, Failure]) -> bool:
    """A clear sentence names the file and is no exception of the language."""
    note = notes.get(case.shard)
    if note is None:
        return True
    return not note.trace and "\n" not in note.error and len(note.error) < 300 and case.path.name in note.error


def _kind(note: Failure) -> str:
    sentence = note.error.partition(": ")[2]
    return f"{note.stage}: {sentence}"


def _slowest(out: Path, cases: list[Case]) -> dict[str, float]:
    seconds: Counter[str] = Counter()
    for case in cases:
        for path in (out / "run").glob(f"*/done/{case.shard}.json"):
            seconds[f"{case.path.name} ({case.damage})"] += msgspec.json.decode(path.read_bytes(), type=Marker).seconds
    return {name: round(value, 1) for name, value in seconds.most_common(3)}


def lines_of(out: Path, shard: str) -> list[bytes]:
    """Return what the line knows of an episode before its series is looked at."""
    paths = sorted((out / "run").glob(f"*-quality/{shard}.jsonl"))
    return [path.read_bytes() for path in paths]


if __name__ == "__main__":
    main()
