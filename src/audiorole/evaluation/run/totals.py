"""Rows to numbers: floors, mean over seeds → items → character → macro over characters. Rows stream; sums stay."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from audiorole.evaluation.metrics.base import Metric, Score, is_mean
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.statistics import CharacterSample, Interval, macro_mean, new_characters, these_characters
from audiorole.types import Record

Episode = tuple[str, str]
"""(character, episode)."""

ItemKey = tuple[str, str, str]
"""(character, episode, item)."""


class MetricResult(Record, frozen=True):
    """One metric of one system. value: the headline, with floors; ok_only: without the rows that took the floor;
    raw: every score before floors. unscored: rows by the reason why the metric had nothing to say.
    """

    value: float | None
    ok_only: float | None
    raw: float | None
    these: Interval
    new: Interval
    by_character: dict[str, float]
    error_by_character: dict[str, float]
    rows: int
    unscored: dict[str, int] = msgspec.field(default_factory=dict)


FEW_ITEMS = 100
"""Items from which every metric has to order its anchors, however weak it is; up to so many are kept one by one."""


@dataclass
class _Cells:
    """One view of one metric: sums per episode, or the scores themselves where the value is no mean of rows.

    items: each item's value while they are fewer than `FEW_ITEMS`; none beyond, so that memory does not grow with them.
    """

    sums: dict[Episode, tuple[float, float]] = field(default_factory=dict)
    items: dict[ItemKey, float] = field(default_factory=dict)
    scores: dict[Episode, list[Score]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0

    def close(self, key: ItemKey, item: _Item) -> None:
        """Take in a finished item: its seeds are averaged first, so an item with a failed seed weighs 1."""
        if not item.rows:
            return
        old = self.sums.get(key[:2], (0.0, 0.0))
        self.sums[key[:2]] = (old[0] + item.numerator / item.rows, old[1] + item.denominator / item.rows)
        self.count += 1
        if self.count >= FEW_ITEMS:
            self.items.clear()
        elif item.denominator:
            self.items[key] = item.numerator / item.denominator


@dataclass
class _Item:
    """The sums of the item that is being read."""

    numerator: float = 0.0
    denominator: float = 0.0
    rows: int = 0

    def add(self, score: Score) -> None:
        assert score.value is not None
        self.numerator += score.value * score.weight
        self.denominator += score.weight
        self.rows += 1

    def __add__(self, other: _Item) -> _Item:
        return _Item(self.numerator + other.numerator, self.denominator + other.denominator, self.rows + other.rows)


@dataclass
class Totals:
    """Adds up the rows of one system. The rows of an item follow one another, as a run writes them."""

    metrics: Mapping[str, Metric]
    statuses: Counter[str] = field(default_factory=Counter)
    gates: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    def __post_init__(self) -> None:
        self._cells = {(name, view): _Cells() for name in self.metrics for view in VIEWS}
        self._open: dict[tuple[str, str], _Item] = defaultdict(_Item)
        self._item: ItemKey | None = None
        self._untold: set[str] = set()
        self._unscored: dict[str, Counter[str]] = {name: Counter() for name in self.metrics}

    def add(self, rows: Iterable[Row]) -> Totals:
        """Take in rows; return self."""
        for row in rows:
            key = (row.character, row.episode, row.item)
            if key != self._item:
                self._close()
                self._item = key
            self.rows += 1
            self.statuses[row.status] += 1
            self.gates.update({finding.gate for finding in row.gates})
            for name, metric in self.metrics.items():
                self._add(name, metric, row)
        return self

    def _close(self) -> None:
        """Take in the item that was being read."""
        if self._item:
            for name in self.metrics:
                counted, untold = self._open[name, "headline"], self._open[name, "untold"]
                self._cells[name, "headline"].close(self._item, counted)
                self._cells[name, "with_untold"].close(self._item, counted + untold)
                for view in ("ok_only", "raw"):
                    self._cells[name, view].close(self._item, self._open[name, view])
        self._open.clear()
        self._item = None

    def result(self, name: str) -> MetricResult:
        """Return everything about one metric."""
        headline = self.samples(name)
        return MetricResult(
            value=_macro(headline),
            ok_only=_macro(self.samples(name, "ok_only")),
            raw=_macro(self.samples(name, "raw")),
            these=these_characters(headline),
            new=new_characters(headline),
            by_character={sample.character: round(sample.mean, 6) for sample in headline},
            error_by_character={s.character: round(float(np.sqrt(np.sum(s.influence**2))), 6) for s in headline},
            rows=self.rows,
            unscored=dict(sorted(self._unscored[name].items())),
        )

    def items(self, name: str, view: str) -> dict[ItemKey, float]:
        """Return each item's value (mean over seeds, by weight); none from `FEW_ITEMS` on, or for no mean of rows."""
        self._close()
        return self._cells[name, view].items

    def samples(self, name: str, view: str = "headline") -> list[CharacterSample]:
        """Return the characters' samples. view: `headline` (floors applied), `ok_only`, `raw` (before floors)."""
        self._close()
        metric = self.metrics[name]
        cells = self._headline(name) if view == "headline" else self._cells[name, view]
        found = _mean_samples(cells) if is_mean(metric) else _jackknife_samples(cells, metric)
        clip = metric.card.clip_character and view != "raw"
        return [sample.clipped(metric.card.low, metric.card.high) if clip else sample for sample in found]

    def _headline(self, name: str) -> _Cells:
        """Return the headline's cells, with the replies whose text the system did not tell.

        A system that never tells its text is not measured by what needs it; one that tells it now and then takes the
        floor for the rest, or it would choose what it is measured on.
        """
        if name not in self._untold:
            return self._cells[name, "headline"]
        told = self._cells[name, "ok_only"]
        return self._cells[name, "with_untold"] if told.sums or told.scores else _Cells()

    def _add(self, name: str, metric: Metric, row: Row) -> None:
        score = row.scores.get(name, Score(reason="not_heard"))
        floor = Score(value=metric.card.floor, weight=score.weight)
        if score.value is None:
            self._unscored[name][score.reason] += 1
        else:
            self._put(name, metric, "raw", row, score)
        if score.reason in EXCLUDING:
            return
        if row.ok and score.value is not None:
            for view in ("headline", "ok_only"):
                self._put(name, metric, view, row, score)
        elif score.reason == UNTOLD:
            self._untold.add(name)
            self._put(name, metric, "untold", row, floor)
        else:
            self._put(name, metric, "headline", row, floor)

    def _put(self, name: str, metric: Metric, view: str, row: Row, score: Score) -> None:
        if is_mean(metric):
            self._open[name, view].add(score)
            return
        for one in {"headline": ("headline", "with_untold"), "untold": ("with_untold",)}.get(view, (view,)):
            self._cells[name, one].scores[row.character, row.episode].append(score)


