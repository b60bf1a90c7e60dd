"""How right the names of a build are: checked on names that were held back, or that people gave to random lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from audiorole.naming.answers.checked import COLUMNS, NOTHING_CHECKED, Checked, joined
from audiorole.naming.answers.dial import LEAST_KEPT, DialReport
from audiorole.naming.answers.silence import read_sentences
from audiorole.pipeline.contexts import stored_array
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
    packed: of the build that a rebuild pack was made of.
    """

    series: str
    method: str
    checked: int
    accuracy: float
    low: float
    high: float
    dial: DialFigures | None = None
    packed: bool = False


def label_figures(line: StagePlan, shards: Sequence[str]) -> tuple[LabelFigures, ...]:
    """Return the figures of each series of which some lines were checked; reads what `name` and `curate` saved."""
    if "name" not in {stage.name for stage in line.stages}:
        return ()
    found = (_figures(line, series, own) for series, own in sorted(_by_series(shards).items()))
    return tuple(figures for figures in found if figures)


def _by_series(shards: Sequence[str]) -> dict[str, list[str]]:
    by_series: dict[str, list[str]] = {}
    for shard in shards:
        by_series.setdefault(shard.partition("/")[0], []).append(shard)
    return by_series


def naming_sentences(line: StagePlan, shards: Sequence[str]) -> tuple[str, ...]:
    """Return what `name` said about characters and voices, each sentence once, of which series where there are more."""
    found: dict[str, None] = {}
    by_series = _by_series(shards)
    for series, own in by_series.items():
        which = f"{series}: " if len(by_series) > 1 else ""
        for array in (_array(line, "name", shard, "sentences") for shard in own):
            said = [] if array is None else read_sentences(array)
            found.update(dict.fromkeys(f"{which}{sentence}" for sentence in said))
    found.update(dict.fromkeys(_dial_sentences(line, shards)))
    return tuple(found)


def _dial_sentences(line: StagePlan, shards: Sequence[str]) -> Iterator[str]:
    for series, own in sorted(_by_series(shards).items()):
        report = _dial_report(line, own)
        if report is not None:
            yield from dial_sentences(series, report)


def dial_sentences(series: str, report: DialReport) -> Iterator[str]:
    """Yield where the label precision that was asked for cannot be promised, or was not checked."""
    asked = f"{series}: a label precision of {report.target:.0%}"
    if report.line_share < LEAST_KEPT:
        offer = f"--label-precision {report.offer:g} can be" if report.offer else "no lower one can be"
        yield (
            f"{asked} cannot be promised for more than {report.line_share:.0%} of the lines; {offer}. Names on "
            "some lines, or clips, make more of them sure."
        )
    if not report.known:
        yield (
            f"{asked} is what the shipped calibration expects; no name of this series could be checked. Name 30 "
            "random lines on the review page to know."
        )


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
    columns = [_array(line, "name", shard, f"checked_{name}") for name in COLUMNS]
    if any(column is None for column in columns):
        return NOTHING_CHECKED
    return Checked(*columns)  # type: ignore[arg-type]


def _dial_report(line: StagePlan, shards: Sequence[str]) -> DialReport | None:
    for shard in shards:
        vector = _array(line, "curate", shard, "dial")
        if vector is not None:
            return DialReport.from_array(vector)
    return None


def _dial(line: StagePlan, shards: Sequence[str]) -> DialFigures | None:
    report = _dial_report(line, shards)
    if report is None:
        return None
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
    folder = line.folder(stage)
    return stored_array(folder, shard, name) if folder.array(shard, name).exists() else None
