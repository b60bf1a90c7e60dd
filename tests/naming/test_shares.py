"""Shares of lines: strangers against what weights expect, and how much people talk against how often they are named."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming import NO_SEED, SOMEONE_ELSE, NamingOptions, ReferenceVoices, SeriesLines, name_lines
from audiorole.naming.cues.voice import DAY_SECONDS, of_one_day
from audiorole.naming.engine import prepare
from audiorole.naming.model import FEW_LINES, MANY_LINES, RoundWeights, Weights, shipped_weights
from audiorole.naming.shares import MOST_SHIFT, claimed_lines, strangers_shift, talk_shift
from audiorole.types import Cast, Character

CAST = Cast(character=(Character(name="Ann"), Character(name="Bob")))


def claimed(cast: float, nobody: float) -> np.ndarray:
    return np.array([cast / 2, cast / 2, nobody], np.float32)


@pytest.mark.parametrize(("nobody", "sign"), [(0, -1), (20, -1), (140, 0), (300, 1), (1000, 1)])
def test_less_than_the_usual_share_of_strangers_makes_each_less_likely(nobody: float, sign: int) -> None:
    found = strangers_shift(claimed(1000 - nobody, nobody), 0.14)
    assert np.sign(round(found, 2)) == sign
    assert abs(found) <= MOST_SHIFT
    assert found <= strangers_shift(claimed(1000 - nobody - 1e-3, nobody + 10), 0.14)


def test_without_lines_the_usual_share_is_all_that_is_known() -> None:
    assert strangers_shift(claimed(0, 0), 0.14) == pytest.approx(0, abs=1e-6)


def named(*counts: int, nobody: int = 0) -> SeriesLines:
    """Return a hundred lines of which so many are named each candidate."""
    seeds = np.full(100, NO_SEED, np.int32)
    given = [k for k, count in enumerate(counts) for _ in range(count)] + [SOMEONE_ELSE] * nobody
    seeds[: len(given)] = given
    start = np.arange(100.0)
    return SeriesLines(np.ones((100, 2), np.float32), start, start + 1, np.zeros(100, np.int32), seed=seeds)


@pytest.mark.parametrize("names", [(10, 1), (20, 2), (40, 8)])
def test_who_has_one_name_and_most_lines_took_them_from_who_has_ten(names: tuple[int, int]) -> None:
    taken, fair = np.array([100.0, 900.0, 50.0]), np.array([1000.0, 1000.0 * names[1] / names[0], 50.0])
    many, few = talk_shift(taken.astype(np.float32), named(*names))
    assert many > 0.5
    assert few < -0.5
    assert np.abs(talk_shift(fair.astype(np.float32), named(*names))).max() < 0.05


@pytest.mark.parametrize("lines", [named(), named(0, 0, nobody=7)])
def test_without_names_nothing_is_known_of_how_much_people_talk(lines: SeriesLines) -> None:
    assert not talk_shift(np.array([10, 800, 3], np.float32), lines).any()


def test_a_clip_says_nothing_of_how_much_somebody_talks() -> None:
    assert talk_shift(np.array([100, 900, 3], np.float32), named(10, 0))[1] == 0


def test_lines_with_a_seed_are_nobodys_claim() -> None:
    belief = np.tile(np.array([0.5, 0.25, 0.25], np.float16), (100, 1))
    assert claimed_lines(belief, named(30, 10)) == pytest.approx([30, 15, 15])


FLAT = RoundWeights({"bias": (0.0, 0.0, 0.0, 0.0)})


@pytest.mark.parametrize(
    ("lines", "embedder", "changed"),
    [(MANY_LINES, "wespeaker", True), (FEW_LINES, "wespeaker", False), (MANY_LINES, "another", False)],
)
def test_the_share_of_strangers_counts_in_long_series_of_a_known_embedder(
    lines: int, embedder: str, changed: bool
) -> None:
    weights = Weights({"plain": (FLAT,), "plain/wespeaker": (FLAT,)}, strangers={"plain/wespeaker": 0.14})
    belief = np.tile(np.array([0.6, 0.39, 0.01], np.float16), (lines, 1))
    start = np.arange(float(lines))
    some = SeriesLines(np.ones((lines, 2), np.float32), start, start + 1, np.zeros(lines, np.int32))
    shift = weights.shift(False, embedder, belief, some, True)
    assert (shift[-1] < -1) == changed
    assert not weights.shift(False, embedder, belief, some, False).any(), "the last round alone"


def series(strangers: int) -> tuple[SeriesLines, ReferenceVoices]:
    """Return 1,500 lines of two people and of so many strangers who each say two, and a clip of either person."""
    rng, size = np.random.default_rng(3), 192
    voices = rng.normal(size=(2 + strangers, size))
    who = np.concatenate([np.arange(1500 - 2 * strangers) % 2, np.repeat(np.arange(2, 2 + strangers), 2)])
    rng.shuffle(who)
    start = np.tile(np.arange(250) * 3.0, 6)
    rows = voices[who] + rng.normal(size=(1500, size)) * 1.3
    episode = np.repeat(np.arange(6), 250).astype(np.int32)
    clips = ReferenceVoices(voices[:2].astype(np.float32), np.arange(2, dtype=np.int32), np.full(2, 3, np.float32))
    return SeriesLines(rows.astype(np.float32), start, start + 2, episode), clips


@pytest.mark.parametrize("strangers", [0, 20, 200])
def test_a_series_without_strangers_believes_in_fewer_than_its_weights_alone(strangers: int) -> None:
    lines, clips = series(strangers)
    shipped = shipped_weights()
    plain = Weights(shipped.sets, shipped.kin, shipped.surer)
    with_share, alone = (
        name_lines(lines, CAST, NamingOptions(embedder="wespeaker", weights=w), clips) for w in (shipped, plain)
    )
    share, before = (float(n.belief[:, -1].mean(dtype=np.float64)) for n in (with_share, alone))
    assert (share <= before + 1e-4) if before < 0.13 else (share >= before - 1e-3) if before > 0.15 else True
    odds = np.log(with_share.probability / np.maximum(with_share.runner_up_probability, 1e-30))
    near = np.abs(odds) < 12
    assert np.allclose(with_share.ledger.sum(1)[near], odds[near], atol=2e-2), "the ledger holds the share"


@pytest.mark.parametrize("seconds", [0.3, 2.0, 4.0])
def test_many_seeds_of_one_day_are_worth_less_than_those_of_many(seconds: float) -> None:
    one = np.full((1, 1), seconds, np.float32)
    assert of_one_day(one)[0] == pytest.approx(seconds), "a single seed counts in full"
    worth = [float(of_one_day(np.repeat(one, n, axis=0))[0]) for n in (1, 2, 5, 100)]
    assert worth == sorted(worth)
    assert worth[-1] < seconds + DAY_SECONDS
    assert of_one_day(np.zeros((0, 2), np.float32)).tolist() == [0, 0]


def test_seeds_of_several_episodes_reach_further_towards_a_voice() -> None:
    rng = np.random.default_rng(0)
    start = np.tile(np.arange(20) * 3.0, 3)
    lines = SeriesLines(
        rng.normal(size=(60, 32)).astype(np.float32), start, start + 2, np.repeat(np.arange(3), 20).astype(np.int32)
    )
    seeds = np.full(60, NO_SEED, np.int32)
    seeds[[0, 1, 2, 3, 4, 5]] = 0
    seeds[[6, 7, 26, 27, 46, 47]] = 1
    run, _ = prepare(lines.with_seeds(seeds), CAST, NamingOptions(), ReferenceVoices())
    one_day, three_days = run.evidence().anchors.reach
    assert one_day < three_days < 1