VIEWS = ("headline", "ok_only", "raw", "with_untold")
EXCLUDING = frozenset({"not_separable", "too_few_real_lines", "too_few_other_lines", "language_unknown"})
"""Reasons that lie in the character or the dataset: such a row counts for nobody, gated or not. Every other reason lies
in the reply (no voice, no word understood), and a reply that cannot be measured takes the floor."""

UNTOLD = "no_text"
"""Reason of a reply whose own text the system did not tell."""


def _macro(samples: list[CharacterSample]) -> float | None:
    return round(macro_mean(samples), 6) if samples else None


def _mean_samples(cells: _Cells) -> list[CharacterSample]:
    """Return ratio-of-sums samples."""
    table: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for (character, episode), sums in sorted(cells.sums.items()):
        table[character][episode] = sums
    return [_sample(character, episodes) for character, episodes in table.items()]


def _sample(character: str, episodes: Mapping[str, tuple[float, float]]) -> CharacterSample:
    names = sorted(episodes)
    sums = np.array([episodes[name] for name in names])
    return CharacterSample.of_sums(character, names, sums[:, 0], sums[:, 1])


def _jackknife_samples(cells: _Cells, metric: Metric) -> list[CharacterSample]:
    table: dict[str, dict[str, list[Score]]] = defaultdict(dict)
    for (character, episode), scores in sorted(cells.scores.items()):
        table[character][episode] = scores
    return [_jackknife(character, episodes, metric) for character, episodes in table.items()]


def _jackknife(character: str, episodes: Mapping[str, list[Score]], metric: Metric) -> CharacterSample:
    def value(without: str = "") -> float:
        return metric.aggregate([score for name, scores in episodes.items() if name != without for score in scores])

    left = [value(name) for name in episodes] if len(episodes) > 1 else []
    return CharacterSample.of_jackknife(character, list(episodes), value(), left)
