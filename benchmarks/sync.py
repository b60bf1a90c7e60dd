"""Sync against the truth: break subtitles of known times, repair them, count the lines that are back in place.

    python benchmarks/sync.py --data FOLDER [--out J.json] [--peer PATH/TO/ffsubsync] [--episodes odd|even|all]

Conditions: offset within ± 60 s, 23.976 taken for 25 frames a second and back, one to three cuts of 20–180 s on either
side, subtitles of every other episode (to be refused). A line is in place when its start and its end are within 150
(500) ms of the truth; for subtitles as people have them ("written": jitter, merged cues, late ends) the start alone is
counted, as the end is late on purpose. Lines whose speech the audio lacks are not counted; `kept_though_lacking` is how
many of them were given a place all the same. Settings were chosen on even episodes; quote the figures of odd ones.

The peer, ffsubsync, gets the same broken files with exact times in the same run, twice: as installed, on the audio; and
with our speech curve, its piecewise mode and a search as wide as ours. Its refusals: `--skip-sync-on-low-quality`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from audiorole.dataset.subtitles import read
from audiorole.dataset.subtitles.formats.arrows import clock
from audiorole.dataset.sync import REACH, align
from sync_breaking import (
    FRAME_RATE,
    SAMPLE_RATE,
    Broken,
    Floats,
    Material,
    audio_of,
    breakages,
    read_material,
    speech_of,
)

PARITY = {"odd": 1, "even": 0, "all": None}


@dataclass(frozen=True)
class Repair:
    """Where the cues were put, `(num_cues, 2)`, NaN for those left out; refused: the file was left alone."""

    times: Floats
    refused: bool
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--peer", default=shutil.which("ffsubsync"), help="path of ffsubsync; without it no comparison")
    parser.add_argument("--peer-limit", type=int, default=10**9, help="episodes the (slow) peer gets")
    parser.add_argument("--peer-on-audio-only", action="store_true", help="leave out its slow piecewise mode")
    parser.add_argument("--episodes", choices=sorted(PARITY), default="odd")
    parser.add_argument("--limit", type=int, help="episodes at most")
    parser.add_argument("--foreign", type=int, default=10**9, help="foreign files an episode gets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="keep the speech curves here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(arguments, Path(folder))
    show(report)
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


def run(arguments: argparse.Namespace, scratch: Path) -> dict[str, object]:
    work = arguments.work or scratch
    work.mkdir(parents=True, exist_ok=True)
    material = read_material(arguments.data, PARITY[arguments.episodes], arguments.limit, work)
    systems: dict[str, Callable[[Material, Broken], Repair]] = {"audiorole": ours}
    if arguments.peer:
        systems["ffsubsync"] = Peer(arguments.peer, scratch, on_audio=True)
        if not arguments.peer_on_audio_only:
            systems["ffsubsync, our speech"] = Peer(arguments.peer, scratch, on_audio=False)
    report: dict[str, object] = {"episodes": [episode.name for episode in material]}
    for kind in ("exact", "written"):
        rows: dict[str, dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
        for number, episode in enumerate(material):
            others = [other for other in material if other is not episode][: arguments.foreign]
            for broken in breakages(episode, others, arguments.seed, written=kind == "written"):
                for name, repair in systems.items():
                    peer = name != "audiorole"
                    if peer and (
                        kind == "written"
                        or number >= arguments.peer_limit
                        or (broken.foreign and rows[name]["foreign"][number:])
                    ):
                        continue  # the peer gets one foreign file an episode
                    file = broken.at_least_zero()
                    rows[name][broken.condition].append(score(file, repair(episode, file), kind == "written"))
        report[kind] = {name: table(conditions) for name, conditions in rows.items()}
    return report


def ours(episode: Material, broken: Broken) -> Repair:
    speech = speech_of(episode, broken)
    began = time.process_time()
    found = align(broken.shown, speech, FRAME_RATE, len(speech) / FRAME_RATE)
    seconds = time.process_time() - began
    return Repair(found.map(broken.shown), not found.accepted, seconds / len(speech) * FRAME_RATE * 3600)


class Peer:
    """ffsubsync as a program. on_audio: as installed; else with our speech curve, cuts allowed, a search as wide."""

    def __init__(self, program: str, folder: Path, on_audio: bool) -> None:
        self.program, self.folder, self.on_audio = program, folder, on_audio

    def __call__(self, episode: Material, broken: Broken) -> Repair:
        source, target = self.folder / "broken.srt", self.folder / "repaired.srt"
        _write_srt(source, broken.shown)
        target.unlink(missing_ok=True)
        command = [self.program, str(self._reference(episode, broken)), "-i", str(source), "-o", str(target)]
        command += ["--skip-sync-on-low-quality", "--quality-max-offset-seconds", str(REACH)]
        if not self.on_audio:
            command += ["--split-penalty", "--max-offset-seconds", str(int(REACH))]
        began = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        refused = "low-quality alignment" in ended.stderr or not target.exists()
        duration = len(speech_of(episode, broken)) / FRAME_RATE
        return Repair(_read_srt(target, broken.shown), refused, seconds / duration * 3600)

    def _reference(self, episode: Material, broken: Broken) -> Path:
        if self.on_audio:
            path = self.folder / "reference.wav"
            soundfile.write(path, audio_of(episode, broken), SAMPLE_RATE, subtype="PCM_16")
            return path
        path, speech = self.folder / "reference.npz", speech_of(episode, broken)
        hundredths = np.arange(int(len(speech) / FRAME_RATE * 100)) / 100  # ffsubsync's own clock
        np.savez(path, speech=(speech[(hundredths * FRAME_RATE).astype(int)] > 0.5).astype(float))
        return path


def _write_srt(path: Path, times: Floats) -> None:
    blocks = (f"{n}\n{clock(a)} --> {clock(b)}\nCue number {n}.\n" for n, (a, b) in enumerate(times, start=1))
    path.write_text("\n".join(blocks), encoding="utf-8")


def _read_srt(path: Path, shown: Floats) -> Floats:
    """Return the times of each cue by the number in its text; a cue that is gone has no place."""
    times = np.full_like(shown, np.nan)
    if path.exists():
        for cue in read(path).cues:
            times[int(cue.text.split()[2].rstrip(".")) - 1] = cue.start, cue.end
    return times


def score(broken: Broken, repair: Repair, starts_only: bool) -> dict[str, float]:
    known = np.isfinite(broken.truth).all(axis=1)
    found = {"refused": float(repair.refused), "seconds_per_hour": repair.seconds}
    if broken.foreign:
        return found
    off = np.abs(repair.times - broken.truth)[known]
    off = off[:, 0] if starts_only else off.max(axis=1)
    found |= {
        "lines": float(known.sum()),
        "within_150": float((off <= 0.15).sum()),
        "within_500": float((off <= 0.5).sum()),
    }
    kept = np.isfinite(repair.times[~known]).all(axis=1)
    return found | {"lacking": float(len(kept)), "lacking_kept": float(kept.sum())}


GROUPS = {
    "offset and rate": lambda name: name == "offset" or "read as" in name,
    "cuts": lambda name: "lacks" in name,
}


def table(conditions: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Sum the lines of each condition, and of the groups with an aim."""
    result = {name: _summed(rows) for name, rows in conditions.items()}
    for group, belongs in GROUPS.items():
        result[group] = _summed([row for name, rows in conditions.items() if belongs(name) for row in rows])
    return result


