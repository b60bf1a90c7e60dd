"""Sealed texts: the right words open them, and are found in subtitles that are cut otherwise."""

from __future__ import annotations

import pytest

from audiorole.dataset.pack.records import Sealing
from audiorole.dataset.pack.texts import OwnText, opens, seal
from audiorole.types import Utterance

QUICK = Sealing("salt", n=2)


def cue(start: float, end: float, text: str) -> Utterance:
    return Utterance("show/s01e01/u00001", start, end, text)


def test_a_seal_opens_to_its_words_and_says_whether_the_signs_are_the_same():
    sealed = seal("Well, I never!", "a/b/u1", QUICK)
    assert sealed.words == 3
    assert opens("Well, I never!", "a/b/u1", sealed, QUICK) == "exact"
    assert opens("well I NEVER…", "a/b/u1", sealed, QUICK) == "same_words"
    assert opens("Well, I ever!", "a/b/u1", sealed, QUICK) == ""
    assert opens("Well, I never did!", "a/b/u1", sealed, QUICK) == ""


def test_a_guess_holds_for_one_line_of_one_pack():
    sealed = seal("Yes.", "a/b/u1", QUICK)
    assert sealed.digest != seal("Yes.", "a/b/u2", QUICK).digest
    assert opens("Yes.", "a/b/u2", sealed, QUICK) == ""
    assert opens("Yes.", "a/b/u1", sealed, Sealing("other salt", n=2)) == ""


CUES = [
    cue(10.0, 12.0, "Where were you – at the harbour?"),
    cue(12.1, 14.0, "No. I was at home, all night."),
    cue(14.2, 15.0, "All night?"),
    cue(30.0, 31.0, "All night?"),
]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Where were you – at the harbour?", 10.1, 11.8),
        ("No.", 12.1, 12.5),
        ("I was at home, all night.", 12.6, 14.0),
        ("Where were you – at the harbour? No.", 10.0, 12.6),
        ("All night?", 14.3, 14.9),
        ("Where were you – at the harbour?", 11.2, 12.9),
    ],
)
def test_a_text_is_found_whole_in_part_or_over_two_cues(text, start, end):
    found = OwnText(CUES, QUICK).find("a/b/u7", start, end, seal(text, "a/b/u7", QUICK))
    assert (found.text, found.source) == (text, "exact")


def test_another_wording_is_given_as_what_it_is():
    own = OwnText(CUES, QUICK)
    found = own.find("a/b/u7", 14.2, 15.0, seal("The whole night?", "a/b/u7", QUICK))
    assert (found.text, found.source, found.cues) == ("All night?", "own", (2,))
    assert own.find("a/b/u7", 20.0, 21.0, seal("Hello.", "a/b/u7", QUICK)).source == "none"
    assert OwnText([], QUICK).find("a/b/u7", 0, 1, None).source == "none"
