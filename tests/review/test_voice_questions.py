"""A voice that has a name is asked about again while lines of it may be somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

from audiorole.review.checks.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.review.views import question
from audiorole.testing.series import LINES


def speaker(line: str) -> str:
    return LINES[int(line[-1]) - 1][2].title()


@pytest.fixture
def mixed(nameless) -> tuple[ReviewSession, str]:
    """A review in which two voices are one by mistake and were named after a line of the first, who is all the cast."""
    session = ReviewSession(nameless, who="ann")
    session.live.settings = replace(session.live.settings, closed_cast=True)
    first, second = sorted({voice for voice in session.series.voices if voice})[:2]
    heard = next(line for line, voice in zip(session.series.ids, session.series.voices, strict=True) if voice == first)
    session.decide(Answer("merge_voices", second, first))
    session.decide(Answer("name_voice", first, speaker(heard), (heard,), new=True))
    return session, first


def asked_again(session: ReviewSession, voice: str):
    session.live.wait()
    return next((one for one in session.ask(limit=30) if one.item.subject == voice and one.item.named), None)


def test_the_others_of_a_mixed_voice_are_among_what_is_played(mixed):
    session, voice = mixed
    found = asked_again(session, voice)
    assert found is not None
    told = question(session, found)
    assert told["candidates"][0]["name"] == told["named"] == found.item.named
    said = {speaker(line["id"]) for line in told["lines"]}
    assert said - {found.item.named}, "only whom one knows is played"
    assert session.is_open(found.key)


def test_lines_that_are_ticked_leave_and_are_asked_about_before_anything_else(mixed):
    session, voice = mixed
    found = asked_again(session, voice)
    assert found is not None
    ids = [session.lines.id_of(row) for row in found.rows]
    strange = tuple(line for line in ids if speaker(line) != found.item.named)
    own = tuple(line for line in ids if line not in strange)
    session.decide(Answer("split_voice", voice, f"{voice}b", strange, kept=own))
    session.decide(Answer("name_voice", voice, found.item.named, own))
    names = [session.series.voices[session.series.ids.index(line)] for line in strange]
    assert set(names) == {f"{voice}b"}
    assert any(one.item.subject == f"{voice}b" and not one.item.named for one in session.ask(limit=4))
    again = asked_again(session, voice)
    assert again is None or again.item.gain < found.item.gain


def test_a_voice_of_one_person_is_hardly_asked_about_again(nameless):
    session = ReviewSession(nameless, who="ann")
    item = next(one for one in session.queue() if one.kind == "voice")
    heard = tuple(session.series.ids[row] for row in session.heard(item))
    session.decide(Answer("name_voice", item.subject, speaker(heard[0]), heard, new=True))
    again = asked_again(session, item.subject)
    seconds = sum(session.lines.seconds[row] for row, one in enumerate(session.series.voices) if one == item.subject)
    assert again is None or again.item.gain < 0.1 * seconds


def test_names_that_subtitles_gave_are_not_asked_about_again(out):
    session = ReviewSession(out, who="ann")
    voice = next(voice for voice in session.series.voices if voice)
    row = session.series.voices.index(voice)
    session.decide(Answer("name_voice", voice, session.lines.character_of(row), (session.series.ids[row],)))
    given = [one for one in session.ask(limit=30) if one.item.named]
    assert all(one.item.subject == voice for one in given)


def test_each_answer_brings_something_new_until_nothing_is_left(mixed):
    """Nobody is asked the same twice: what was heard is not played again, and a voice heard whole is done."""
    session, voice = mixed
    played: list[int] = []
    for _ in range(20):
        found = asked_again(session, voice)
        if found is None:
            break
        assert not set(found.rows) & set(played)
        played += found.rows
        lines = tuple(session.lines.id_of(row) for row in found.rows)
        session.decide(Answer("name_voice", voice, found.item.named, lines))
        assert not session.is_open(found.key) or asked_again(session, voice) != found
    assert asked_again(session, voice) is None
