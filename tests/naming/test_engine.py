"""The engine on a made-up series whose voices, scenes and guests are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.errors import ConfigError
from audiorole.naming import (
    NO_SEED,
    SOMEONE_ELSE,
    FaceColumns,
    NamingOptions,
    ReferenceVoices,
    SeriesLines,
    name_lines,
)
from audiorole.naming.engine import prepare
from audiorole.naming.model import shipped_weights
from audiorole.naming.tables import read_once
from audiorole.types import Cast, Character

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana")


def series(
    seed: int = 0, episodes: int = 3, per_episode: int = 90, dimension: int = 96
) -> tuple[SeriesLines, np.ndarray]:
    """Return lines of eight characters and one guest per episode, three people to a scene, and the truth."""
    rng = np.random.default_rng(seed)
    voices = rng.normal(size=(len(NAMES) + episodes, dimension))
    truth, rows, start, episode = [], [], [], []
    for e in range(episodes):
        for i in range(per_episode):
            pair = np.random.default_rng(seed + 97 * e + i // 10).choice(len(NAMES) + 1, 3, replace=False)
            who = int(pair[rng.integers(3)])
            truth.append(who if who < len(NAMES) else -1)
            rows.append(voices[who if who < len(NAMES) else len(NAMES) + e] + rng.normal(size=dimension) * 0.7)
            start.append(i * 3.0)
            episode.append(e)
    begin = np.array(start)
    seeds = np.full(len(truth), NO_SEED, np.int32)
    for k in range(len(NAMES)):
        seeds[np.flatnonzero(np.array(truth) == k)[:3]] = k
    lines = SeriesLines(
        np.array(rows, np.float32), begin, begin + 2.0, np.array(episode, np.int32), ["hello"] * len(truth), seeds
    )
    return lines, np.array(truth)


CAST = Cast(character=tuple(Character(name=n) for n in NAMES))


def test_names_a_clean_series_and_its_guests() -> None:
    lines, truth = series()
    named = name_lines(lines, CAST)
    assert np.mean(named.character == truth) > 0.95
    assert np.mean(named.character[truth == -1] == -1) > 0.8


def test_probabilities_are_a_distribution() -> None:
    lines, _ = series()
    named = name_lines(lines, CAST)
    assert np.all((named.probability >= named.runner_up_probability) & (named.probability <= 1 + 1e-6))
    assert np.allclose(named.belief.astype(float).sum(1), 1, atol=5e-3)
    assert np.all(named.character != named.runner_up)


def test_the_ledger_adds_up_to_the_log_odds() -> None:
    lines, _ = series()
    named = name_lines(lines, CAST)
    free = lines.seeds == NO_SEED
    odds = np.log(named.probability[free] / np.maximum(named.runner_up_probability[free], 1e-30))
    near = np.abs(odds) < 12
    assert np.allclose(named.ledger[free].sum(1)[near], odds[near], atol=1e-2)


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(len(NAMES))))
def test_the_order_of_the_cast_changes_nothing(order: list[int]) -> None:
    lines, _ = series()
    shuffled = Cast(character=tuple(CAST.character[i] for i in order))
    place = np.append(np.argsort(order), -1).astype(np.int32)
    moved = lines.with_seeds(np.where(lines.seeds >= 0, place[lines.seeds], lines.seeds).astype(np.int32))
    plain, other = name_lines(lines, CAST), name_lines(moved, shuffled)
    assert np.array_equal(place[plain.character], other.character)
    assert plain.probability.tobytes() == other.probability.tobytes()
    assert plain.ledger.tobytes() == other.ledger.tobytes()
    assert np.array_equal(plain.belief[:, [*order, len(NAMES)]], other.belief)


def with_faces(lines: SeriesLines, truth: np.ndarray, names: tuple[str, ...]) -> SeriesLines:
    """Return the lines with one or two faces each, the speaker's mostly; guests' faces are clusters."""
    rng = np.random.default_rng(1)
    owner = np.where(
        rng.random(len(truth)) < 0.8, np.where(truth >= 0, truth, len(names)), rng.integers(0, 8, len(truth))
    )
    other = rng.integers(0, len(names) + 1, len(truth))
    two = (rng.random(len(truth)) < 0.5) & (other != owner)
    count = 1 + two
    name = np.concatenate([[a, b] if pair else [a] for a, b, pair in zip(owner, other, two, strict=True)])
    at_start = np.concatenate([[True, False] if pair else [True] for pair in two])
    faces = FaceColumns(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64), name.astype(np.int32),
        np.full(len(name), 0.9, np.float32), np.full(len(name), 0.05, np.float32), np.ones(len(name), np.int32),
        (*names, "0001_id3"), at_start, ~at_start,
    )  # fmt: skip
    return replace(lines, faces=faces)


@settings(max_examples=4, deadline=None)
@given(st.permutations(range(len(NAMES))))
def test_what_characters_are_called_changes_nothing(order: list[int]) -> None:
    """The engine works on candidates by name: other names are another order for every plane, faces and kin included."""
    lines, truth = series()
    called = tuple(NAMES[i] for i in order)
    options = NamingOptions()
    assert options.weights is None, "the shipped weights"
    plain = name_lines(with_faces(lines, truth, NAMES), CAST, options)
    other = name_lines(
        with_faces(lines, truth, called), Cast(character=tuple(Character(name=n) for n in called)), options
    )
    clear = plain.probability - plain.runner_up_probability > 0.05
    assert np.array_equal(plain.character[clear], other.character[clear])
    assert np.allclose(plain.probability, other.probability, atol=0.02)
    assert np.mean(plain.character == truth) > 0.95


@settings(max_examples=10, deadline=None)
@given(line=st.integers(0, 269), name=st.sampled_from([0, 1, 2, 3, SOMEONE_ELSE]))
def test_a_certain_line_keeps_its_name(line: int, name: int) -> None:
    lines, _ = series()
    seeds = lines.seeds.copy()
    seeds[line] = name
    named = name_lines(lines.with_seeds(seeds), CAST)
    assert named.character[line] == (name if name >= 0 else -1)
    assert named.probability[line] == 1.0


def test_an_unreliable_seed_can_be_overruled() -> None:
    lines, truth = series()
    seeds, sure = lines.seeds.copy(), np.ones(len(lines), np.float32)
    wrong = int(np.flatnonzero((truth == 0) & (seeds == NO_SEED))[5])
    seeds[wrong], sure[wrong] = 1, 0.6
    assert name_lines(lines.with_seeds(seeds, sure), CAST).character[wrong] == 0


def test_reference_clips_alone_name_the_series() -> None:
    lines, truth = series()
    first = [int(np.flatnonzero(truth == k)[0]) for k in range(len(NAMES))]
    clips = ReferenceVoices(lines.embedding[first], np.arange(8, dtype=np.int32), np.full(8, 4.0, np.float32))
    named = name_lines(replace(lines, seed=None), CAST, references=clips)
    assert np.mean((named.character == truth)[truth >= 0]) > 0.8


def test_lines_without_voice_or_text_are_still_named() -> None:
    lines, _ = series()
    rows = lines.embedding.copy()
    rows[10] = 0
    named = name_lines(replace(lines, embedding=rows, text=()), CAST)
    assert np.isfinite(named.probability).all()


def test_a_seed_outside_the_cast_is_refused() -> None:
    lines, _ = series()
    seeds = lines.seeds.copy()
    seeds[0] = 9
    with pytest.raises(ConfigError, match="cast of 8"):
        name_lines(lines.with_seeds(seeds), CAST)


def test_a_cast_of_whom_nobody_is_heard_is_refused() -> None:
    lines, _ = series()
    with pytest.raises(ConfigError, match="Nobody of the cast is heard"):
        name_lines(replace(lines, seed=None), CAST, NamingOptions())


def test_an_empty_cast_is_refused() -> None:
    lines, _ = series()
    with pytest.raises(ConfigError, match="cast is empty"):
        name_lines(replace(lines, seed=None), Cast(character=()))


def test_unsorted_lines_are_refused() -> None:
    with pytest.raises(ConfigError, match="sorted"):
        SeriesLines(np.zeros((2, 4), np.float32), np.array([5.0, 1.0]), np.array([6.0, 2.0]), np.zeros(2, np.int32))


def test_a_dozen_named_lines_keep_their_names() -> None:
    speaker = np.array([0, 1, 0, 2, 1, 2] * 2, np.int32)
    voice = np.array([[1, 0.1, 0.05], [0.1, 1, 0.05], [0.05, 0.05, 1]], np.float32)[speaker]
    start = np.arange(6) * 1.7
    series = SeriesLines(
        voice, np.tile(start, 2), np.tile(start + 1, 2), np.repeat([0, 1], 6).astype(np.int32),
        seed=speaker, seed_reliability=np.full(12, 0.97, np.float32),
    )  # fmt: skip
    named = name_lines(series, Cast(character=tuple(Character(name=name) for name in ("Ann", "Bob", "Cleo"))))
    assert named.character.tolist() == speaker.tolist()


@pytest.mark.parametrize("embedder", ["", "wespeaker"])
@pytest.mark.parametrize(("count", "guests"), [(15, 0), (40, 0), (40, 12)])
def test_one_short_clip_each_names_a_minute(count: int, guests: int, embedder: str) -> None:
    rng = np.random.default_rng(count + guests)
    voices = rng.normal(size=(9, 256))
    who = rng.permutation([*(np.arange(count - guests) % 5), *(5 + np.arange(guests) % 4)])
    rows = voices[who] + rng.normal(size=(count, 256)) * 0.9
    start = np.arange(count) * 4.0
    lines = SeriesLines(rows.astype(np.float32), start, start + 2.0, np.zeros(count, np.int32))
    clips = (voices[:5] + rng.normal(size=(5, 256)) * 0.9).astype(np.float32)
    references = ReferenceVoices(clips, np.arange(5, dtype=np.int32), np.full(5, 2.0, np.float32))
    cast = Cast(character=tuple(Character(name=n) for n in NAMES[:5]))
    named = name_lines(lines, cast, NamingOptions(embedder=embedder), references)
    assert np.mean(named.character == np.where(who < 5, who, -1)) >= 0.85


@pytest.mark.parametrize("known", [CAST.character, CAST.character[:3]])
def test_lines_that_were_read_once_are_named_alike_with_any_seeds(known: tuple[Character, ...]) -> None:
    """Where a candidate's name was not looked for, the text is read anew."""
    lines, _ = series()
    texts = [f"{NAMES[row % 8]}, word{row % 5} come" if row % 3 else "hello" for row in range(len(lines))]
    lines = replace(lines, text=texts)
    fewer = np.where(np.arange(len(lines)) % 2, lines.seeds, NO_SEED)
    for seeds in (lines.seeds, fewer):
        again = name_lines(lines.with_seeds(seeds), CAST)
        once = name_lines(read_once(lines, known).with_seeds(seeds), CAST)
        assert np.array_equal(again.ledger, once.ledger)
        assert np.array_equal(again.belief, once.belief)


def test_later_rounds_write_over_their_own_beliefs_alone() -> None:
    run, _ = prepare(series()[0], CAST, NamingOptions(), ReferenceVoices())
    rounds, beliefs = shipped_weights().sets["plain"], []
    for number, one in enumerate(rounds):
        run.belief = run.round(one, first=number == 0)
        beliefs.append(run.belief)
        if number == 0:
            first = run.belief.copy()
    assert np.array_equal(run.tables.first, first)
    assert not np.array_equal(run.belief, first)
    assert len({id(belief) for belief in beliefs}) == 2
