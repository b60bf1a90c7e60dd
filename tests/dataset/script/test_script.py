"""Scripts are read in both layouts, and every subtitle line finds its speaker by its words."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.dataset.script import ScriptLine, align_script, read_script, read_script_text
from audiorole.dataset.script.aligning import tokens
from audiorole.errors import InputError

TRANSCRIPT = """The Pilot
Written by: Somebody

[Scene: The apartment. Sheldon is in his spot.]
Sheldon: (standing) So if a photon is directed through a plane with two slits
and either is observed, it will not go through both.
Leonard [on phone]: Agreed, what's your point?

They walk upstairs.

'''Sheldon:''' There's no point. It was 12:30: time for a T-shirt.
**LEONARD & SHELDON:** Hi!
Penny:
(Scene: The lobby)
GUARD (TOWER): Halt.
GUARD (TOWER): Who goes there?
小明：你好，世界。
"""

SCREENPLAY = """FADE IN:

INT. HANGAR - NIGHT

Joe enters. He looks around.

                    JOE
          (whispering)
     Hurry Sparky, we've got to get
     to the airport.

                    RICO (O.S.)
     That was King!

CUT TO:

EXT. JUNGLE - DAY

                    FAYE (CONT'D)

     I knew you'd help.
"""


def test_transcript() -> None:
    script = read_script_text(TRANSCRIPT, "pilot.txt")
    assert script.layout == "transcript"
    assert [(line.line, line.speaker, line.text, line.scene) for line in script.lines if line.speaker] == [
        (5, "Sheldon", "So if a photon is directed through a plane with two slits and either is observed, it will not "
         "go through both.", "The apartment. Sheldon is in his spot"),
        (7, "Leonard", "Agreed, what's your point?", "The apartment. Sheldon is in his spot"),
        (11, "Sheldon", "There's no point. It was 12:30: time for a T-shirt.", "The apartment. Sheldon is in his spot"),
        (12, "LEONARD & SHELDON", "Hi!", "The apartment. Sheldon is in his spot"),
        (15, "GUARD (TOWER)", "Halt.", "The lobby"),
        (16, "GUARD (TOWER)", "Who goes there?", "The lobby"),
        (17, "小明", "你好，世界。", "The lobby"),
    ]  # fmt: skip
    assert [line.directions for line in script.lines if line.speaker][:2] == [("standing",), ("on phone",)]
    assert [line.text for line in script.lines if not line.speaker][-1] == "They walk upstairs."
    assert [str(problem) for problem in script.problems] == [
        "pilot.txt:13: Penny says nothing",
        "pilot.txt:1: 3 rows name nobody and stay without a speaker, first “The Pilot”",
    ]


def test_screenplay() -> None:
    script = read_script_text(SCREENPLAY, "film.txt")
    assert script.layout == "screenplay"
    assert [(line.speaker, line.text, line.scene) for line in script.lines] == [
        ("", "Joe enters. He looks around.", "INT. HANGAR - NIGHT"),
        ("JOE", "Hurry Sparky, we've got to get to the airport.", "INT. HANGAR - NIGHT"),
        ("RICO", "That was King!", "INT. HANGAR - NIGHT"),
        ("FAYE", "I knew you'd help.", "EXT. JUNGLE - DAY"),
    ]
    assert script.lines[1].directions == ("whispering",)


def test_saved_web_page() -> None:
    page = "<html><body><p><b>Sheldon:</b> One &amp; two.</p><p>Penny: Three.<br>Amy: Four.</p></body></html>"
    assert read_script_text(page, "x.html").speakers == ("Sheldon", "Penny", "Amy")


@pytest.mark.parametrize(
    "text", ["", "Just prose. Nothing else.\nMore prose.", "He said: go.\n" * 9, "12:30\n13:30\n" * 9]
)
def test_what_is_no_script_says_so(text: str) -> None:
    with pytest.raises(InputError, match="is no script"):
        read_script_text(text, "x.txt")


def test_documents_are_refused(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "s.pdf"
    path.write_bytes(b"%PDF-1.7 ...")
    with pytest.raises(InputError, match="plain text"):
        read_script(path)


SCRIPT = [
    ScriptLine(speaker=speaker, text=text)
    for speaker, text in [
        ("JOE", "Hurry Sparky, we've got to get to the airport."),
        ("RICO", "Hey, that wasn't Lola. That was King!"),
        ("EDDY", "Let's get him!"),
        ("JOE", "Uh oh. Rico and Eddy are hot on our heels!"),
        ("FAYE", "We've done all we can Joe. You've got to find some way into the Valley and stop Ironstein!"),
        ("JOE", "No."),
        ("FAYE", "Be careful now, okay?"),
    ]
]


def names(texts: list[str], least: float = 0.6) -> list[str]:
    return [match.speaker if match and match.score >= least else "" for match in align_script(SCRIPT, texts)]


def test_lines_missing_joined_split_and_misspelt() -> None:
    texts = [
        "Hurry Sparky, we got to get to the airprot.",
        "That was King! Let's get him!",
        "We've done all we can, Joe.",
        "You've got to find some way into the valley",
        "and stop Ironstein!",
        "No.",
        "Something nobody wrote down anywhere.",
        "Be careful now, OK?",
    ]
    assert names(texts) == ["JOE", "", "FAYE", "FAYE", "FAYE", "JOE", "", "FAYE"]
    joined = align_script(SCRIPT, texts)[1]
    assert joined
    assert {joined.speaker, *joined.others} == {"RICO", "EDDY"}


def test_moved_scenes_are_found_by_their_words() -> None:
    texts = [line.text for line in (*SCRIPT[4:], *SCRIPT[:4])]
    assert names([texts[0], texts[3], texts[4], texts[6]]) == ["FAYE", "JOE", "RICO", "JOE"]


def test_a_foreign_script_names_nobody() -> None:
    texts = ["The weather in Prague is nice today.", "No.", "I bought seven apples and a pear.", "Okay, see you."]
    assert names(texts) == ["", "", "", ""]


def test_empty_sides() -> None:
    assert align_script([], ["Hello there."]) == [None]
    assert align_script(SCRIPT, []) == []
    assert align_script(SCRIPT, ["...", "♪"]) == [None, None]


def test_languages() -> None:
    assert tokens("Příliš žluťoučký kůň") == ("prilis", "zlutoucky", "kun")
    czech = [ScriptLine(speaker="A", text="Našli jsme motor."), ScriptLine(speaker="B", text="我们走吧，快点")]
    assert [m.speaker if m else "" for m in align_script(czech, ["Nasli jsme motor", "我们走吧快点"])] == ["A", "B"]


def test_a_thousand_lines_by_a_thousand() -> None:
    rng = random.Random(1)
    words = [f"w{number}" for number in range(2000)]
    script = [ScriptLine(speaker=f"S{at % 7}", text=" ".join(rng.choices(words, k=8))) for at in range(1000)]
    began = time.process_time()
    matches = align_script(script, [line.text for line in script])
    assert time.process_time() - began < 2.0
    assert [match.line for match in matches if match] == list(range(1000))


@settings(deadline=None)
@given(st.lists(st.sampled_from([line.text for line in SCRIPT]) | st.text(max_size=40), max_size=12))
def test_scores_stay_in_bounds(texts: list[str]) -> None:
    matches = align_script(SCRIPT, texts)
    assert len(matches) == len(texts)
    assert all(match is None or (0 < match.score <= 1 and match.speaker not in match.others) for match in matches)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        lines = read_script_text(text, "x.txt").lines
    except InputError:
        lines = ()
    assert all(line.text for line in lines)


@pytest.mark.parametrize(
    "text", ["(" * 60_000, " " * 60_000 + "x", "<p>" * 20_000, "00:00:01 " * 9_000, "<p><!--" * 9_000, "a - " * 20_000]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    with pytest.raises(InputError):
        read_script_text(text, "x.txt")
    assert time.process_time() - began < 3.0
