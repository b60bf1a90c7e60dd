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


@dataclass
class _Cells:
    """Sums per item for mean metrics, or the scores themselves for the others (five floats a row)."""

    sums: dict[ItemKey, tuple[float, float, int]] = field(default_factory=dict)
    scores: dict[tuple[str, str], list[Score]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row, score: Score, keep: bool) -> None:
        if keep:
            self.scores[row.character, row.episode].append(score)
            return
        assert score.value is not None
        key = (row.character, row.episode, row.item)
        self._put(key, (score.value * score.weight, score.weight, 1))

    def merged(self, other: _Cells) -> _Cells:
        """Return the cells of both."""
        found = _Cells(dict(self.sums))
        for key, sums in other.sums.items():
            found._put(key, sums)
        for where, scores in (*self.scores.items(), *other.scores.items()):
            found.scores[where] += scores
        return found

    def _put(self, key: ItemKey, sums: tuple[float, float, int]) -> None:
        old = self.sums.get(key, (0.0, 0.0, 0))
        self.sums[key] = (old[0] + sums[0], old[1] + sums[1], old[2] + sums[2])


@dataclass
class Totals:
    """Adds up the rows of one system."""

    metrics: Mapping[str, Metric]
    statuses: Counter[str] = field(default_factory=Counter)
    gates: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    def __post_init__(self) -> None:
        self._cells = {(name, view): _Cells() for name in self.metrics for view in VIEWS}
        self._unscored: dict[str, Counter[str]] = {name: Counter() for name in self.metrics}

    def add(self, rows: Iterable[Row]) -> Totals:
        """Take in rows; return self."""
        for row in rows:
            self.rows += 1
            self.statuses[row.status] += 1
            self.gates.update({finding.gate for finding in row.gates})
            for name, metric in self.metrics.items():
                self._add(name, metric, row)
        return self

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
        """Return each item's value (mean over seeds, by weight); empty for a metric whose value is no mean of rows."""
        return {key: sums[0] / sums[1] for key, sums in self._cells[name, view].sums.items() if sums[1]}

    def samples(self, name: str, view: str = "headline") -> list[CharacterSample]:
        """Return the characters' samples. view: `headline` (floors applied), `ok_only`, `raw` (before floors)."""
        cells, metric = self._cells[name, view], self.metrics[name]
        if view == "headline":
            cells = self._with_untold(name)
        found = _mean_samples(cells) if is_mean(metric) else _jackknife_samples(cells, metric)
        clip = metric.card.clip_character and view != "raw"
        return [sample.clipped(metric.card.low, metric.card.high) if clip else sample for sample in found]

    def _with_untold(self, name: str) -> _Cells:
        """Return the headline's cells with the replies whose text the system did not tell.

        A system that never tells its text is not measured by what needs it; one that tells it now and then takes the
        floor for the rest, or it would choose what it is measured on.
        """
        untold = self._cells[name, "untold"]
        if not untold.sums and not untold.scores:
            return self._cells[name, "headline"]
        told = self._cells[name, "ok_only"]
        return self._cells[name, "headline"].merged(untold) if told.sums or told.scores else _Cells()

    def _add(self, name: str, metric: Metric, row: Row) -> None:
        keep = not is_mean(metric)
        score = row.scores.get(name, Score(reason="not_heard"))
        floor = Score(value=metric.card.floor, weight=score.weight)
        if score.value is None:
            self._unscored[name][score.reason] += 1
        else:
            self._cells[name, "raw"].add(row, score, keep)
        if score.reason in EXCLUDING:
            return
        if row.ok and score.value is not None:
            for view in ("headline", "ok_only"):
                self._cells[name, view].add(row, score, keep)
        else:
            self._cells[name, "untold" if score.reason == UNTOLD else "headline"].add(row, floor, keep)


VIEWS = ("headline", "ok_only", "raw", "untold")
EXCLUDING = frozenset({"not_separable", "too_few_real_lines", "too_few_other_lines", "language_unknown"})
"""Reasons that lie in the character or the dataset: such a row counts for nobody, gated or not. Every other reason lies
in the reply (no voice, no word understood), and a reply that cannot be measured takes the floor."""

UNTOLD = "no_text"
"""Reason of a reply whose own text the system did not tell."""


def _macro(samples: list[CharacterSample]) -> float | None:
    return round(macro_mean(samples), 6) if samples else None


def _mean_samples(cells: _Cells) -> list[CharacterSample]:
    """Return ratio-of-sums samples; the seeds of an item are averaged first, so an item with a failed seed weighs 1."""
    table: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for (character, episode, _), (numerator, denominator, count) in sorted(cells.sums.items()):
        sums = table[character][episode]
        sums[0] += numerator / count
        sums[1] += denominator / count
    return [_sample(character, episodes) for character, episodes in sorted(table.items())]


def _sample(character: str, episodes: Mapping[str, list[float]]) -> CharacterSample:
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
