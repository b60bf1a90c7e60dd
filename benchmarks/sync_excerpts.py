"""Sync on minutes of dense dialogue, where speech activity says little: subtitles as given, broken, and foreign.

    python benchmarks/sync_excerpts.py --data FOLDER [FOLDER …] [--count 60] [--episodes odd|even|all] [--out J.json]

Of every episode the minutes with most dialogue are cut: the audio as FLAC, the lines of the subtitle as it is written.
Each goes through the stages `probe`, `listen`, `subtitles` and `sync` as in a build; the lines' times are broken before
`sync`. An excerpt counts where it is accepted and the median error of its lines' starts against the exact times is
150 ms or less. Foreign are the lines of another minute, of other episodes and of another series. Beside it stands what
activity alone makes of the same lines. Words are heard once per excerpt (--work keeps them for the next run).
Settings were chosen on even episodes; quote the figures of odd ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.stages.words.sync import Sync
from audiorole.dataset.sync import align
from audiorole.dataset.sync.records import SyncNote
from audiorole.types import Utterance
from excerpts import SECONDS, Bench, Excerpt, cut, prepared

PARITY = {"odd": 1, "even": 0, "all": None}
WITHIN = 0.15


@dataclass(frozen=True)
class Row:
    """What became of one file. error: median of the lines' starts in seconds, NaN where it was refused."""

    condition: str
    accepted: bool
    error: float
    alone_accepted: bool
    alone_error: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, nargs="+")
    parser.add_argument("--count", type=int, default=60, help="excerpts cut in all, of odd and even episodes")
    parser.add_argument("--episodes", choices=sorted(PARITY), default="odd")
    parser.add_argument("--work", type=Path, help="keep excerpts and heard words here")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--show", action="store_true", help="name the excerpts that do not count")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or Path(folder)
        report = run(arguments.data, arguments.count, PARITY[arguments.episodes], work, arguments.show)
    print_table(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


def run(folders: list[Path], count: int, parity: int | None, work: Path, show: bool) -> dict[str, object]:
    began = time.process_time()
    excerpts = cut(folders, count, work, parity)
    rows: dict[str, list[Row]] = {"as written": [], "exact": []}
    benches = {excerpt.name: prepared(excerpt, work) for excerpt in excerpts}
    foreign: list[Row] = []
    for excerpt in excerpts:
        bench = benches[excerpt.name]
        for kind, found in rows.items():
            lines = bench.lines if kind == "as written" else exact(bench.lines, excerpt)
            found += [tried(bench, excerpt, *broken) for broken in breakages(lines, excerpt)]
            if show:
                told(kind, excerpt, found)
        foreign += [tried(bench, None, "foreign", benches[x.name].lines) for x in strangers(excerpt, excerpts)]
        bench.keep()
    return {
        "excerpts": len(excerpts),
        "cpu_seconds": time.process_time() - began,
        "heard_seconds": sum(bench.heard_seconds for bench in benches.values()),
        "kinds": {kind: table(found) for kind, found in rows.items()},
        "foreign": {
            "files": len(foreign),
            "refused": float(np.mean([not row.accepted for row in foreign])),
            "refused_by_activity": float(np.mean([not row.alone_accepted for row in foreign])),
        },
    }


def exact(lines: list[Utterance], excerpt: Excerpt) -> list[Utterance]:
    """Return the lines at the times at which they are spoken."""
    return [
        msgspec.structs.replace(line, start=float(start), end=float(max(start + 0.1, end)))
        for line, (start, end) in zip(lines, excerpt.truth_of(lines), strict=True)
    ]


def breakages(lines: list[Utterance], excerpt: Excerpt) -> Iterator[tuple[str, list[Utterance]]]:
    """Yield (condition, lines): a subtitle of the excerpt as it is and broken in every way."""
    yield "as given", lines
    for offset in (-600.0, -30.0, -2.0, 2.0, 30.0, 600.0, 36000.0, -36000.0):
        yield f"offset {offset:+.0f} s", moved(lines, lambda time, by=offset: time + by)
    for name, rate in (("25 read as 23.976", 25 / 23.976), ("23.976 read as 25", 23.976 / 25)):
        yield name, moved(lines, lambda time, by=rate: time * by)
    rng = np.random.default_rng([7, *excerpt.name.encode()])
    at, seconds = float(rng.uniform(20, 30)), float(rng.uniform(8, 14))
    kept = [line for line in lines if line.end <= at or line.start >= at + seconds]
    yield "subtitle lacks a part", moved(kept, lambda time: time - seconds if time >= at + seconds else time)
    more = float(rng.uniform(20, 90))
    middle = float(rng.uniform(22, 38))
    first = min((line.start for line in lines if line.start >= middle), default=middle)
    yield "audio lacks a part", moved(lines, lambda time: time + more if time >= first else time)


def moved(lines: list[Utterance], clock: Callable[[float], float]) -> list[Utterance]:
    """Return the lines on another clock; the end moves with the start."""
    return [
        msgspec.structs.replace(line, start=clock(line.start), end=clock(line.start) + _length(line, clock))
        for line in lines
    ]


def _length(line: Utterance, clock: Callable[[float], float]) -> float:
    rate = clock(line.start + 0.001) - clock(line.start)
    return line.duration * (rate / 0.001 if 0.5 < rate / 0.001 < 2 else 1.0)


def strangers(excerpt: Excerpt, excerpts: list[Excerpt]) -> list[Excerpt]:
    """Return another minute of the episode, minutes of other episodes, and of another series."""
    same = [x for x in excerpts if x.episode == excerpt.episode and x is not excerpt]
    series = [x for x in excerpts if x.series == excerpt.series and x.episode != excerpt.episode]
    others = [x for x in excerpts if x.series != excerpt.series]
    step = max(1, len(series) // 3)
    return [*same[:1], *series[::step][:3], *others[excerpt.number % max(1, len(others)) :][:1]]


def tried(bench: Bench, excerpt: Excerpt | None, condition: str, lines: list[Utterance]) -> Row:
    """Put the lines through `sync`; excerpt: whose lines they are, None for foreign ones."""
    outcomes = list(Sync().run(lines, bench))
    kept = [line for line in outcomes if isinstance(line, Utterance)]
    assert len(outcomes) == len(lines)
    times = np.array([(line.start, line.end) for line in lines])
    alone = align(times, bench.array("listen", "speech") / np.float32(100), FRAME_RATE, SECONDS)
    accepted = msgspec.json.decode((bench.folder / "sync.json").read_bytes(), type=SyncNote).accepted
    mapped = alone.map(times)[:, 0]
    return Row(
        condition,
        accepted,
        excerpt.error(kept, np.array([line.start for line in kept])) if excerpt and accepted else float("nan"),
        alone.accepted,
        excerpt.error(lines, mapped) if excerpt and alone.accepted else float("nan"),
    )


def told(kind: str, excerpt: Excerpt, rows: list[Row]) -> None:
    for row in rows[-13:]:
        if not (row.accepted and row.error <= WITHIN):
            print(f"{excerpt.name} {kind}, {row.condition}: {f'{row.error:.3f} s off' if row.accepted else 'refused'}")


def table(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Return the shares per condition and of all files."""
    groups = defaultdict(list)
    for row in rows:
        groups[row.condition].append(row)
        groups["all"].append(row)
    return {
        name: {
            "files": len(found),
            "accepted": float(np.mean([row.accepted for row in found])),
            "in_place": float(np.mean([row.accepted and row.error <= WITHIN for row in found])),
            "median_error": float(np.nanmedian([row.error for row in found])),
            "in_place_by_activity": float(np.mean([row.alone_accepted and row.alone_error <= WITHIN for row in found])),
        }
        for name, found in groups.items()
    }


def print_table(report: dict[str, object]) -> None:
    kinds: dict[str, dict[str, dict[str, float]]] = report["kinds"]  # type: ignore[assignment]
    for kind, rows in kinds.items():
        print(f"\nsubtitle times: {kind}; accepted, accepted and within 150 ms, median error, activity alone within")
        for name, row in rows.items():
            print(
                f"{name:24}{row['files']:5}{row['accepted']:9.1%}{row['in_place']:9.1%}"
                f"{row['median_error'] * 1000:7.0f} ms{row['in_place_by_activity']:9.1%}"
            )
    foreign: dict[str, float] = report["foreign"]  # type: ignore[assignment]
    print(
        f"\nforeign: {foreign['refused']:.1%} of {foreign['files']} refused, by activity alone "
        f"{foreign['refused_by_activity']:.1%}; {report['excerpts']} excerpts, {report['heard_seconds']:.0f} s heard, "
        f"{report['cpu_seconds']:.0f} CPU s"
    )


if __name__ == "__main__":
    main()
