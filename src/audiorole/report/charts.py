"""Geometry of the page's charts: figures in, coordinates out. The templates draw, nothing here knows of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from audiorole.dataset.result.summary import Histogram, Summary

WIDTH, HEIGHT = 320.0, 96.0
"""Inner size of a histogram, in units of its view box."""


@dataclass(frozen=True)
class Bar:
    """One bar: its rectangle and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class AxisMark:
    """A position on the axis with its label."""

    x: float
    label: str


@dataclass(frozen=True)
class HistogramChart:
    """A histogram ready to draw. median: None for an empty one."""

    title: str
    unit: str
    note: str
    bars: tuple[Bar, ...]
    ticks: tuple[AxisMark, ...]
    thresholds: tuple[AxisMark, ...]
    median: float | None
    median_x: float
    count: int
    missing: int


def histogram_chart(
    title: str, unit: str, note: str, data: Histogram, thresholds: Sequence[tuple[str, float]] = ()
) -> HistogramChart:
    """Return the chart of `data`; thresholds: (label, value) of the recipe's rules on this axis."""
    low, high = data.edges[0], data.edges[-1]

    def x(value: float) -> float:
        return round((min(max(value, low), high) - low) / (high - low) * WIDTH, 2)

    tallest = max(data.counts, default=0) or 1
    bars = [
        Bar(
            x(a) + 0.5,
            round(HEIGHT - HEIGHT * count / tallest, 2),
            round(x(b) - x(a) - 1, 2),
            round(HEIGHT * count / tallest, 2),
            f"{_number(a)}–{_number(b)}{unit}: {count:,}",
        )
        for a, b, count in zip(data.edges, data.edges[1:], data.counts, strict=False)
        if count
    ]
    return HistogramChart(
        title=title,
        unit=unit,
        note=note,
        bars=tuple(bars),
        ticks=tuple(AxisMark(x(value), _number(value)) for value in _ticks(low, high)),
        thresholds=tuple(AxisMark(x(value), label) for label, value in thresholds if low < value < high),
        median=data.median,
        median_x=x(data.median) if data.median is not None else 0.0,
        count=sum(data.counts),
        missing=data.missing,
    )


def _ticks(low: float, high: float) -> list[float]:
    step = next(step for step in (0.25, 0.5, 1.0, 5.0, 20.0, 100.0, high - low) if (high - low) / step <= 5)
    first = -(-low // step) * step
    return [first + step * n for n in range(int((high - first) / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.4g}"


@dataclass(frozen=True)
class Reason:
    """One reason of a step: how many lines, and where its piece of the bar lies, in percent of the widest step."""

    name: str
    count: int
    left: float
    width: float


@dataclass(frozen=True)
class Step:
    """One stage of the waterfall. kept_width: in percent of the widest step. lost: lines of quarantined episodes."""

    stage: str
    entered: int
    created: int
    lost: int
    kept: int
    dropped: int
    kept_width: float
    reasons: tuple[Reason, ...]

    @property
    def quiet(self) -> bool:
        """Whether all that entered, and nothing else, came out."""
        return not (self.dropped or self.created or self.lost)


@dataclass(frozen=True)
class Waterfall:
    """All steps, and the sum: created - dropped - lost = lines, or `adds_up` is False."""

    steps: tuple[Step, ...]
    created: int
    dropped: int
    lost: int
    lines: int
    adds_up: bool

    def opens_quiet(self, step: Step) -> bool:
        """Tell whether `step` is the first of a run of quiet ones."""
        place = self.steps.index(step)
        return step.quiet and (place == 0 or not self.steps[place - 1].quiet)

    def quiet_from(self, step: Step) -> list[Step]:
        """Return the run of quiet steps that begins with `step`: the page names them in one row."""
        return list(takewhile(lambda other: other.quiet, self.steps[self.steps.index(step) :]))


def waterfall_chart(summary: Summary) -> Waterfall:
    """Return the waterfall of `summary`, its balance drawn up anew."""
    widest = max((step.kept + sum(step.dropped.values()) for step in summary.waterfall), default=0) or 1
    steps, balanced, before = [], True, 0
    for count in summary.waterfall:
        dropped = sum(count.dropped.values())
        balanced &= count.entered == before and count.entered + count.created == count.kept + dropped
        before, left, reasons = count.kept, count.kept, []
        for name, number in sorted(count.dropped.items(), key=lambda pair: (-pair[1], pair[0])):
            reasons.append(Reason(name, number, _percent(left, widest), _percent(number, widest)))
            left += number
        created, lost = max(0, count.created), max(0, -count.created)
        width = _percent(count.kept, widest)
        steps.append(Step(count.stage, count.entered, created, lost, count.kept, dropped, width, tuple(reasons)))
    totals = [sum(getattr(step, name) for step in steps) for name in ("created", "dropped", "lost")]
    balanced &= totals[0] - totals[1] - totals[2] == summary.lines
    created, dropped, lost = totals
    return Waterfall(tuple(steps), created, dropped, lost, summary.lines, bool(balanced))


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)


def ribbon(spans: Sequence[tuple[float, float, int]], duration: float, width: float) -> dict[int, str]:
    """Return for each character an SVG path (height 10) that marks when it speaks; spans: (start, end, character)."""
    paths: dict[int, list[str]] = {}
    for start, end, character in spans:
        x = round(start / max(duration, 1e-6) * width, 1)
        extent = max(0.6, round((end - start) / max(duration, 1e-6) * width, 1))
        paths.setdefault(character, []).append(f"M{x:g} 0h{extent:g}v10h-{extent:g}z")
    return {character: "".join(parts) for character, parts in sorted(paths.items())}
