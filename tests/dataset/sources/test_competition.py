"""Subtitles compete: signs, languages, fits; every one that is not used says why."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.sources.candidates import Candidate, compatible
from audiorole.dataset.sources.competition import choose
from audiorole.dataset.sources.scripts import best_script
from audiorole.dataset.sources.spoken import WINDOW, spoken_language
from audiorole.dataset.subtitles import RawCue, Subtitles, split
from audiorole.dataset.sync import Alignment
from audiorole.models.ports import Language
from audiorole.types import SubtitleSource

TALK = "Nobody had told the harbour master about the second ship"
SPEECH = 60.0


def candidate(
    name: str, language: str = "en", seconds: float = 50.0, text: str = TALK, speaker: str = "", tag="", **flags
):
    """Return a candidate of ten cues; language: of its text, `seconds` in all."""
    each = seconds / 10
    prefix = f"{speaker}: " if speaker else ""
    cues = tuple(RawCue(n + 1, n * 6.0, n * 6.0 + each, f"{prefix}{text} {n}!") for n in range(10))
    source = SubtitleSource(name, language=tag, **flags)
    subtitles = Subtitles(name, "srt", "utf-8", cues)
    return Candidate(name, source, subtitles, split(cues, name), Language(language, 0.99 if language else 0.0))


def alignment(confidence: float) -> Alignment:
    return Alignment(pieces=(), accepted=confidence >= 0.5, confidence=confidence, reason="not like speech")


def chosen(candidates, spoken="en", fits=None, judged=None):
    """Return (winner's name, {name: reason}); fits, judged: name → confidence."""
    found = choose(
        candidates,
        spoken,
        SPEECH,
        lambda x: alignment((fits or {}).get(x.name, 0.9)),
        (lambda x: alignment(judged.get(x.name, 0.0))) if judged is not None else None,
    )
    return found.winner and found.winner.name, {x.name: reason for x, reason in found.reasons}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (candidate("a.srt", "cs"), "its text is cs, but en is spoken"),
        (candidate("a.srt", ""), "fits too (0.90), b.srt is used"),
        (candidate("a.srt", "", text="1 2", tag="cs"), "said to be cs, but en is spoken"),
        (candidate("a.srt", seconds=3.0), "its lines cover only 5% of the speech"),
        (candidate("a.srt", seconds=20.0, forced=True), "only what is foreign to the listener"),
        (candidate("a.srt", seconds=40.0, text="Inn", signs=True), "signs and songs"),
        (candidate("a.srt", commentary=True), "a commentary"),
    ],
)
def test_what_cannot_be_the_dialogue_is_put_aside_with_its_reason(other, words):
    winner, reasons = chosen([other, candidate("b.srt", speaker="ANNA")])
    assert winner == "b.srt"
    assert words in reasons["a.srt"]


@pytest.mark.parametrize("flag", ["forced", "signs"])
def test_a_flag_does_not_count_against_what_the_cues_hold(flag):
    assert chosen([candidate("a.srt", **{flag: True})])[0] == "a.srt"


@pytest.mark.parametrize(
    ("fits", "winner"),
    [
        ({"a.srt": 0.2, "b.srt": 0.9}, "b.srt"),
        ({"a.srt": 0.6, "b.srt": 0.9}, "b.srt"),
        ({"a.srt": 0.95, "b.srt": 1.0}, "a.srt"),
    ],
)
def test_the_best_fit_wins_and_of_equal_fits_the_first(fits, winner):
    found, reasons = chosen([candidate("a.srt"), candidate("b.srt")], fits=fits)
    assert found == winner
    assert len(reasons) == 1


def test_of_equal_fits_the_one_that_names_speakers_is_used():
    assert chosen([candidate("a.srt"), candidate("b.srt", speaker="ANNA")])[0] == "b.srt"


def test_words_decide_where_no_fit_is_sure_and_only_there():
    two = [candidate("a.srt"), candidate("b.srt")]
    unsure = {"a.srt": 0.3, "b.srt": 0.2}
    assert chosen(two, fits=unsure, judged={"b.srt": 0.9})[0] == "b.srt"
    assert chosen(two, fits=unsure, judged={})[0] == "a.srt"
    assert chosen(two, judged={"b.srt": 0.9})[0] == "a.srt"


def test_nothing_is_used_where_all_are_of_another_language():
    winner, reasons = chosen([candidate("a.srt", "cs"), candidate("b.srt", "pl")])
    assert winner is None
    assert len(reasons) == 2


@pytest.mark.parametrize(("first", "second", "same"), [("cs", "sk", True), ("", "en", True), ("cs", "en", False)])
def test_languages_that_are_taken_for_each_other_do_not_refuse(first, second, same):
    assert compatible(first, second) is same


class Ear:
    """Hears what it is told to, window by window."""

    def __init__(self, *heard: Language) -> None:
        self.heard, self.asked = list(heard), 0

    def spoken_languages(self, waveforms):
        self.asked += 1
        return [self.heard[min(self.asked, len(self.heard)) - 1]]


@pytest.mark.parametrize(
    ("heard", "expected", "found", "asked"),
    [
        ((Language("en", 0.95),), "en", "en", 1),
        ((Language("en", 0.95),), "cs", "en", 3),
        ((Language("en", 0.85),), "en", "en", 2),
        ((Language("hr", 0.4), Language("hr", 0.4), Language("cs", 0.9)), "cs", "cs", 3),
        ((Language("hr", 0.95), Language("cs", 0.9)), "cs", "cs", 2),
        ((Language("hr", 0.4), Language("pl", 0.3), Language("de", 0.5)), "", "", 3),
    ],
)
def test_the_language_is_heard_in_as_few_windows_as_it_takes(heard, expected, found, asked):
    ear = Ear(*heard)
    speech = np.ones(round(31.25 * 200), dtype=np.float32)
    assert spoken_language(speech, lambda start, end: np.ones(round(16000 * WINDOW)), ear, expected) == found
    assert ear.asked == asked


def test_of_two_scripts_the_one_that_names_more_lines_is_used(tmp_path):
    lines = candidate("a.srt").split.lines
    wrong, right = tmp_path / "wrong.script.txt", tmp_path / "right.script.txt"
    wrong.write_text("ANNA: Quite another thing.\nBEN: Indeed it is.\nANNA: So there.\n")
    right.write_text("\n".join(f"ANNA: {line.text}" for line in lines))
    found = best_script(lines, [wrong, right])
    assert found.script == right
    assert {line.cue.speaker for line in found.lines} == {"ANNA"}
    assert found.reasons == [("wrong.script.txt", "none of the lines without a name was found in it")]
