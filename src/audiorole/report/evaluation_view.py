"""What the evaluation page shows, as plain values: which system in which table, where its marks lie on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiorole.evaluation.metrics import METRICS, PRIMARY
from audiorole.evaluation.results.results import Results, SystemResult
from audiorole.evaluation.results.totals import MetricResult
from audiorole.evaluation.statistics import Interval
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.types import shown_names
from audiorole.types.plain import JsonObject

WIDTH = 600.0
"""Length of an axis from 0 to 1, in units of the charts' view box."""

FRAME = ("gold", "other_line", "impostor", "random_speaker")
"""Anchors with a voice and words: what a system's figures are read beside. The others are all floors."""

GROUPS = (
    ("Voice", "ap", "Does it sound like the character?"),
    ("Content", "cp", "Does it say what the character says here, in the character's way?"),
    ("Quality", "", "Is it understood, in the right language, does it sound well?"),
)
"""Title, beginning of the metrics' names, and the question."""

FIRST = {"ap_norm": 0, "cp_auc": 0, "wer": 0, "mos": 1}
"""Metrics that lead their table."""

SAME = 0.0005
"""Difference that three decimals do not show."""


@dataclass(frozen=True)
class Mark:
    """A system on the axis of a primary metric: value and both intervals, in units of the view box."""

    name: str
    anchor: bool
    value: str
    at: float
    these: tuple[float, float] | None
    new: tuple[float, float] | None
    words: str


def contenders(results: Results) -> list[SystemResult]:
    """Return the systems under test."""
    return [one for one in results.systems if not one.anchor]


def framed(results: Results) -> list[SystemResult]:
    """Return the systems under test, then the anchors that they are read beside."""
    anchors = {one.name: one for one in results.systems if one.anchor}
    return [*contenders(results), *(anchors[name] for name in FRAME if name in anchors)]


def marks(metric: str, results: Results) -> list[Mark]:
    """Return every framed system on one primary metric, the tested ones first and best first."""
    found = [_mark(one, one.metrics[metric]) for one in framed(results) if metric in one.metrics]
    return sorted(found, key=lambda mark: (mark.anchor, 0 if mark.anchor else -mark.at))


def _mark(system: SystemResult, found: MetricResult) -> Mark:
    words = ", ".join(
        f"{interval.question}: {span(interval)}" for interval in (found.these, found.new) if interval.low is not None
    )
    return Mark(
        name=system.name,
        anchor=system.anchor,
        value=number(found.value),
        at=_place(found.value or 0.0),
        these=_ends(found.these),
        new=_ends(found.new),
        words=words or found.new.reason,
    )


def _ends(interval: Interval) -> tuple[float, float] | None:
    return None if interval.low is None or interval.high is None else (_place(interval.low), _place(interval.high))


def _place(value: float) -> float:
    return round(WIDTH * min(1.0, max(0.0, value)), 1)


def profile_groups(results: Results) -> list[JsonObject]:
    """Return the tables of the profile: metrics across, systems down."""
    names = list(results.systems[0].metrics)
    groups, left = [], names
    for title, start, question in GROUPS:
        mine = sorted((name for name in left if name.startswith(start)), key=lambda name: (FIRST.get(name, 2), name))
        left = [name for name in left if name not in mine]
        heads = [{"name": name, "card": METRICS.load(name.partition("@")[0]).card} for name in mine]
        rows = [{"system": one, "cells": [cell(one.metrics[name]) for name in mine]} for one in framed(results)]
        if mine:
            groups.append({"title": title, "question": question, "heads": heads, "rows": rows})
    return groups


def cell(found: MetricResult) -> dict[str, str]:
    """Return a figure, what it is without the floors where that differs, and why rows were not scored."""
    floored = found.value is not None and found.ok_only is not None and abs(found.value - found.ok_only) > SAME
    return {
        "value": number(found.value),
        "ok_only": number(found.ok_only) if floored else "",
        "unscored": ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in found.unscored.items()),
    }


def gate_table(results: Results) -> JsonObject:
    """Return the gates across and all systems down; the cell of an anchor's own gate is marked."""
    gates = sorted({gate for one in results.systems for gate in one.gate_rates})
    order = [*contenders(results), *(one for one in results.systems if one.anchor)]
    return {"gates": gates, "rows": [_gate_row(one, gates) for one in order]}


def _gate_row(system: SystemResult, gates: Sequence[str]) -> JsonObject:
    own = ANCHORS[system.name].gate if system.anchor and system.name in ANCHORS else ""
    shares = {status: system.statuses.get(status, 0) / max(1, system.rows) for status in ("ok", "missing", "error")}
    cells = [{"rate": system.gate_rates.get(gate, 0.0), "own": gate == own} for gate in gates]
    return {"system": system, "cells": cells, **shares}


def character_tables(results: Results) -> list[JsonObject]:
    """Return one table a primary metric: characters down, systems across, each with its shade in [0, 1]."""
    return [_character_table(name, results) for name in PRIMARY if name in results.systems[0].metrics]


def shown_cast(results: Results) -> dict[str, str]:
    """Return what the page calls each character: its name, with its series where two share it."""
    return shown_names(note.character for note in results.cast)


def _character_table(metric: str, results: Results) -> JsonObject:
    shown, names = framed(results), shown_cast(results)
    rows = []
    for note in results.cast:
        values = [one.metrics[metric].by_character.get(note.character) for one in shown]
        cells = [{"text": number(value), "shade": shade(value)} for value in values]
        rows.append({"name": names[note.character], "cells": cells})
    return {"metric": metric, "systems": shown, "rows": rows}


def shade(value: float | None) -> int:
    """Return how strong a cell is tinted, 0 to 10."""
    return 0 if value is None else round(10 * min(1.0, max(0.0, value)))


def number(value: float | None) -> str:
    """Return a figure with three decimals and a real minus; a dash for none."""
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def span(interval: Interval) -> str:
    """Return an interval in words."""
    return interval.reason if interval.low is None else f"{number(interval.low)} … {number(interval.high)}"
