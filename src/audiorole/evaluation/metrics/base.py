"""What a metric is: a card, `score` for one reply, `aggregate` for one character's scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import msgspec
import numpy as np

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.listener import Clip, Listener
from audiorole.types import Dialogue, Record


class Score(Record, frozen=True):
    """What one metric says of one reply.

    value: None with a reason where the metric has nothing to say (`no_text`), which is not the same as a bad reply.
    weight: what the value counts for in the character's mean (words, for a corpus rate). components: its parts.
    """

    value: float | None = None
    weight: float = 1.0
    reason: str = ""
    components: dict[str, float] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """A reply as metrics see it. clip: what is heard; text: what the system says it said, None where it does not."""

    clip: Clip
    text: str | None = None


@dataclass(frozen=True)
class MetricCard:
    """What a metric measures. unit: of the value; low, high: its range; floor: what a row that is not ok gets.

    known: pairs of anchors (better, worse) that the metric itself must order, before any floor; a run in which it
    does not fails. senses: what it needs to hear (`speaker`, `asr`, `quality`, `text`).
    """

    name: str
    unit: str
    low: float
    high: float
    higher_is_better: bool
    floor: float
    known: tuple[tuple[str, str], ...]
    senses: tuple[str, ...]
    clip_character: bool = False


class Metric(Protocol):
    """Built as `metric(gallery, listener)`."""

    @property
    def card(self) -> MetricCard:
        """Return what the metric measures."""
        ...

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the score of one reply. Expected failure is a Score without a value."""
        ...

    def weight(self, dialogue: Dialogue) -> float:
        """Return what an item counts for where there is no reply to weigh: as much as the gold line would."""
        ...

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Return the value of one character's scores, all of which have a value; at least one."""
        ...


class MetricClass(Protocol):
    """What the table of metrics names: the class of a metric."""

    @property
    def card(self) -> MetricCard:
        """Return what the metric measures."""
        ...

    def __call__(self, gallery: Gallery, listener: Listener) -> Metric:
        """Return the metric for these voices and models."""
        ...


class MeanMetric:
    """Base of metrics whose character value is the weighted mean of rows. Subclasses set `card` and `score`."""

    card: ClassVar[MetricCard]

    def __init__(self, gallery: Gallery, listener: Listener) -> None:
        self.gallery, self.listener = gallery, listener

    def weight(self, dialogue: Dialogue) -> float:
        """Return 1: every item counts alike, unless a subclass weighs by words."""
        return 1.0

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Return the mean of the values by weight."""
        values = [score.value for score in scores]
        weights = [score.weight for score in scores]
        return float(np.average(np.asarray(values, dtype=np.float64), weights=weights))


def is_mean(metric: Metric) -> bool:
    """Return whether the metric's character value is a weighted mean, so that sums per episode say it all."""
    return getattr(type(metric), "aggregate", None) is MeanMetric.aggregate
