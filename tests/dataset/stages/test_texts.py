"""Validate, language: what the text must stand up to."""

from __future__ import annotations

import numpy as np
import pytest

import audiorole.dataset.stages.words.language as language_stage
from audiorole.dataset.stages.words.language import CheckLanguage
from audiorole.dataset.stages.words.validate import Validate
from audiorole.models.ports import Language
from audiorole.testing.desk import Desk, line, parted
from audiorole.types import Transcript

OFF = {"scorer": "", "transcriber": "", "text_language": "", "language": "en"}


class Pcm:
    """Silence of any length."""

    def read(self, start: float, end: float) -> np.ndarray:
        return np.zeros(round(16000 * (end - start)), dtype=np.float32)


def validated(lines, **settings):
    return parted(Validate(**(OFF | settings)).run(lines, Desk(pcm=Pcm())))


def test_agreement_and_normalised_text_are_kept():
    (kept,), _ = validated([line(1, 0, 2, "GOOD morning, you!")], scorer="fake")
    assert (kept.normalised, kept.transcript.agreement, kept.language) == ("good morning you", 0.9, "en")


def test_without_a_scorer_the_subtitle_is_trusted():
    (kept,), _ = validated([line(1, 0, 2)])
    assert (kept.transcript.agreement, kept.text) == (None, "Well then.")


def test_a_line_without_a_word_is_dropped():
    assert validated([line(1, 0, 2, "…?!"), line(2, 3, 4, "")])[1] == [
        ("show/s01e01/u00001", "no_text"),
        ("show/s01e01/u00002", "no_text"),
    ]


@pytest.mark.parametrize(
    ("text", "seconds", "kept"),
    [
        ("It is not the end of the world, is it now?", 3.0, 1),
        ("Thank you. " * 12, 30.0, 0),
        ("A" + "b" * 200, 2.0, 0),
    ],
)
def test_what_an_asr_invents_is_dropped_as_hallucination(monkeypatch, text, seconds, kept):
    monkeypatch.setattr(Validate, "_heard", lambda self, waveforms, language: [Transcript(text=text)])
    found, dropped = validated([line(1, 0, seconds, "")])
    assert len(found) == kept
    assert [reason for _, reason in dropped] == ["hallucination"] * (1 - kept)


def test_subtitles_are_not_judged_as_asr_is():
    (kept,), _ = validated([line(1, 0, 30, "Thank you. " * 12, speaker="ANNA")])
    assert kept.text.startswith("Thank you")


def checked(lines, monkeypatch, codes=(), **settings):
    class Reader:
        def text_languages(self, texts):
            return [Language(code, 0.999) for code, _ in zip(codes, texts, strict=True)]

    monkeypatch.setattr(language_stage, "load_model", lambda kind, reference: Reader())
    return parted(CheckLanguage(**settings).run(lines, Desk()))


LONG = "Nobody had told the harbour master about the second ship."


def test_a_line_in_another_language_is_dropped_and_a_short_one_is_not_asked_about(monkeypatch):
    lines = [
        line(1, 0, 3, LONG, language="en"),
        line(2, 4, 7, LONG, language="en"),
        line(3, 8, 9, "Oui.", language="en"),
    ]
    kept, dropped = checked(lines, monkeypatch, codes=("en", "fr"))
    assert [x.id[-1] for x in kept] == ["1", "3"]
    assert dropped == [("show/s01e01/u00002", "other_language")]


def test_codes_of_two_and_three_letters_are_one_language(monkeypatch):
    assert len(checked([line(1, 0, 3, LONG, language="eng")], monkeypatch, codes=("en",))[0]) == 1


def test_a_dub_is_told_by_agreement_all_over(monkeypatch):
    low = [line(n, n, n + 1, speaker="A", agreement=0.05) for n in range(12)]
    assert {reason for _, reason in checked(low, monkeypatch, identifier="")[1]} == {"dubbed"}


def test_a_few_bad_lines_are_no_dub(monkeypatch):
    mixed = [line(n, n, n + 1, speaker="A", agreement=0.05 if n < 5 else 0.9) for n in range(12)]
    assert checked(mixed, monkeypatch, identifier="")[1] == []
    few = [line(n, n, n + 1, speaker="A", agreement=0.05) for n in range(9)]
    assert checked(few, monkeypatch, identifier="")[1] == []
