"""How fast is talked, and what is sung."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiorole.naming import NO_SEED, SeriesLines, name_lines
from audiorole.naming.cues.pace import Pace, refrains
from audiorole.naming.cues.wording import Wording
from audiorole.naming.engine import GROUPS
from tests.naming.test_engine import CAST
from tests.naming.test_engine import series as named_series

VERSE = ("the river takes my heart away", "and never brings it back to me", "so slowly slowly rolls the sea")
TALK = "did you see what they put on the door of the old house yesterday evening"


def series(episodes: int, verse_seconds: float) -> SeriesLines:
    """Return episodes in which ten different lines are said, the verse is heard, and ten more are said."""
    text, episode, start, end = [], [], [], []
    for number in range(episodes):
        talk = [f"{TALK} {number} {i}" for i in range(20)]
        clock = 0.0
        for line in (*talk[:10], *VERSE, *talk[10:]):
            text.append(line)
            episode.append(number + 1)
            start.append(clock)
            clock += verse_seconds if line in VERSE else 3.0
            end.append(clock)
    n = len(text)
    return SeriesLines(
        embedding=np.eye(n, 8, dtype=np.float32) + 1, start=np.array(start), end=np.array(end),
        episode=np.array(episode, np.int32), text=text,
    )  # fmt: skip


def pace_of(lines: SeriesLines) -> tuple[Pace, np.ndarray]:
    """Return the pace, and which lines are of the verse."""
    return Pace.of(lines, Wording.read(lines.text, [])), np.isin(lines.text, VERSE)


@pytest.mark.parametrize(("episodes", "found"), [(2, False), (3, True), (5, True)])
def test_a_verse_comes_again_in_several_episodes(episodes: int, found: bool) -> None:
    lines = series(episodes, 6.0)
    verse = np.isin(lines.text, VERSE)
    again = refrains(Wording.read(lines.text, []), lines.episode)
    assert not again[~verse].any()
    assert again[verse].all() == found


def test_a_song_is_slow() -> None:
    pace, verse = pace_of(series(4, 6.0))
    assert np.all(pace.sung[verse] > 0.9)
    assert np.all(pace.sung[~verse] == 0)
    assert pace.around[verse].min() > 0.3 > abs(np.median(pace.around[~verse]))


def test_long_episodes_do_not_reach_into_one_another() -> None:
    lines = series(3, 6.0)
    late = replace(
        lines, start=lines.start + 20000.0 * (lines.episode == 1), end=lines.end + 20000.0 * (lines.episode == 1)
    )
    assert np.array_equal(Pace.of(late, Wording.read(late.text, [])).around, pace_of(lines)[0].around)


def test_what_is_sung_is_nobody_s() -> None:
    lines, _ = named_series()
    text = [f"said only once {i}" for i in range(len(lines))]
    spoken = name_lines(replace(lines, text=text), CAST)
    verse = np.flatnonzero((np.arange(len(lines)) % 90 >= 40) & (np.arange(len(lines)) % 90 < 43))
    for row in verse:
        text[row] = VERSE[row % 90 - 40]
    end = lines.end.copy()
    end[verse] += 4.0
    sung = name_lines(replace(lines, text=text, end=end), CAST)
    free = verse[lines.seeds[verse] == NO_SEED]
    assert sung.belief[free, -1].mean() > spoken.belief[free, -1].mean() + 0.1
    assert np.all(sung.ledger[free, GROUPS.index("text")] != 0)


def test_an_opening_that_is_spoken_is_no_song() -> None:
    lines = series(4, 1.2)
    pace, verse = pace_of(lines)
    assert refrains(Wording.read(lines.text, []), lines.episode)[verse].all()
    assert np.all(pace.sung[verse] < 0.1)


def test_a_line_that_is_said_often_is_no_refrain() -> None:
    text = [f"well well {i}" if i % 2 else "what do you mean by that" for i in range(30)]
    assert not refrains(Wording.read(text, []), np.repeat([1, 2, 3], 10)).any()


def test_a_series_without_words_has_no_pace() -> None:
    lines = series(3, 6.0)
    pace = Pace.of(lines, Wording.read([""] * len(lines), []))
    assert not pace.slow.any()
    assert not pace.sung.any()


def test_no_lines_at_all() -> None:
    pace = Pace.of(series(0, 1.0), Wording.read([], []))
    assert len(pace.slow) == len(pace.around) == len(pace.sung) == 0
