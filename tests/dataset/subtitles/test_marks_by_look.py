"""Names that bold, underlined or coloured letters set apart; words that are stressed are none."""

from __future__ import annotations

import re

import pytest

from audiorole.dataset.subtitles import split
from tests.dataset.subtitles.test_splitting import cues, told

SAID = ("Hello there.", "Hi, how are you?", "I am fine.", "So am I.", "We should go.", "Where to?")
SAYS = ("Joe", "Marta", "Joe", "Marta", "Joe", "Old Pete")


@pytest.mark.parametrize(
    "form",
    [
        "<b>{name}</b> {text}", "<B>{NAME}</B> {text}", "<u>{name}</u>\n{text}", "<strong>{name}</strong> {text}",
        '<font color="#ffff00">{name}</font> {text}',
        "{{\\b1}}{name}{{\\b0}} {text}", "{{\\c&H00FFFF&}}{name}{{\\r}} {text}",
        "- <b>{name}</b> {text}",
    ],
)  # fmt: skip
def test_names_that_only_their_look_sets_apart(form):
    texts = [form.format(name=name, NAME=name.upper(), text=text) for name, text in zip(SAYS, SAID, strict=True)]
    assert told(split(cues(*texts))) == [
        (name.upper() if "{NAME}" in form else name, text) for name, text in zip(SAYS, SAID, strict=True)
    ]


def test_two_such_names_in_one_cue():
    texts = ["<b>Joe</b> Hello.\n<b>Marta</b> Hi.", "<b>Joe</b> Well?", "<b>Marta</b> No."]
    assert told(split(cues(*texts))) == [("Joe", "Hello."), ("Marta", "Hi."), ("Joe", "Well?"), ("Marta", "No.")]


@pytest.mark.parametrize(
    "texts",
    [
        ("<b>Never</b> again.", "I said so.", "<b>Always</b> say so.", "<b>Now</b> go."),
        ("<b>You</b> did it.", "No.", "Who else?", "Not me.", "Nobody.", "<b>You</b> again.", "Why?", "So.", "Go."),
        ("<i>All of this</i> is said.", "<i>All of this</i> is heard.", "<i>All of this</i> is true."),
        ("<b>What is this? It</b> is late.", "<b>What is this? It</b> is early.", "<b>What is this? It</b> ends."),
    ],
)
def test_words_that_are_stressed_are_no_names(texts):
    found = told(split(cues(*texts)))
    assert {speaker for speaker, _ in found} == {""}
    assert " ".join(text for _, text in found).split() == re.sub("<[^>]*>", "", " ".join(texts)).split()
