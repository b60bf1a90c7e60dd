"""`audiorole decide` and the review page check voices, lines and names alike, and say who decided."""

from __future__ import annotations

import json

import pytest

from audiorole.api.deciding import decide
from audiorole.dataset.input.cast import name_fault, read_cast
from audiorole.dataset.names.decision_file import read_log
from audiorole.errors import InputError, UserError
from audiorole.review.checks.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.review.views import whole_state
from tests.cli.conftest import Shell, shell

__all__ = ["shell"]

LINE = "show/s01e01/u00001"

WRONG = [
    ("name-voice", "voice_99", "Anna", "There is no voice 'voice_99'. Did you mean"),
    ("name-voice", "nobody", "Anna", "There is no voice 'nobody'."),
    ("label-line", "show/s01e01/u09999", "Anna", "There is no line 'show/s01e01/u09999'"),
    ("label-line", LINE, "Ana", "There is no character 'Ana' yet. Did you mean 'Anna'?"),
    ("name-voice", "VOICE", "Coora", "Did you mean 'Cora'?"),
    ("rename", "Bem", "Benjamin", "There is no character 'Bem'. Did you mean 'Ben'?"),
    ("merge-characters", "Ben", "Zacharias", "There is no character 'Zacharias'."),
    ("merge-voices", "VOICE", "voice_77", "There is no voice 'voice_77'"),
    ("split-voice", "VOICE", "voice_01b", "A split wants the lines"),
    ("label-line", LINE, "x" * 200, "at most 120 letters"),
    ("label-line", LINE, "a\tb", "control character"),
    ("merge-voices", "VOICE", "VOICE", "one with itself already"),
]

UNREADABLE = {
    "half of a letter": "Anna\ud800",
    "another half": "\udfff",
    "what a file name of no encoding leaves": "Ann\udcff",
    "a line separator": "Anna\u2028Ben",
    "nothing but space of no width": "\u200b",
    "a word joiner": "Anna\u2060",
    "text turned around": "\u202eannA",
    "an isolate": "\u2066Anna\u2069",
    "a soft hyphen": "An\u00adna",
    "a byte order mark": "\ufeffAnna",
    "an accent alone": "\u0308",
    "joiners alone": "\u200d\u200d",
}
SURROGATES = frozenset(range(0xD800, 0xE000))
READABLE = ("Zoë", "Zoe\u0308", "می\u200cخواهم", "👩\u200d👩\u200d👧", "דנה\u200f", "../x", "a/b", "?!", "7", "<b>")


@pytest.fixture
def voice(built):
    return ReviewSession(built / "out").series.voices[0]


@pytest.mark.parametrize(("kind", "subject", "value", "sentence"), WRONG)
def test_what_is_not_there_is_refused_by_both(built, voice, shell: Shell, kind, subject, value, sentence):
    subject, value = (voice if given == "VOICE" else given for given in (subject, value))
    assert shell("decide", built / "out", kind, subject, value) == 2
    assert sentence in shell.complained
    with pytest.raises(UserError) as refused:
        ReviewSession(built / "out").decide(Answer(kind.replace("-", "_"), subject, value))
    assert sentence in str(refused.value)
    assert read_log(built / "out") == []


def test_a_name_that_cannot_be_read_on_a_screen_is_refused_everywhere(built, monkeypatch):
    desk = ReviewSession(built / "out", who="ann")
    for kind, name in UNREADABLE.items():
        for asked in (Answer("label_line", LINE, name, new=True), Answer("rename", "Anna", name, new=True)):
            with pytest.raises(UserError, match="holds"):
                desk.decide(asked, wait=False)
        with pytest.raises(UserError, match="reviewer's name"):
            ReviewSession(built / "out", who=name)
        with pytest.raises(UserError, match="reviewer's name"):
            decide(built / "out", "label-line", LINE, "Anna", who=name)
        if not SURROGATES & set(map(ord, name)):  # what no variable and no file of text can hold
            with monkeypatch.context() as patch:
                patch.setenv("AUDIOROLE_REVIEWER", name)
                with pytest.raises(UserError, match="reviewer's name"):
                    decide(built / "out", "label-line", LINE, "Anna")
            (built / "in" / "cast.toml").write_text(f"[[character]]\nname = {json.dumps(name)}\n")
            with pytest.raises(InputError, match="holds"):
                read_cast(built / "in" / "cast.toml")
        assert read_log(built / "out") == [], kind


