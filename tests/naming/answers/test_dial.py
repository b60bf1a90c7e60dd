"""The dial reaches its target on lines it has not seen, and says what it costs; calibration figures are right."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.errors import ConfigError
from audiorole.naming import NO_SEED, SEED_KINDS, SOMEONE_ELSE, NamedLines, SeriesLines
from audiorole.naming.answers.calibration import calibration_error, operating_points, reliability, wilson
from audiorole.naming.answers.checked import ENOUGH_CHECKED, Checked, check_names, independent, joined
from audiorole.naming.answers.dial import DialReport, Recalibration, fit_dial, keep


def world(n: int = 40000, sharp: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probability, rightness and duration; `sharp` > 1 makes the engine overconfident."""
    rng = np.random.default_rng(1)
    odds = rng.normal(2.0, 2.0, n)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return (1 / (1 + np.exp(-sharp * odds))).astype(np.float32), right, rng.uniform(0.3, 4.0, n).astype(np.float32)


def checked(line: np.ndarray, probability: np.ndarray, right: np.ndarray, kind: int = 0) -> Checked:
    columns = (line, probability[line], right[line], np.full(len(line), kind, np.int32), np.arange(len(line)))
    return Checked(*columns, np.ones(len(line), bool))


@pytest.mark.parametrize("target", [0.9, 0.95, 0.98])
@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_the_target_is_reached_on_unseen_lines(target: float, sharp: float) -> None:
    probability, right, duration = world(sharp=sharp)
    known = np.arange(0, 40000, 40)
    report = fit_dial(probability, duration, target, checked(known, probability, right))
    assert DialReport.from_array(report.as_array()) == report
    kept = keep(probability, duration, report.thresholds)
    assert abs(right[kept].mean() - target) < 0.012
    assert report.lines == kept.sum()
    assert report.interval is not None
    assert report.interval[0] <= right[kept].mean() <= report.interval[1]


@pytest.mark.parametrize("kind", ["sdh", "script", "review", "random"])
@pytest.mark.parametrize("target", [0.9, 0.98])
def test_only_lines_drawn_at_random_make_the_dial_bolder(kind: str, target: float) -> None:
    """Whoever is never named is in no sample of names: there an engine that is too careful stays so."""
    probability, right, duration = world(sharp=0.5)
    some = checked(np.arange(0, 40000, 40), probability, right, SEED_KINDS.index(kind))
    kept = fit_dial(probability, duration, target, some).lines
    assert (kept > 1.1 * fit_dial(probability, duration, target).lines) == (kind == "random")


@pytest.mark.parametrize("kind", ["sdh", "script", "random"])
def test_any_sample_makes_the_dial_more_careful(kind: str) -> None:
    probability, right, duration = world(sharp=2.0)
    some = checked(np.arange(0, 40000, 40), probability, right, SEED_KINDS.index(kind))
    assert fit_dial(probability, duration, 0.95, some).lines < 0.95 * fit_dial(probability, duration, 0.95).lines


@pytest.mark.parametrize("guests", [0.1, 0.5, 0.9])
def test_lines_without_names_count_neither_for_nor_against(guests: float) -> None:
    probability, right, duration = world()
    named = np.random.default_rng(2).random(len(right)) >= guests
    known = np.arange(0, 40000, 40)
    some = checked(known, probability, right & named)
    some = Checked(some.line, some.probability, some.right, some.kind, some.run, named[known])
    report = fit_dial(probability, duration, 0.95, some, named)
    kept = named & keep(probability, duration, report.thresholds)
    assert abs(right[kept].mean() - 0.95) < 0.015
    assert (report.lines, report.line_share) == (kept.sum(), kept.mean())
    assert report.interval is not None
    assert report.interval[1] > 0.94


def test_where_nobody_is_named_nothing_is_kept() -> None:
    probability, _, duration = world(100)
    report = fit_dial(probability, duration, 0.5, named=np.zeros(100, bool))
    assert (report.lines, report.offer, report.expected_precision) == (0, 0.0, None)


def test_a_higher_target_keeps_less() -> None:
    probability, _, duration = world()
    kept = [fit_dial(probability, duration, t).lines for t in (0.9, 0.95, 0.99)]
    assert kept[0] > kept[1] > kept[2] > 0


def test_without_known_lines_there_is_no_interval() -> None:
    probability, _, duration = world(100)
    report = fit_dial(probability, duration, 0.95)
    assert report.interval is None
    assert report.known == 0


def test_recalibration_leaves_calibrated_probabilities_alone() -> None:
    probability, right, _ = world()
    fitted = Recalibration.fit(probability[:2000], right[:2000])
    assert abs(fitted.slope - 1) < 0.1
    assert abs(fitted.offset) < 0.2


def test_an_impossible_target_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1\.2"):
        fit_dial(np.ones(2), np.ones(2, np.float32), 1.2)


def test_calibration_error_by_hand() -> None:
    probability, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert calibration_error(probability, right, bins=10) == pytest.approx(0.05)
    assert [b.count for b in reliability(probability, right, bins=10)] == [2, 2]
    assert operating_points(probability, right, [0.9])[0].precision == 1.0
    assert operating_points(probability, right, [0.99])[0].precision is None


def test_wilson_without_trials_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


SEEDS = np.array([0, 0, 1, 1, NO_SEED, 2, SOMEONE_ELSE, 0], np.int32)


