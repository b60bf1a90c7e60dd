"""Which file holds which episode: two in one file, two copies of one, openings, dubs, speeds that nobody has."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.audio.prints import Piece, PrintAlignment, PrintIndex, align, print_of
from audiorole.dataset.pack.locating import Locations, _apart, _refusal, _take, refused_sentences
from audiorole.dataset.pack.records import Located
from tests.audio.prints.test_prints import RATE, levels, programme


def located(episode, media="a.mkv", offset=0.0, seconds=600.0, of=600.0, heard=0.95):
    pieces = (Piece(0.0, seconds, offset, 1.0),)
    return Located(episode, media, 1, PrintAlignment(pieces, heard, of), (heard, heard, None))


def test_two_episodes_in_one_file_are_both_found():
    first, second = programme(21, 60.0), programme(22, 60.0)
    index = PrintIndex({"one": print_of(levels(first)), "two": print_of(levels(second))})
    whole = levels(np.concatenate([first, second]))
    sightings = index.find_all(whole)
    assert {one.name for one in sightings} == {"one", "two"}
    places = {
        one.name: align(print_of(levels({"one": first, "two": second}[one.name])), whole, one) for one in sightings
    }
    assert places["two"].place(10.0, 12.0)[0] == pytest.approx(70.0, abs=0.02)
    both = [Located(name, "a.mkv", 1, where, ()) for name, where in places.items()]
    assert len(_apart(both)) == 2
    assert len(first) == 60 * RATE


def test_the_same_minutes_are_one_episode():
    best, other = located("show/e1"), located("show/e2", seconds=90.0)
    assert _apart([best, other]) == [best]
    assert _apart([best, located("show/e2", offset=600.0)])[1].episode == "show/e2"


@pytest.mark.parametrize(
    ("found", "duration", "said"),
    [
        (located("show/e1"), 600.0, ""),
        (located("show/e1", seconds=160.0), 600.0, ""),
        (located("show/e1", seconds=100.0), 120.0, ""),
        (located("show/e1", seconds=90.0), 600.0, "is another episode: 15.0% of show/e1 sounds in it"),
        (located("show/e1", heard=0.62), 600.0, "has other voices than show/e1: its lines agree to 62%"),
    ],
)
def test_what_is_refused_says_why(found, duration, said):
    assert _refusal(found, duration).startswith(said) if said else _refusal(found, duration) == ""


def test_the_better_of_two_copies_is_taken_and_the_other_named():
    for order in ((0, 1), (1, 0)):
        result = Locations(missing=["show/e9"])
        copies = [located("show/e1", "whole.mkv"), located("show/e1", "half.mkv", seconds=300.0)]
        for place in order:
            _take(copies[place], result)
        assert result.found["show/e1"].media == "whole.mkv"
        assert list(refused_sentences(result)) == [
            "not used: half.mkv is another copy of show/e1; whole.mkv has more of it",
            "missing: no file holds show/e9",
        ]
