"""Lines of one speaker: what links two lines, the chance that they are kin, and what kin say."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from audiorole.core.vectors import unit
from audiorole.naming import FaceColumns, SeriesLines
from audiorole.naming.block import Block
from audiorole.naming.kin.linked import Kin, KinWeights
from audiorole.naming.kin.links import NUM_FEATURES, REACH, TWINS, Links
from audiorole.naming.model import shipped_weights


def series(n: int = 30) -> SeriesLines:
    """Return lines of two voices in turn, 2 s each; faces of line 0 and 3 are the same, line 1 shows another."""
    rng = np.random.default_rng(0)
    voices = rng.normal(size=(2, 12))
    start = np.arange(n) * 2.0
    rows = (voices[np.arange(n) % 2] + 0.1 * rng.normal(size=(n, 12))).astype(np.float32)
    return SeriesLines(rows, start, start + 1.5, np.zeros(n, np.int32))


def block(lines: SeriesLines) -> Block:
    belief = np.zeros((len(lines), 3), np.float32)
    return Block.of(lines, slice(0, len(lines)), unit(lines.embedding), belief)


def column(links: Links, number: int, line: int, other: int) -> float:
    place = int(np.flatnonzero((links.index[line] == other) & (links.feature[line, :, -1] > 0))[0])
    return float(links.feature[line, place, number])


def test_a_line_is_read_with_those_around_and_those_that_sound_alike() -> None:
    links = Links.of(block(series()), series(), None)
    assert links.feature.shape == (30, 2 * REACH + TWINS, NUM_FEATURES)
    filled = links.feature[..., -1] > 0
    assert set(links.index[0][filled[0]]) >= set(range(1, REACH + 1))
    twins = links.index[0][filled[0]]
    assert {int(i) for i in twins if i > REACH} <= set(range(REACH + 2, 30, 2)), "only the same voice from afar"
    assert not links.feature[~filled].any()


def test_two_lines_of_an_episode_have_no_twins_to_fill_the_places() -> None:
    links = Links.of(block(series(2)), series(2), None)
    assert (links.feature[..., -1] > 0).sum() == 2


def test_pauses_and_words_count_between_neighbours_only() -> None:
    lines = replace(series(), text=["what?"] * 30)
    links = Links.of(block(lines), lines, np.full(30, 2.0, np.float32))
    assert column(links, 15, 3, 4) == column(links, 16, 3, 4) == 1.0
    assert column(links, 15, 3, 5) == column(links, 16, 3, 5) == 0.0


def test_lines_that_show_the_same_face_are_linked_by_it() -> None:
    seen = FaceColumns(
        np.concatenate([[0, 1, 2, 2, 3], np.full(26, 3)]), np.array([0, 1, 0], np.int32), np.ones(3, np.float32),
        np.full(3, 0.1, np.float32), np.ones(3, np.int32), ("Ann", "Bob"),
    )  # fmt: skip
    lines = replace(series(), faces=seen)
    links = Links.of(block(lines), lines, None)
    assert column(links, 18, 0, 3) == 1.0
    assert column(links, 18, 0, 1) == 0.0
    assert (column(links, 20, 0, 1), column(links, 20, 0, 2)) == (1.0, 0.0)


def test_kin_speak_for_each_other_and_neighbours_of_another_voice_against() -> None:
    lines = series()
    one = block(lines)
    belief = np.zeros((30, 3), np.float32)
    belief[::2, 0] = belief[1::2, 1] = 1
    one = replace(one, belief=belief)
    links = Links.of(one, lines, None)
    one_speaker = links.index % 2 == np.arange(30)[:, None] % 2
    kin = Kin(one, links.index, np.where(one_speaker, 1.0, -1.0) * (links.feature[..., -1] > 0))
    planes = dict(kin.belief_planes())
    assert np.all(planes["near.kin"].argmax(1) == np.arange(30) % 2)
    assert np.all(planes["near.strangers"].argmax(1) == (np.arange(30) + 1) % 2)
    voice, seconds = kin.voice()
    assert np.all(unit(voice) @ unit(voice[:1])[0] > 0.95, where=np.arange(30) % 2 == 0)
    assert np.all(seconds > 0)


def test_the_shipped_chance_rises_with_likeness_and_the_weights_survive_writing() -> None:
    for weights in itertools.chain.from_iterable(shipped_weights().kin.values()):
        feature = np.zeros((2, NUM_FEATURES), np.float32)
        feature[:, 2:4] = feature[:, -1] = 1.0
        feature[1, 0], feature[1, 1] = 0.8, 0.8
        low, high = weights.chance(feature)
        assert low < 0.5 < high
        again = KinWeights.of({name: values.tolist() for name, values in weights.columns().items()})
        assert np.array_equal(again.chance(feature), weights.chance(feature))
