"""Rows to numbers: floors, mean over seeds → items → character → macro over characters. Rows stream; sums stay."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product

import msgspec
import numpy as np

from audiorole.evaluation.metrics.base import Metric, Score, is_mean
from audiorole.evaluation.results.cells import Scores, Sums
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.statistics import CharacterSample, Interval, new_characters, these_characters
from audiorole.types import Record

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


@dataclass(frozen=True)
class RowTotals:
    """What the results need of a system's rows. means: (metric, view) → character → mean; items: see `FEW_ITEMS`."""

    rows: int
    statuses: dict[str, int]
    gates: dict[str, int]
    metrics: dict[str, MetricResult]
    means: dict[tuple[str, str], dict[str, float]]
    items: dict[tuple[str, str], dict[ItemKey, float]]


FEW_ITEMS = 100
"""Items from which every metric has to order its anchors, however weak it is; up to so many are kept one by one."""


@dataclass
class _FewItems:
    """Each item's value while they are fewer than `FEW_ITEMS`; none beyond, so that memory does not grow with them."""

    values: dict[ItemKey, float] = field(default_factory=dict)
    count: int = 0

    def add(self, key: ItemKey, item: _Item) -> None:
        self.count += 1
        if self.count >= FEW_ITEMS:
            self.values.clear()
        elif item.denominator:
            self.values[key] = item.numerator / item.denominator


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


class Totals:
    """Adds up the rows of one system. The rows of an item follow one another, as a run writes them.

    What stays in memory are sums per episode, and a column of numbers per metric that is no mean of rows; `told` takes
    what the results need of them, and then the totals can go.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics, self.rows = metrics, 0
        self.statuses: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self._columns = {(name, view): at for at, (name, view) in enumerate(product(metrics, VIEWS))}
        self._sums = Sums(len(self._columns))
        self._scores = {name: Scores(VIEWS) for name, metric in metrics.items() if not is_mean(metric)}
        self._items: dict[tuple[str, str], _FewItems] = defaultdict(_FewItems)
        self._open: dict[tuple[str, str], _Item] = defaultdict(_Item)
        self._item: ItemKey | None = None
        self._untold: set[str] = set()
        self._unscored: dict[str, Counter[str]] = {name: Counter() for name in metrics}

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

    def told(self) -> RowTotals:
        """Return what is kept of the system."""
        return RowTotals(
            rows=self.rows,
            statuses=dict(self.statuses),
            gates=dict(self.gates),
            metrics={name: self.result(name) for name in self.metrics},
            means={pair: self.means(*pair) for pair in product(self.metrics, CHECKED)},
            items={pair: self.items(*pair) for pair in product(self.metrics, CHECKED)},
        )

    def result(self, name: str) -> MetricResult:
        """Return everything about one metric."""
        headline = self.samples(name)
        return MetricResult(
            value=_macro([sample.mean for sample in headline]),
            ok_only=_macro(self.means(name, "ok_only").values()),
            raw=_macro(self.means(name, "raw").values()),
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
        return self._items[name, view].values

    def samples(self, name: str) -> list[CharacterSample]:
        """Return the characters' samples of the headline: floors applied."""
        self._close()
        view, card, metric = self._headline(name), self.metrics[name].card, self.metrics[name]
        if not view:
            return []
        if name in self._scores:
            found = [_jackknife(*one, metric) for one in self._scores[name].by_character(view)]
        else:
            found = [CharacterSample.of_sums(*one) for one in self._sums.by_character(self._columns[name, view])]
        return [sample.clipped(card.low, card.high) if card.clip_character else sample for sample in found]

    def means(self, name: str, view: str) -> dict[str, float]:
        """Return each character's value. view: `headline` (floors applied), `ok_only`, `raw` (before floors)."""
        self._close()
        view, card = self._headline(name) if view == "headline" else view, self.metrics[name].card
        found = dict(self._means(name, view)) if view else {}
        clip = card.clip_character and view != "raw"
        return {who: min(card.high, max(card.low, mean)) if clip else mean for who, mean in found.items()}

    def _means(self, name: str, view: str) -> Iterator[tuple[str, float]]:
        if name in self._scores:
            for character, scores in self._scores[name].by_character(view):
                yield character, self.metrics[name].aggregate(list(chain.from_iterable(scores.values())))
            return
        for character, _, numerators, denominators in self._sums.by_character(self._columns[name, view]):
            yield character, float(numerators.sum() / denominators.sum())

    def _headline(self, name: str) -> str:
        """Return the headline's view, with the replies whose text the system did not tell; "" for nothing to count.

        A system that never tells its text is not measured by what needs it; one that tells it now and then takes the
        floor for the rest, or it would choose what it is measured on.
        """
        if name not in self._untold:
            return "headline"
        return "with_untold" if any(self._means(name, "ok_only")) else ""

    def _close(self) -> None:
        """Take in the item that was being read: its seeds are averaged, so an item with a failed seed weighs 1."""
        if self._item:
            for name in self.metrics:
                open_ = {view: self._open[name, view] for view in ("headline", "ok_only", "raw")}
                open_["with_untold"] = open_["headline"] + self._open[name, "untold"]
                for view, item in open_.items():
                    if item.rows:
                        self._close_item(name, view, self._item, item)
        self._open.clear()
        self._item = None

    def _close_item(self, name: str, view: str, key: ItemKey, item: _Item) -> None:
        column = self._columns[name, view]
        self._sums.add(key[:2], column, item.numerator / item.rows, item.denominator / item.rows)
        if view in CHECKED:
            self._items[name, view].add(key, item)

    def _add(self, name: str, metric: Metric, row: Row) -> None:
        score = row.scores.get(name, Score(reason="not_heard"))
        floor = Score(value=metric.card.floor, weight=score.weight)
        counts = row.ok and score.value is not None
        if score.value is None:
            self._unscored[name][score.reason] += 1
        else:
            self._put(name, row, score, ("raw", "headline", "ok_only") if counts else ("raw",))
        if counts or score.reason in EXCLUDING:
            return
        if score.reason == UNTOLD:
            self._untold.add(name)
        self._put(name, row, floor, ("untold",) if score.reason == UNTOLD else ("headline",))

    def _put(self, name: str, row: Row, score: Score, views: Sequence[str]) -> None:
        if name in self._scores:
            seen = {"headline": ("headline", "with_untold"), "untold": ("with_untold",)}
            shown = [one for view in views for one in seen.get(view, (view,))]
            self._scores[name].add((row.character, row.episode), score, shown)
            return
        for view in views:
            self._open[name, view].add(score)


VIEWS = ("headline", "ok_only", "raw", "with_untold")
CHECKED = ("headline", "raw")
"""Views that the checks of a run look at."""

EXCLUDING = frozenset({"not_separable", "too_few_real_lines", "too_few_other_lines", "language_unknown"})
"""Reasons that lie in the character or the dataset: such a row counts for nobody, gated or not. Every other reason lies
in the reply (no voice, no word understood), and a reply that cannot be measured takes the floor."""

UNTOLD = "no_text"
"""Reason of a reply whose own text the system did not tell."""


def _macro(means: Collection[float]) -> float | None:
    return round(float(np.mean(list(means))), 6) if means else None


def _jackknife(character: str, episodes: Mapping[str, list[Score]], metric: Metric) -> CharacterSample:
    def value(without: str = "") -> float:
        return metric.aggregate([score for name, scores in episodes.items() if name != without for score in scores])

    left = [value(name) for name in episodes] if len(episodes) > 1 else []
    return CharacterSample.of_jackknife(character, list(episodes), value(), left)
