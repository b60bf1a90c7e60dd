"""The report of an evaluation: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

import audiorole
from audiorole.audio.resample import resample
from audiorole.evaluation.corpus import SAMPLE_RATE, AudioLookup, Waveform
from audiorole.evaluation.metrics import PRIMARY
from audiorole.evaluation.results.headline import checks_sentence, floor_caption, ground_sentence, held
from audiorole.evaluation.results.results import Results, SystemResult
from audiorole.evaluation.run.files import read_rows, read_timings, system_folder
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.systems.sound import read_audio
from audiorole.pipeline.store import write_atomic
from audiorole.report.clips import encode_opus
from audiorole.report.evaluation_view import (
    WIDTH,
    character_tables,
    contenders,
    gate_table,
    marks,
    number,
    profile_groups,
    shown_cast,
)
from audiorole.report.page import render

EXAMPLES = 3
"""Replies of each kind (best, worst, most disputed) with players, per system: about 60 kB of Opus each with gold."""

KINDS = ("best", "worst", "most disputed")


@dataclass(frozen=True)
class ReplyExample:
    """A reply beside its gold line. clip, gold: numbers of clips in the page."""

    kind: str
    row: Row
    clip: int
    gold: int


def write_evaluation_report(out: Path, results: Results, audio: AudioLookup) -> Path:
    """Write `out/report.html` and return its path. audio: gives the gold lines' waveforms. Equal input, equal bytes."""
    clips: list[str] = []
    tested = contenders(results)
    view = _view(results) | {
        "speed": [_speed_view(out, one) for one in tested],
        "errors": {one.name: _errors(out, one) for one in tested},
        "examples": {one.name: list(_examples(out, one, audio, clips)) for one in tested},
        "clips": clips,
    }
    return _write(out / "report.html", view)


def write_comparison(page: Path, results: Results) -> Path:
    """Write the page of results that `compare_runs` merged, and return its path: no players and no times in it."""
    return _write(page, _view(results) | {"speed": [], "errors": {}, "examples": {}, "clips": []})


def _view(results: Results) -> dict[str, Any]:
    """Return what the page shows of the results alone."""
    return {
        "version": audiorole.__version__,
        "results": results,
        "tested": contenders(results),
        "width": WIDTH,
        "marks": {name: marks(name, results) for name in PRIMARY if name in results.systems[0].metrics},
        "groups": profile_groups(results),
        "gates": gate_table(results),
        "characters": character_tables(results),
        "names": shown_cast(results),
        "thresholds": list(msgspec.to_builtins(results.calibration.limits).items()),
        "failed": [check for check in results.checks if not check.passed],
        "undecided": [check for check in results.checks if check.undecided or check.unmeasured],
        "held": held(results),
        "checks_sentence": checks_sentence(results),
        "ground_sentence": ground_sentence(results),
        "floor_caption": floor_caption(results),
        "advice": list(dict.fromkeys(one.text for one in results.advice)),
        "primary": PRIMARY,
    }


def _write(path: Path, view: dict[str, Any]) -> Path:
    write_atomic(path, render("evaluation.html.j2", view).encode("utf-8", "replace"))
    return path


def _errors(out: Path, system: SystemResult) -> list[tuple[str, int]]:
    """Return the sentences of failed rows, the commonest first."""
    if not system.statuses.get("error") and not system.statuses.get("missing"):
        return []
    found = Counter(f"{row.status}: {row.detail or 'no reply'}" for row in read_rows(out, system.name) if row.detail)
    return found.most_common(3)


def _speed_view(out: Path, system: SystemResult) -> dict[str, Any]:
    walls, durations, first = array("d"), array("d"), array("d")
    for one in read_timings(out, system.name):
        walls.append(one.wall)
        durations.append(one.duration)
        first.append(one.first_audio)
    firsts, seconds = sorted(first), sum(durations)
    return {
        "name": system.name,
        "replies": len(walls),
        "factor": number(sum(walls) / seconds) if seconds else "–",
        "median_first": number(firsts[len(firsts) // 2]) if firsts else "–",
        "slow_first": number(firsts[int(0.95 * (len(firsts) - 1))]) if firsts else "–",
    }


def _examples(out: Path, system: SystemResult, audio: AudioLookup, clips: list[str]) -> Iterator[ReplyExample]:
    for kind, row in chosen_rows(read_rows(out, system.name)):
        path = system_folder(out, system.name) / "replies" / f"{row.item}.{row.seed}.flac"
        if path.is_file():
            wave, rate = read_audio(path)
            clips.append(_opus(resample(wave, rate, SAMPLE_RATE)))
            clips.append(_opus(audio(row.item)))
            yield ReplyExample(kind, row, len(clips) - 2, len(clips) - 1)


def chosen_rows(rows: Iterable[Row]) -> list[tuple[str, Row]]:
    """Return the best, the worst and the most disputed rows, in one pass that holds a few rows only.

    Best and worst: mean of the primaries. Disputed: the primaries lie furthest apart (the right voice saying the
    wrong thing, or the other way round).
    """
    kept: dict[str, list[tuple[float, Row]]] = {kind: [] for kind in KINDS}
    for row in rows:
        values = [row.scores[name].value for name in PRIMARY if name in row.scores]
        told = [value for value in values if value is not None]
        if row.seed == 0 and told:
            mean, apart = sum(told) / len(told), max(told) - min(told)
            for kind, rank in zip(KINDS, (mean, -mean, apart), strict=True):
                kept[kind] = sorted([*kept[kind], (rank, row)], key=lambda pair: (-pair[0], pair[1].item))[:EXAMPLES]
    return [(kind, row) for kind in KINDS for _, row in kept[kind]]


def _opus(waveform: Waveform) -> str:
    samples = (waveform * 32767).clip(-32768, 32767).astype("int16")
    return base64.b64encode(encode_opus(samples, SAMPLE_RATE)).decode("ascii")