def seeded(gap: float = 60.0) -> SeriesLines:
    """Return eight lines, `gap` seconds apart."""
    start = np.arange(8) * gap
    kind = np.full(8, SEED_KINDS.index("sdh"), np.int32)
    return SeriesLines(np.ones((8, 2), np.float32), start, start + 1, np.zeros(8, np.int32), seed=SEEDS, seed_kind=kind)


def answering(names: np.ndarray, asked: list[np.ndarray] | None = None):
    """Return a namer that always gives `names`, and notes which seeds it was given."""

    def namer(lines: SeriesLines) -> NamedLines:
        if asked is not None:
            asked.append(lines.seeds.copy())
        certain = np.full(len(names), 0.9, np.float32)
        return NamedLines(names, certain, names, 1 - certain, np.zeros((len(names), 0)), np.zeros((len(names), 1)))

    return namer


def test_every_seed_is_held_back_once_and_never_seen_when_it_is_asked_for() -> None:
    asked: list[np.ndarray] = []
    found = check_names(seeded(), answering(np.zeros(8, np.int32), asked))
    assert found.line.tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert sum((column == NO_SEED).sum() - 1 for column in asked) == 7
    assert found.right.tolist() == [True, True, False, False, False, False, True]
    assert set(found.kind.tolist()) == {SEED_KINDS.index("sdh")}


def test_someone_else_is_right_for_a_voice_that_nobody_else_has_named() -> None:
    found = check_names(seeded(), answering(np.full(8, -1, np.int32)), folds=7)
    assert not found.named.any()
    right = dict(zip(found.line.tolist(), found.right.tolist(), strict=True))
    assert right == {0: False, 1: False, 2: False, 3: False, 5: True, 6: True, 7: False}


@pytest.mark.parametrize(
    ("clips", "right"), [([], {3: False, 5: True}), ([2], {3: False, 5: False}), ([0, 1, 2], {3: False, 5: False})]
)
def test_someone_else_is_wrong_for_a_character_who_has_a_clip(clips: list[int], right: dict[int, bool]) -> None:
    """Whoever has a clip is known without their only name; a name of nobody in the cast stays someone else's."""
    namer = answering(np.full(8, -1, np.int32))
    found = check_names(seeded(), namer, folds=7, clips=np.array(clips, np.int32))
    got = dict(zip(found.line.tolist(), found.right.tolist(), strict=True))
    assert {line: got[line] for line in right} == right
    assert got[6]


def test_seeds_that_follow_one_another_are_held_back_together() -> None:
    asked: list[np.ndarray] = []
    check_names(seeded(gap=2.0), answering(np.zeros(8, np.int32), asked))
    assert all((column[0] == NO_SEED) == (column[1] == NO_SEED) for column in asked)
    assert all((column[2] == NO_SEED) == (column[3] == NO_SEED) for column in asked)


@pytest.mark.parametrize("count", [2600, 9000, 40000])
def test_a_long_series_is_named_once_more_and_no_more(count: int) -> None:
    """However many names were given, a fifth of the most that are held back is enough."""
    start = np.arange(count) * 60.0
    seeds = np.arange(count, dtype=np.int32) % 7
    series = SeriesLines(np.ones((count, 2), np.float16), start, start + 1, np.zeros(count, np.int32), seed=seeds)
    asked: list[np.ndarray] = []
    found = check_names(series, answering(np.zeros(count, np.int32), asked))
    assert len(asked) == 1
    assert ENOUGH_CHECKED <= len(found.line) < 2 * ENOUGH_CHECKED


def test_without_seeds_nothing_is_checked() -> None:
    lines = seeded().with_seeds(np.full(8, NO_SEED, np.int32))
    assert len(check_names(lines, answering(np.zeros(8, np.int32))).line) == 0
    assert check_names(lines, answering(np.zeros(8, np.int32))).accuracy() is None


def test_random_reviewed_lines_alone_set_the_dial_once_there_are_enough() -> None:
    probability, right, _ = world(100)
    some = checked(np.arange(50), probability, right)
    random = checked(np.arange(50, 90), probability, right, SEED_KINDS.index("random"))
    assert joined([some, random]).fair().line.tolist() == list(range(50, 90))
    few = random.where(np.arange(40) < 5)
    assert len(joined([some, few]).fair().line) == 55


@pytest.mark.parametrize(("length", "count"), [(1, 400.0), (4, 100.0), (20, 20.0)])
def test_lines_that_are_wrong_together_tell_less(length: int, count: float) -> None:
    run = np.arange(400) // length
    right = np.random.default_rng(0).random(400 // length)[run] < 0.9
    found = independent(right, run)
    assert count <= found <= 1.3 * count


@pytest.mark.parametrize(("lines", "careful"), [(15, True), (100, True), (2000, False)])
def test_a_few_minutes_are_believed_less_until_lines_are_checked(lines: int, careful: bool) -> None:
    probability, duration = np.full(lines, 0.95, np.float32), np.full(lines, 1.5, np.float32)
    assert (fit_dial(probability, duration, 0.94).lines == 0) == careful
    known = np.arange(lines)
    some = Checked(known, probability, known % 50 > 0, np.zeros(lines, np.int32), known, np.ones(lines, bool))
    if lines >= 100:
        assert fit_dial(probability, duration, 0.94, some).lines == lines
