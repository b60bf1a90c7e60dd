"""Scenes, dialogues, turns, context and addressee."""

from __future__ import annotations

import pytest

from audiorole.dataset.stages.series.converse import Converse, turns_of, voice_of
from audiorole.testing.desk import Desk, curves, line, parted

TALK = [
    line(1, 1.0, 2.0, who="Ann"),
    line(2, 2.2, 3.0, who="Ben"),
    line(3, 3.1, 4.0, who="Ben"),
    line(4, 4.5, 5.0, who="Ann"),
]


def conversed(lines, **settings):
    spans = [(x.start, x.end) for x in lines]
    kept, dropped = parted(Converse(**settings).run(lines, Desk(curves(120.0, *spans))))
    assert not dropped
    return kept


def test_an_episode_without_lines_is_no_failure():
    assert conversed([]) == []


def test_consecutive_lines_of_one_voice_are_a_turn():
    assert [x.place.turn for x in conversed(TALK)] == [0, 1, 1, 2]
    assert len({x.place.dialogue for x in conversed(TALK)}) == 1


def test_context_holds_the_lines_of_earlier_turns_only():
    contexts = [x.place.context for x in conversed(TALK)]
    ids = [x.id for x in TALK]
    assert contexts == [(), (ids[0],), (ids[0],), tuple(ids[:3])]


def test_context_is_counted_in_turns():
    ids = [x.id for x in TALK]
    assert conversed(TALK, context_turns=1)[3].place.context == (ids[1], ids[2])
    assert conversed(TALK, context_turns=0)[3].place.context == ()


@pytest.mark.parametrize(
    ("speakers", "addressees"),
    [
        ("ABBA", "BAAB"),
        ("ABC", "BCB"),
        ("ABAC", "BACA"),
        ("AAA", "---"),
        ("A-BA", "BBAB"),
    ],
)
def test_one_speaks_with_who_answers_next_and_the_last_with_who_spoke_before(speakers, addressees):
    lines = [line(n, n * 1.5, n * 1.5 + 1.2, **({"who": k} if k != "-" else {})) for n, k in enumerate(speakers)]
    found = [x.place.addressee or "-" for x in conversed(lines)]
    assert found == list(addressees)


def test_a_long_pause_begins_another_dialogue_and_forgets_the_context():
    later = [*TALK, line(5, 13.0, 14.0, who="Ann"), line(6, 14.2, 15.0, who="Ben")]
    places = [x.place for x in conversed(later)]
    assert places[4].dialogue != places[3].dialogue
    assert (places[4].turn, places[4].context) == (0, ())


def test_scenes_are_in_order_and_a_scene_holds_its_dialogues():
    other = [line(7, 90.0, 91.0, who="Cleo"), line(8, 91.2, 92.0, who="Dan")]
    places = [x.place for x in conversed([*TALK, *other])]
    assert places[-1].scene > places[0].scene
    assert all(place.dialogue.startswith(place.scene.replace("/c", "/d")) for place in places)


@pytest.mark.parametrize(
    ("given", "voice"),
    [({"who": "Ann"}, "Ann"), ({}, "show/s01e01/u00009")],
)
def test_a_line_that_nobody_is_known_to_say_is_a_voice_of_its_own(given, voice):
    assert voice_of(line(9, 0, 1, **given)) == voice


def test_turns_keep_every_line_once():
    assert [x for turn in turns_of(TALK) for x in turn] == TALK
    assert turns_of([]) == []