def _summed(rows: list[dict[str, float]]) -> dict[str, float]:
    total = {
        key: sum(row.get(key, 0.0) for row in rows)
        for key in ("lines", "within_150", "within_500", "lacking", "lacking_kept")
    }
    return {
        "files": len(rows),
        "lines": total["lines"],
        "within_150": total["within_150"] / max(1.0, total["lines"]),
        "within_500": total["within_500"] / max(1.0, total["lines"]),
        "kept_though_lacking": total["lacking_kept"] / max(1.0, total["lacking"]),
        "refused": float(np.mean([row["refused"] for row in rows])) if rows else 0.0,
        "seconds_per_hour": float(np.mean([row["seconds_per_hour"] for row in rows])) if rows else 0.0,
    }


def show(report: dict[str, object]) -> None:
    for kind in ("exact", "written"):
        print(f"\nsubtitle times: {kind}; share of lines within 150 / 500 ms, files refused")
        systems: dict[str, dict[str, dict[str, float]]] = report[kind]  # type: ignore[assignment]
        print(f"{'condition':28}" + "".join(f"{name:>30}" for name in systems))
        for condition in next(iter(systems.values())):
            print(
                f"{condition:28}" + "".join(f"{_cell(rows.get(condition), condition):>30}" for rows in systems.values())
            )
        print(
            f"{'seconds per hour of audio':28}"
            + "".join(f"{rows['cuts']['seconds_per_hour']:30.2f}" for rows in systems.values())
        )


def _cell(row: dict[str, float] | None, condition: str) -> str:
    if not row or not row["files"]:
        return "-"
    if condition == "foreign":
        return f"refused {row['refused']:.1%} of {row['files']}"
    return f"{row['within_150']:.1%} / {row['within_500']:.1%}, {row['refused']:.1%}"


if __name__ == "__main__":
    main()
