"""How right the names of a build are: checked on names that were held back, or that people gave to random lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.answers.dial import Checked, DialReport, joined
from audiorole.pipeline.plan import StagePlan
from audiorole.types import Record


class DialFigures(Record, frozen=True):
    """What `--label-precision` kept. line_share, time_share: the yield, of all lines and of their seconds.

    precision: expected of the kept lines; low, high: 95 % interval from the `known` lines among them, None without any.
    thresholds: least probability per length bucket (under 0.8, 1.2, 2, 3 s, and above); over 1 keeps nothing.
    """

    target: float
    lines: int
    line_share: float
    time_share: float
    precision: float | None
    known: int
    low: float | None
    high: float | None
    thresholds: tuple[float, ...]


class LabelFigures(Record, frozen=True):
    """One series. method: `review` (random lines that a person named) or `seeds` (given names that were held back).

    checked: lines; accuracy: share of them that came out right without their own name; low, high: 95 % Wilson interval.
    """

    series: str
    method: str
    checked: int
    accuracy: float
    low: float
    high: float
    dial: DialFigures | None = None


def label_figures(line: StagePlan, shards: Sequence[str]) -> tuple[LabelFigures, ...]:
    """Return the figures of each series of which some lines were checked; reads what `name` and `curate` saved."""
    if "name" not in {stage.name for stage in line.stages}:
        return ()
    by_series: dict[str, list[str]] = {}
    for shard in shards:
        by_series.setdefault(shard.partition("/")[0], []).append(shard)
    found = (_figures(line, series, own) for series, own in sorted(by_series.items()))
    return tuple(figures for figures in found if figures)


def _figures(line: StagePlan, series: str, shards: Sequence[str]) -> LabelFigures | None:
    checked = joined([_checked(line, shard) for shard in shards])
    fair = checked.fair()
    accuracy = fair.accuracy()
    if accuracy is None:
        return None
    share, low, high = (round(value, 4) for value in accuracy)
    method = "seeds" if fair is checked else "review"
    return LabelFigures(series, method, len(fair.line), share, low, high, _dial(line, shards))


def _checked(line: StagePlan, shard: str) -> Checked:
    columns = [_array(line, "name", shard, f"checked_{name}") for name in ("line", "probability", "right", "kind")]
    if any(column is None for column in columns):
        return Checked(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, bool), np.zeros(0, np.int32))
    return Checked(*columns)  # type: ignore[arg-type]


def _dial(line: StagePlan, shards: Sequence[str]) -> DialFigures | None:
    for shard in shards:
        vector = _array(line, "curate", shard, "dial")
        if vector is not None:
            return _dial_figures(DialReport.from_array(vector))
    return None


def _dial_figures(report: DialReport) -> DialFigures:
    low, high = report.interval or (None, None)
    return DialFigures(
        target=report.target,
        lines=report.lines,
        line_share=round(report.line_share, 4),
        time_share=round(report.time_share, 4),
        precision=None if report.expected_precision is None else round(report.expected_precision, 4),
        known=report.known,
        low=None if low is None else round(low, 4),
        high=None if high is None else round(high, 4),
        thresholds=tuple(round(value, 4) for value in report.thresholds),
    )


def _array(line: StagePlan, stage: str, shard: str, name: str) -> NDArray[Any] | None:
    if stage not in {own.name for own in line.stages}:
        return None
    path = line.folder(stage).array(shard, name)
    return np.load(path, allow_pickle=False) if path.exists() else None
