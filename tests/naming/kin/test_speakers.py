"""Lines joined to the speakers of an episode, and what is asked of all lines of a speaker at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiorole.core.vectors import unit
from audiorole.naming import SeriesLines
from audiorole.naming.block import Block
from audiorole.naming.cues.pooled import seen_around
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.kin.links import NUM_FEATURES, NUM_PAIR_FEATURES, Links
from audiorole.naming.kin.speakers import LEVELS, MOST_ODDS, Speakers, joined, pair_odds


def by_voice() -> KinWeights:
    """Return weights that go by the cosine alone: even odds at .5."""
    hidden = np.zeros((NUM_FEATURES, 1), np.float32)
    hidden[0] = 1.0
    pairs = np.zeros(NUM_PAIR_FEATURES, np.float32)
    pairs[0], pairs[-1] = 10.0, -5.0
    return KinWeights(hidden, np.zeros(1, np.float32), np.full(1, 10.0, np.float32), -5.0, pairs)


def episode(voices: list[int]) -> tuple[Block, Links]:
    """Return lines of 1.5 s, every 2 s, with these voices; three candidates."""
    rng = np.random.default_rng(0)
    n = len(voices)
    rows = (np.eye(12, dtype=np.float32)[voices] + 0.03 * rng.normal(size=(n, 12))).astype(np.float32)
    start = np.arange(n) * 2.0
    lines = SeriesLines(rows, start, start + 1.5, np.zeros(n, np.int32))
    block = Block.of(lines, slice(0, n), unit(rows), np.zeros((n, 4), np.float32))
    return block, Links.of(block, lines, None)


def test_lines_of_a_voice_are_one_speaker_near_and_far() -> None:
    voices = [i % 3 for i in range(60)]
    block, links = episode(voices)
    for labels in joined(block, links, by_voice()):
        assert len(np.unique(labels)) == 3
        assert len({(int(label), voice) for label, voice in zip(labels, voices, strict=True)}) == 3


def test_odds_are_those_of_the_network_where_lines_are_linked_and_of_the_voices_elsewhere() -> None:
    block, links = episode([0, 1] * 30)
    odds = pair_odds(block, links, replace(by_voice(), offset=2.0))
    assert np.array_equal(odds, odds.T)
    assert np.abs(odds).max() <= MOST_ODDS
    assert odds[0, 1] > 1.5, "neighbours are linked: the network's offset counts"
    assert odds[0, 41] < -4.0, "far apart and unlike: voices and time alone"


def test_one_line_and_no_line_are_joined_too() -> None:
    assert [labels.tolist() for labels in joined(*episode([0]), by_voice())] == [[0]] * len(LEVELS)
    block, links = episode([0, 1])
    assert all(len(set(labels.tolist())) == 2 for labels in joined(block, links, by_voice()))


def test_what_is_asked_of_a_speaker_is_the_same_for_all_of_their_lines() -> None:
    block, links = episode([0, 1] * 20)
    belief = np.zeros((40, 4), np.float32)
    belief[::2, 0] = belief[1::2, 1] = 0.9
    belief[4] = [0.1, 0.8, 0.1, 0]
    block = replace(block, belief=belief)
    for one in Speakers.all_levels(block, joined(block, links, by_voice())):
        voice, seconds = one.voices()
        assert voice.shape == (2, 12)
        assert np.allclose(unit(voice)[one.of] @ unit(voice).T, np.eye(2)[one.of], atol=0.05)
        assert np.all(seconds > 2)
        told, first = dict(one.belief_planes()), dict(one.first_planes(belief))
        assert np.array_equal(told[f"near.{one.name}"].argmax(1), np.arange(40) % 2), "line 4 is outvoted"
        plane = first[f"near.{one.name}_first"]
        assert np.array_equal(plane[::2], np.broadcast_to(plane[0], plane[::2].shape))


def test_a_face_that_comes_and_goes_with_a_speaker_is_lifted_above_one_that_stays() -> None:
    block, links = episode([0, 1] * 20)
    shown = np.zeros((40, 4), np.float32)
    shown[::2, 0] = shown[:, 2] = 1
    seen = {f"face.{name}": shown for name in ("shown", "alone", "start", "start_alone")}
    one = Speakers.all_levels(block, joined(block, links, by_voice()))[0]
    planes = dict(one.face_planes(seen, seen_around(block, shown)))
    lift = planes[f"face.{one.name}_lift"]
    assert np.all(lift[::2, 0] > 0.3)
    assert np.all(lift[1::2, 0] < -0.3)
    assert np.all(np.abs(lift[:, 2]) < 0.1)
    assert np.allclose(planes[f"face.{one.name}_shown"][::2, 0], 20 / 21)