@pytest.mark.parametrize("name", READABLE)
def test_names_of_all_scripts_and_signs_are_names(name):
    assert name_fault(name) == ""


def test_a_line_that_was_removed_is_not_offered_in_its_own_place(built):
    desk = ReviewSession(built / "out", who="ann")
    desk.decide(Answer("remove_line", LINE), wait=False)
    with pytest.raises(UserError, match="There is no line") as told:
        desk.decide(Answer("edit_text", LINE, "Hm."), wait=False)
    assert str(told.value).count(LINE) == 1


def test_a_name_is_taken_as_it_is_known_and_a_new_one_when_it_is_said_to_be_new(built, voice, shell: Shell):
    assert shell("decide", built / "out", "name-voice", voice, "anna") == 0
    assert shell("decide", built / "out", "label-line", LINE, "Ana", "--new", "--as", "eva") == 0
    assert shell("decide", built / "out", "label-line", LINE, "Zebulon", "--as", "eva") == 0
    first, *others = read_log(built / "out")
    assert first.value == "Anna"
    assert [(d.value, d.who) for d in others] == [("Ana", "eva"), ("Zebulon", "eva")]
    assert shell("decide", built / "out", "undo", "--as", "nobody else") == 2
    assert shell("decide", built / "out", "undo", "--as", "eva") == 0
    assert read_log(built / "out")[-1].subject == read_log(built / "out")[2].id


def test_random_lines_keep_their_guess_over_a_restart_and_an_undo(built):
    session = ReviewSession(built / "out", who="ann")
    lines = session.series.ids
    for line in lines[:2]:
        session.decide(Answer("label_line", line, "Zebulon", random=True))
    assert whole_state(ReviewSession(built / "out"))["random"]["of"] == 2
    session.undo()
    assert whole_state(session)["random"]["of"] == whole_state(ReviewSession(built / "out"))["random"]["of"] == 1
    assert whole_state(session)["random"]["share"] == 0.0


def test_corrections_on_the_command_line(built, shell: Shell):
    out = built / "out"
    assert shell("decide", out, "edit-text", LINE, "Good evening.", "--as", "ann") == 0
    assert shell("decide", out, "edit-bounds", LINE, "--from", "0.4", "--to", "1.8") == 0
    assert shell("decide", out, "mark-overlap", LINE, "yes") == 0
    assert shell("decide", out, "add-line", "show/s01e01", "Hush.", "--from", "6.5", "--to", "6.9") == 0
    assert shell("decide", out, "remove-line", LINE) == 0
    kinds = [(decision.kind, decision.span) for decision in read_log(out)]
    assert kinds == [
        ("edit_text", None), ("edit_bounds", (0.4, 1.8)), ("mark_overlap", None), ("add_line", (6.5, 6.9)),
        ("remove_line", None),
    ]  # fmt: skip
    assert shell("decide", out, "edit-text", LINE, "Gone.") == 2
    assert f"There is no line '{LINE}'" in shell.complained
    assert shell("decide", out, "edit-bounds", "show/s01e01/u00002", "--from", "1") == 2
    assert "Bounds are two" in shell.complained
    assert shell("decide", out, "add-line", "show/s01e1", "Hm.", "--from", "1", "--to", "2") == 2
    assert "Did you mean 'show/s01e01'?" in shell.complained


def test_merging_a_log_on_the_command_line_shows_the_conflict(built, tmp_path, shell: Shell):
    assert shell("decide", built / "out", "label-line", LINE, "Ben", "--as", "ann") == 0
    other = tmp_path / "other.jsonl"
    (built / "out" / "decisions.jsonl").rename(other)
    assert shell("decide", built / "out", "label-line", LINE, "Cora", "--as", "ben") == 0
    assert shell("decide", built / "out", "merge-log", other) == 0
    assert f"conflict on {LINE}" in shell.said
    assert "1 decisions taken in, 1 conflicts" in shell.said
    assert shell("decide", built / "out", "merge-log", tmp_path / "nothing") == 2
