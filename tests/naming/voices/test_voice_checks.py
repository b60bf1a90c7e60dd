"""Lines of a voice that somebody should hear: those that stand for the most others, in every part of it."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming.answers.decisions import decide, replay
from audiorole.naming.answers.voice_checks import MOST_LINES, Heard, VoiceSounds, heard_of
from audiorole.naming.lines import SeriesLines
from tests.naming.voices.test_clusters import voices

PEOPLE = 6


@pytest.fixture(scope="module")
def series() -> tuple[SeriesLines, np.ndarray]:
    """Lines of six people, and who says each."""
    return voices(PEOPLE)


def rows_of(truth: np.ndarray, *people: int) -> list[int]:
    return np.flatnonzero(np.isin(truth, people)).tolist()


@pytest.mark.parametrize("mixed", [(0, 1), (2, 3, 4), (0, 2, 4, 5)])
def test_everybody_in_a_mixed_voice_is_heard(series, mixed):
    lines, truth = series
    sounds = VoiceSounds(lines)
    found = sounds.lines_to_hear(rows_of(truth, *mixed), 5)
    assert len(set(found)) == 5
    assert {int(truth[row]) for row in found} == set(mixed)


@pytest.mark.parametrize("few", [1, 2, 4])
def test_a_few_lines_of_another_are_heard_among_many(series, few):
    lines, truth = series
    rows = sorted([*rows_of(truth, 0), *rows_of(truth, 1)[:few]])
    sounds = VoiceSounds(lines)
    heard = sounds.lines_to_hear(rows, 2)
    more = sounds.lines_to_hear(rows, 3, Heard(heard))
    assert not set(heard) & set(more)
    assert 1 in truth[[*heard, *more]]


def test_doubt_falls_with_what_is_heard_and_is_nothing_of_what_was(series):
    lines, truth = series
    rows = rows_of(truth, 0)
    sounds = VoiceSounds(lines)
    doubt = [sounds.doubt(rows[10:], Heard(rows[:count])).mean() for count in (0, 1, 3, 10)]
    assert doubt[0] == pytest.approx(1.0, abs=1e-3)
    assert doubt == sorted(doubt, reverse=True)
    assert doubt[-1] < 0.1
    assert sounds.doubt(rows, Heard(rows)).max() == 0.0
    assert sounds.doubt(rows_of(truth, 1), Heard(rows)).mean() > 0.5


@pytest.mark.parametrize("known", [1, 3, 10])
def test_what_sounds_like_somebody_else_is_in_doubt_and_is_heard_first(series, known):
    lines, truth = series
    own, other = rows_of(truth, 0), rows_of(truth, 1)
    sounds, told, denied = VoiceSounds(lines), own[:known], other[:known]
    rows = sorted([*own[known:], *other[known:]])
    doubt = sounds.doubt(rows, Heard(told, denied, denied))
    strange = truth[rows] == 1
    assert doubt[strange].mean() > 0.8
    assert doubt[~strange].mean() < 0.2
    assert truth[sounds.lines_to_hear(rows, 1, Heard(told, denied, denied))[0]] == 1


def test_a_voice_of_thousands_of_lines_is_looked_at_in_part_and_each_line_is_doubted(series):
    lines, truth = series
    rows = rows_of(truth, 0) * (2 + MOST_LINES // len(rows_of(truth, 0)))
    sounds = VoiceSounds(lines)
    assert len(sounds.lines_to_hear(rows, 5)) == 5
    assert sounds.doubt(rows * 10, Heard(rows[:3])).shape == (10 * len(rows),)


def test_a_voice_whose_doubtful_lines_were_its_own_is_doubted_less(series):
    lines, truth = series
    rows, strange = rows_of(truth, 0), rows_of(truth, 2)
    sounds = VoiceSounds(lines)
    own = [*rows[:2], *strange[:6]]  # one person with two voices: the second sounded like somebody else's
    before = sounds.doubt(strange[10:], Heard(rows[:2]))
    once = sounds.doubt(rows_of(truth, 4), Heard(own))
    assert before.mean() > 0.5
    assert sounds.doubt(strange[10:], Heard(own)).mean() < 0.2
    assert once.mean() <= sounds.doubt(rows_of(truth, 4), Heard(rows[:2])).mean()
    denied = Heard(rows[:2], strange[:6], strange[:6])
    assert sounds.doubt(strange[10:], denied).mean() > 0.8, "they were somebody else's"


def test_heard_left_behind_split_off_and_named_lines_are_heard_as_whose_they_were_said_to_be():
    ids = [f"show/s01e01/u{n:05d}" for n in range(1, 8)]
    place = {line: row for row, line in enumerate(ids)}
    log = [
        decide("split_voice", "voice_01", "voice_01b", [ids[3]], at="1", kept=[ids[1]]),
        decide("name_voice", "voice_01", "Anna", [ids[0]], at="2"),
        decide("name_voice", "voice_02", "Ben", [ids[4]], at="3"),
        decide("label_line", ids[2], "Anna", at="4"),
        decide("label_line", ids[5], "Cora", at="5"),
    ]
    assert heard_of("Anna", place, replay(log)) == Heard([0, 1, 2], [3, 4, 5], [3])
    assert heard_of("Ben", place, replay(log)) == Heard([4], [0, 1, 2, 3, 5], [])
    named = [*log, decide("name_voice", "voice_01b", "Ben", at="6")]
    assert heard_of("Ben", place, replay(named)) == Heard([3, 4], [0, 1, 2, 5], [])
    assert heard_of("Anna", place, replay(named)).left == [3]
    renamed = [*log, decide("rename", "Anna", "Annika", at="6")]
    assert heard_of("Annika", place, replay(renamed)) == Heard([0, 1, 2], [3, 4, 5], [3])


@pytest.mark.parametrize("again", [False, True])
def test_what_was_said_of_a_line_last_is_what_counts(again):
    """A line leaves a voice, its new voice is split once more without it being ticked, and it is heard there."""
    place = {"show/s01e01/u00001": 0, "show/s01e01/u00002": 1}
    line, other = place
    log = [
        decide("name_voice", "voice_01", "Anna", [line], at="1"),
        decide("split_voice", "voice_01", "voice_01b", [line], at="2"),
        decide("name_voice", "voice_01b", "Ben", at="3"),
        decide("split_voice", "voice_01b", "voice_01bb", [other], at="4"),
        decide("name_voice", "voice_01bb", "Cora", [line], at="5"),
    ]
    state = replay(log if again else log[:3])
    assert heard_of("Cora", place, state).own == ([0, 1] if again else [])
    assert heard_of("Ben", place, state).own == ([] if again else [0])
    assert 0 in heard_of("Anna", place, state).others
