"""Cues become speaker lines; every visible word ends in a line, a name, a sound or a reason."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.dataset.subtitles import RawCue, Split, split
from audiorole.dataset.subtitles.shown.markup import shown_lines, visible


def cues(*texts: str, gap: float = 1.0) -> list[RawCue]:
    """Cues of two seconds each."""
    starts = [at * (2 + gap) for at in range(len(texts))]
    return [
        RawCue(index=at, start=start, end=start + 2, text=text)
        for at, (start, text) in enumerate(zip(starts, texts, strict=True), start=1)
    ]


def told(found: Split) -> list[tuple[str, str]]:
    return [(line.cue.speaker, line.text) for line in found.lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain <i>text</i>.", [("", "Plain text.")]),
        ("SHELDON: That's my spot.", [("SHELDON", "That's my spot.")]),
        ("SHELDON (O.S.): That's my spot.", [("SHELDON", "That's my spot.")]),
        ("(LEONARD): Sit\nelsewhere.", [("LEONARD", "Sit elsewhere.")]),
        ("[narrator] Long ago.", [("narrator", "Long ago.")]),
        ("[man on TV] Breaking news.", [("man on TV", "Breaking news.")]),
        ("[sighs] Fine.", [("", "Fine.")]),
        ("(SIGHS) Fine.", [("", "Fine.")]),
        ("Meet me at 12:30.", [("", "Meet me at 12:30.")]),
        ("Note: bring a coat.", [("", "Note: bring a coat.")]),
        ("He said: go.", [("", "He said: go.")]),
        ("- Yes.\n- No.", [("", "Yes."), ("", "No.")]),
        ("- Yes. - No, you\ndon't.", [("", "Yes."), ("", "No, you don't.")]),
        ("- TIRED PRISONER: YES YOU DID!\n- I did not!", [("TIRED PRISONER", "YES YOU DID!"), ("", "I did not!")]),
        ("Hello.\nPENNY: Hi.", [("", "Hello."), ("PENNY", "Hi.")]),
        ("—and then we left", [("", "—and then we left")]),
        ("It was -5 degrees\n-5, I say", [("", "It was -5 degrees -5, I say")]),
        ("{\\an8}{\\i1}Up here{\\i0}", [("", "Up here")]),
        ("你好\n世界", [("", "你好世界")]),
        ("小明：你好", [("", "小明：你好")]),
        ("שלום\u200f לך", [("", "שלום לך")]),
        ("NASA (the agency) is here today.", [("", "NASA (the agency) is here today.")]),
        ("Tom &amp; Jerry", [("", "Tom & Jerry")]),
    ],
)
def test_one_cue(text: str, expected: list[tuple[str, str]]) -> None:
    assert told(split(cues(text))) == expected


def test_names_in_mixed_case_need_to_return() -> None:
    texts = ["Sheldon: Hi.", "Leonard: Hello.", "[Sheldon] Bye.", "Sheldon: Hm.", "Remember: no."]
    speakers = [line.cue.speaker for line in split(cues(*texts)).lines]
    assert speakers == ["Sheldon", "", "Sheldon", "Sheldon", ""]
    assert split(cues("Leonard: Hello."), names=["Leonard"]).lines[0].cue.speaker == "Leonard"


def test_caseless_names_return_too() -> None:
    assert [line.cue.speaker for line in split(cues("小明：你好", "阿姨好", "小明：再见")).lines] == [
        "小明",
        "",
        "小明",
    ]


def test_shouted_files_do_not_turn_words_into_names() -> None:
    texts = ["HELLO THERE.", "ONE MORE THING: RUN.", "WHO ARE YOU?"]
    assert all(not line.cue.speaker for line in split(cues(*texts)).lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(DOOR SLAMS)", "sound_only"),
        ("[thunder rumbles]", "sound_only"),
        ("♪ ♪", "music"),
        ("♪ Soft kitty,\nwarm kitty ♪", "music"),
        ("# Little ball of fur #", "music"),
        ("<i></i>", "empty"),
        ("...", "empty"),
        ("Subtitles by SomeTeam\nwww.example.org", "credit"),
        ("Titulky: Pepa", "credit"),
        ("{\\p1}m 0 0 l 10 10{\\p0}", "drawing"),
    ],
)
def test_every_cue_without_a_line_has_its_reason(text: str, reason: str) -> None:
    found = split(cues(text))
    assert [out.reason for out in found.left] == [reason]
    assert not found.lines


def test_layers_and_typeset_frames_are_one_event() -> None:
    layers = [RawCue(index=at, start=1.0, end=3.0, text="Tokyo, 2031") for at in (1, 2)]
    frames = [RawCue(index=3 + at, start=5 + at * 0.04, end=5.04 + at * 0.04, text="Boom") for at in range(3)]
    found = split([*layers, *frames])
    assert [out.reason for out in found.left] == ["repeat"] * 3
    assert found.lines[1].end == pytest.approx(5.12)
    assert len(split(cues("No!", "No!", gap=0.0)).lines) == 2


def test_sentences_over_several_cues_are_one_line() -> None:
    found = split(cues("JOE: I have a", "summer camp in the woods.", "And you?", gap=0.04))
    assert told(found) == [("JOE", "I have a summer camp in the woods."), ("", "And you?")]
    assert found.lines[0].cues == (1, 2)
    assert found.lines[0].end == found.lines[0].cue.end == pytest.approx(4.04)


def test_a_dash_or_another_name_is_never_joined() -> None:
    assert len(split(cues("I have a", "- summer camp.", gap=0.04)).lines) == 2
    assert len(split(cues("JOE: I have a", "ANN: summer camp.", gap=0.04)).lines) == 2


def test_unpunctuated_files_are_not_glued_together() -> None:
    assert len(split(cues("你来了", "我知道", "走吧", "好的", gap=0.04)).lines) == 4


def test_names_stick_only_where_the_sentence_goes_on() -> None:
    found = split(cues("JOE: I was going", "to tell you.", "Who?", gap=1.0))
    assert [(line.cue.speaker, line.cue.sticky) for line in found.lines] == [("JOE", False), ("JOE", True), ("", False)]


def test_parts_share_the_time_by_characters_and_say_so() -> None:
    first, second = split(cues("- Abcdefghi.\n- Abcdefghi.")).lines
    assert (first.start, first.end, second.end) == (0.0, 1.0, 2.0)
    assert first.estimated
    assert second.estimated
    assert [(line.cue.part, line.cue.parts, line.cue.dash) for line in (first, second)] == [(0, 2, True), (1, 2, True)]


def test_sounds_and_italics_are_evidence() -> None:
    found = split(cues("(DOOR SLAMS)", "<i>Who's there?</i>", "JOE (V.O.): (SIGHS) Me."))
    assert [(line.cue.sounds, line.cue.italic) for line in found.lines] == [
        (("DOOR SLAMS",), True),
        (("V.O.", "SIGHS"), False),
    ]


def test_braces_that_are_no_codes_stay() -> None:
    assert shown_lines("{laughs} Hi {\\an8}")[0].text == "{laughs} Hi"


WORDS = st.sampled_from(
    ["Hello", "world", "JOHN:", "-", "- ", "♪", "(", ")", "[", "]", "SIGHS", "...", "…", "\n", " ", "<i>", "</i>",
     "{\\i1}", "{\\an8}", "{", "}", "<", ">", "你好", "：", "שלום", "12:30", ".", "?", "&amp;", "#", "NAME (O.S.):",
     ">> ", ">>", "[Joe] ", "（マルタ）", "<v Joe>", "</v>", "[TN: x]", "SPEAKER_00: ", '<font color="red">',
     "</font>",
     "\\N",
     "\u200f", "(DOOR SLAMS)", "[man] ", "—", "Note: ", "42", "\ue001", "www.x.org"]
)  # fmt: skip
TEXTS = st.lists(st.lists(WORDS, max_size=14).map("".join) | st.text(max_size=30), min_size=1, max_size=6)


@settings(deadline=None)
@given(TEXTS, st.sampled_from([0.0, 0.04, 1.0]))
def test_nothing_visible_is_lost(texts: list[str], gap: float) -> None:
    raw = cues(*texts, gap=gap)
    found = split(raw)
    told_of = {cue.index: "" for cue in raw}
    for line in found.lines:
        for index in line.cues:
            told_of[index] += " ".join(["", line.text, line.cue.speaker, line.cue.label, *line.cue.sounds])
    for out in found.left:
        told_of[out.index] += f" {out.shown}"
    for cue in raw:
        words = re.findall(r"\w+", "\n".join(line.text for line in shown_lines(cue.text)))
        assert all(word in told_of[cue.index] for word in words)
    assert {index for line in found.lines for index in line.cues} | {out.index for out in found.left} == set(told_of)


@settings(deadline=None)
@given(TEXTS, st.sampled_from([0.0, 0.04, 1.0]))
def test_lines_stay_in_order_within_their_cues(texts: list[str], gap: float) -> None:
    lines = split(cues(*texts, gap=gap)).lines
    assert all(line.cue.start <= line.start < line.end <= line.cue.end for line in lines)
    assert [line.start for line in lines] == sorted(line.start for line in lines)
    assert all(line.text == " ".join(line.text.split()) and line.text for line in lines)


@settings(deadline=None)
@given(st.text())
def test_visible_text_is_stable(text: str) -> None:
    once = visible(text.replace("&", "+"))
    assert visible(once) == once


RECOGNISED = st.sampled_from(
    [
        "[Joe] {}", "(JOE) {}", "（ジョー）{}", ">> JOE: {}", ">> {}", "JOE: {}", "JOE:\n{}",
        "JOE (on phone): {}", "- {}",
        "JOE: [laughing] {}", "<v Joe>{}</v>", "[SPEAKER_00]: {}", "SPEAKER_00: {}", "- {}\n- Well.", "{} [TN: tea]",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(RECOGNISED, min_size=4, max_size=8))
def test_no_mark_of_a_recognised_shape_stays_in_the_text(shapes: list[str]) -> None:
    said = [f"This is the line number {at}." for at in range(len(shapes))]
    twice = [shape.format(text) for shape, text in zip(shapes, said, strict=True)] * 2
    found = split(cues(*twice))
    assert [line.text for line in found.lines if line.text != "Well."] == said * 2
