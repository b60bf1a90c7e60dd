"""Kill builds at random moments and resume them; change one thing and see what runs again.

    python -m benchmarks.robustness.kill_resume [--data FOLDER] [--kills 20] [--seed 0]
        [--set stage.field=value …] [--out J.json]

A build by the command line is killed with SIGKILL, all its processes at once or (every third time) only the one that
the user sees, and started again until it ends. `dataset/`, `summary.json`, `report.html` and `recipe.json` must be byte
for byte what a build gives that nobody disturbed. Then a subtitle, a media file and a parameter are changed and changed
back: what is computed again is counted, and the bytes must be the first ones in the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from audiorole.core.config import with_settings
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.input.scan import scan
from audiorole.pipeline.run import RunSummary
from audiorole.pipeline.stage import SeriesStage
from audiorole.report.dataset import write_report
from audiorole.runners.local import local_runner
from benchmarks.robustness.killing import Process, differences, hunted, start_quietly

SERIES = Path(__file__).parents[2] / "examples" / "series"
LONGEST = 0.5
"""Latest moment of a kill, as a share of the time that an undisturbed build takes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SERIES)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", type=Path, help="keep the builds here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or Path(folder)
        data = work / "media"
        shutil.copytree(arguments.data, data, dirs_exist_ok=True)
        figures = {"killed": killed(arguments, data, work)}
        print(json.dumps(figures, indent=1), flush=True)
        figures["changed"] = changed(arguments, data, work / "straight")
    print(json.dumps(figures["changed"], indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    sys.exit(0 if figures["killed"]["all_equal"] and figures["changed"]["all_equal"] else 1)


def killed(arguments: argparse.Namespace, data: Path, work: Path) -> dict[str, Any]:
    """Kill until `arguments.kills` builds were hit; each OUT is finished and compared."""
    begun = time.perf_counter()
    if code := start(arguments, data, work / "straight").wait():
        raise SystemExit(f"the undisturbed build ended with {code}: are the settings right?")
    straight, expected = time.perf_counter() - begun, taken_away(work / "straight")
    chance, kills, rounds = random.Random(arguments.seed), [], []
    while len(kills) < arguments.kills:
        out = work / f"round-{len(rounds)}"
        again, stage = partial(start, arguments, data, out), partial(last_stage, out)
        kills += list(hunted(again, stage, chance, LONGEST * straight, arguments.kills - len(kills)))
        rounds.append(differences(expected, taken_away(out)))
        shutil.rmtree(out)
    return {
        "straight_seconds": round(straight, 1),
        "kills": len(kills),
        "builds": len(rounds),
        "killed_after_stage": dict(Counter(kills).most_common()),
        "files_compared": len(expected),
        "different": [name for names in rounds for name in names],
        "all_equal": bool(expected) and not any(rounds),
    }


def start(arguments: argparse.Namespace, data: Path, out: Path) -> Process:
    """Start `audiorole build` in a process group of its own."""
    command = [sys.executable, "-m", "audiorole", "build", str(data), "--out", str(out)]
    command += ["--workers", str(arguments.workers)]
    command += [part for setting in arguments.settings for part in ("--set", setting)]
    return start_quietly(command)


def last_stage(out: Path) -> str:
    """Return the stage whose marker is the newest, and say so."""
    markers = [(path.stat().st_mtime_ns, path.relative_to(out / "run").parts[0]) for path in _markers(out)]
    stage = max(markers)[1] if markers else "nothing"
    print(f"killed {out.name} after {stage}", file=sys.stderr, flush=True)
    return stage


def _markers(out: Path) -> list[Path]:
    return [path for path in (out / "run").glob("*/done/*/*.json") if path.exists()]


def taken_away(out: Path) -> dict[str, str]:
    """Return name → SHA-256 of all that a user takes away from a build."""
    files = [path for path in (out / "dataset").rglob("*") if path.is_file()]
    files += [out / "summary.json", out / "report.html", out / "recipe.json"]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def changed(arguments: argparse.Namespace, data: Path, out: Path) -> dict[str, Any]:
    """Change and change back: a subtitle, a media file, a parameter early and one late in the line."""
    expected, figures = taken_away(out), {}
    shards = [source.id for source in scan(data).sources]
    for name, change in _changes(data).items():
        settings = change() if callable(change) else change
        there = again(arguments, data, out, settings)
        different = differences(expected, taken_away(out))
        if callable(change):
            change()
        back = again(arguments, data, out, [])
        figures[name] = {
            "shards": len(shards),
            "computed": dict(there.computed),
            "files_changed": len(different),
            "computed_on_the_way_back": dict(back.computed),
            "equal_at_the_end": not differences(expected, taken_away(out)),
        }
    figures["all_equal"] = all(figure["equal_at_the_end"] for figure in figures.values())
    figures["series_stages"] = [stage.name for stage in _stages(arguments, data, out) if isinstance(stage, SeriesStage)]
    return figures


def _changes(data: Path) -> dict[str, Any]:
    media = data / scan(data).sources[0].media
    subtitle = next(path for path in sorted(media.parent.glob(f"{media.stem}.*")) if path.suffix in {".srt", ".ass"})
    return {
        "nothing": [],
        "a_subtitle": _Swap(subtitle, lambda data: data.replace(b" you", b" they", 1)),
        "a_media_file": _Swap(media, lambda data: data[: int(0.9 * len(data))]),
        "curate.min_duration": ["curate.min_duration=1.5"],
        "segment.min_speech": ["segment.min_speech=0.4"],
    }


class _Swap:
    """Called once it changes the file, called again it puts the first bytes back."""

    def __init__(self, path: Path, change: Any) -> None:
        self.path, self.original = path, path.read_bytes()
        self.other, self.is_changed = change(self.original), False

    def __call__(self) -> list[str]:
        self.is_changed = not self.is_changed
        self.path.write_bytes(self.other if self.is_changed else self.original)
        return []


def again(arguments: argparse.Namespace, data: Path, out: Path, settings: list[str]) -> RunSummary:
    """Build in `out` once more and return what was computed and what was cached."""
    tables = with_settings({}, [*arguments.settings, *settings])
    result = build(BuildOptions(data, out, tables), local_runner(arguments.workers))
    write_report(out)
    return result.run


def _stages(arguments: argparse.Namespace, data: Path, out: Path) -> tuple[Any, ...]:
    from audiorole.dataset.build import make_plan

    return make_plan(BuildOptions(data, out, with_settings({}, arguments.settings)), data).stages


if __name__ == "__main__":
    main()
