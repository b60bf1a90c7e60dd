"""Every format is read with its line numbers; what is wrong is said in one sentence and costs only itself."""

from __future__ import annotations

import codecs
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.dataset.subtitles import read, read_bytes
from audiorole.dataset.subtitles.formats.arrows import clock
from audiorole.dataset.subtitles.formats.encoding import decode
from audiorole.dataset.subtitles.reading import MAX_CUE_CHARACTERS
from audiorole.dataset.subtitles.shown.markup import shown_lines
from audiorole.errors import InputError

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello there.

2
00:00:12,100 --> 00:00:10,000
This one ends first.

3
00:00:14,000 --> 00:00:15,000
42

4
00:00:xx,000 --> 00:00:17,000
Lost.

5
0:00:18.5 -> 0:00:19.5
Loose stamps.
"""

ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Italic
Style: Default,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Thought,Arial,20,&H00FFFFFF,&H0000FFFF,&H00000000,&H00000000,0,-1,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,Sheldon,0,0,0,,{\pos(1,2)}Hello, Leonard.
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:xx.00,0:00:02.00,Default,,0,0,0,,broken
Dialogue: 0,0:00:03.00,0:00:04.00,Thought,,0,0,0,,I wonder\Nwhy.
"""


def test_srt_keeps_line_numbers_and_goes_on_after_bad_cues() -> None:
    found = read_bytes(SRT.encode(), "s01e03.srt")
    assert [(cue.index, cue.line, cue.start, cue.text) for cue in found.cues] == [
        (1, 2, 1.0, "Hello there."),
        (2, 10, 14.0, "42"),
        (3, 18, 18.5, "Loose stamps."),
    ]
    assert [str(problem) for problem in found.problems] == [
        "s01e03.srt:6: cue ends before it starts (00:00:12,100 → 00:00:10,000)",
        "s01e03.srt:14: times cannot be read (00:00:xx,000 --> 00:00:17,000)",
    ]


def test_ass_gives_names_and_styles_and_skips_comments() -> None:
    found = read_bytes(ASS.encode(), "a.ass")
    assert [(cue.line, cue.speaker, cue.italic) for cue in found.cues] == [(11, "Sheldon", False), (14, "", True)]
    assert [problem.line for problem in found.problems] == [13]


def test_ass_obeys_its_own_order_of_columns() -> None:
    text = "[V4+ Styles]\n[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:01.00,0:00:02.00,Penny,Hi, all\n"
    (cue,) = read_bytes(text.encode(), "b.ass").cues
    assert (cue.start, cue.speaker, cue.text) == (1.0, "Penny", "Hi, all")


def test_vtt_skips_notes_and_styles_and_names_voices() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot --> a cue\n\nid-7\n00:01.000 --> 00:02.000 align:start\n"
        "<v Roger Bingham>We are in New York</v>\n\n00:03.000 --> 00:04.000\n<v Roger>Yes?\n<v.loud Neil>No!\n"
    )
    first, second = read_bytes(text.encode(), "c.vtt").cues
    assert (first.speaker, first.start) == ("Roger Bingham", 1.0)
    assert second.speaker == ""
    assert [(line.voice, line.text) for line in shown_lines(second.text)] == [("Roger", "Yes?"), ("Neil", "No!")]


@pytest.mark.parametrize(
    ("text", "format_", "start", "end"),
    [
        ("{1}{1}25.000\n{25}{50}Hello|you\n", "microdvd", 1.0, 2.0),
        ("[10][20]Hello|you\n", "mpl2", 1.0, 2.0),
        ("00:00:01:Hello|you\n00:00:02:Bye\n", "tmp", 1.0, 2.0),
        ('<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">Hello<br/>you</p></div></body></tt>',
         "ttml", 1.0, 2.0),
    ],
)  # fmt: skip
def test_other_text_formats(text: str, format_: str, start: float, end: float) -> None:
    found = read_bytes(text.encode(), "x.sub")
    assert found.format == format_
    assert (found.cues[0].start, found.cues[0].end) == (start, end)


def test_microdvd_takes_the_frame_rate_of_the_video() -> None:
    assert read_bytes(b"{50}{100}Hi\n", "x.sub", frame_rate=50.0).cues[0].start == 1.0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\x00\x00\x01\xba" + bytes(60), "VobSub pictures"),
        (b"PG\x00\x10" + bytes(60), "Blu-ray"),
        (b"# VobSub index file, v7\n", "index of VobSub"),
        (b"PK\x03\x04" + bytes(60), "ZIP"),
        (bytes(range(256)) * 8, "binary"),
        (b"Dear diary, nothing today.\n", "no time stamps"),
        (b"00:00:02,000 --> 00:00:01,000\nHi\n", "no readable cue"),
        (b'<!DOCTYPE t [<!ENTITY a "b">]><tt xmlns="http://www.w3.org/ns/ttml"><body/></tt>', "entities"),
        (b'<tt xmlns="http://www.w3.org/ns/ttml"><body>', "cannot be read as TTML"),
    ],
)
def test_unusable_files_say_so_in_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_bytes(data, "bad.srt")
    assert "\n" not in str(caught.value)


def test_missing_file_is_an_input_error(tmp_path: object) -> None:
    with pytest.raises(InputError, match=r"none.srt: cannot be opened"):
        read(f"{tmp_path}/none.srt")


def test_monstrous_cue_is_a_problem_not_a_line() -> None:
    text = SRT + "\n6\n00:01:00,000 --> 00:01:01,000\n" + "x" * (MAX_CUE_CHARACTERS + 1)
    found = read_bytes(text.encode(), "x.srt")
    assert len(found.cues) == 3
    assert "characters" in found.problems[-1].sentence


CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Našli jsme motor.\n" * 4
RUSSIAN = "Привет, как дела? Я не знаю, куда мы идём.\n" * 4
FRENCH = "Ça va très bien, merci. Où êtes-vous ? Noël à la plage.\n" * 4
CHINESE = "這個人說他沒有時間來見我們，後來還是過來了。\n" * 4


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        (CZECH, "utf-8", ""), (CZECH, "cp1250", "cs"), (CZECH, "cp1250", ""), (CZECH, "iso8859_2", "cze"),
        (CZECH, "utf-16-le", ""), (CZECH, "utf-16-be", ""), (RUSSIAN, "cp1251", "ru"), (RUSSIAN, "koi8_r", "rus"),
        (FRENCH, "cp1252", "fr"), (FRENCH, "cp1252", ""), (CHINESE, "big5", "zh"), (CHINESE, "gb18030", "zh-TW"),
    ],
)  # fmt: skip
def test_encodings(text: str, encoding: str, language: str) -> None:
    stamped = "1\n00:00:01,000 --> 00:00:02,000\n" + text
    assert decode(stamped.encode(encoding), language)[0] == stamped


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
def test_byte_order_marks(mark: bytes) -> None:
    encoding = {3: "utf-8", 2: "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be", 4: "utf-32-le"}[len(mark)]
    assert decode(mark + CZECH.encode(encoding))[0].lstrip("\ufeff") == CZECH


def test_damaged_bytes_cost_characters_not_the_file() -> None:
    data = SRT.encode() + "6\n00:01:00,000 --> 00:01:01,000\nžluť".encode() + b"\xff\x81ou\n"
    assert len(read_bytes(data, "x.srt").cues) == 4


def test_clock_reads_back() -> None:
    assert clock(3723.456) == "01:02:03,456"


def test_messages_stay_printable() -> None:
    found = read_bytes(SRT.encode() + b"\n7\n00:02:0\x00,0\x1b0 --> 00:02:01,000\nHi\n", "x.srt")
    assert found.problems[-1].sentence == "times cannot be read (00:02:0?,0?0 --> 00:02:01,000)"


@settings(deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([SRT, ASS, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>Hi</v>\n"]))
def test_damaged_files_are_read_or_refused(seed: int, text: str) -> None:
    rng = random.Random(seed)
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        problems: tuple[object, ...] = read_bytes(bytes(data[rng.randrange(20) :]), "x.srt").problems
    except InputError as error:
        problems = (error,)
    assert all(str(problem).isprintable() for problem in problems)


def test_a_lone_broken_tmplayer_line_is_a_problem() -> None:
    with pytest.raises(InputError, match="no readable cue"):
        read_bytes(b"99:99:99:\nnot a line\n", "x.txt")


STAMPS = {
    "number before them": "{i} 00:00:0{i},400 --> 00:00:0{i},900\n{t}\n",
    "number with a sign": "#{i}\n00:00:0{i},400 --> 00:00:0{i},900\n{t}\n",
    "number with a stop": "{i}.\n00:00:0{i},400 --> 00:00:0{i},900\n{t}\n",
    "apostrophe": "{i}\n00:00:0{i}'400 --> 00:00:0{i}'900\n{t}\n",
    "other arrows": "{i}\n00:00:0{i},400 => 00:00:0{i},900\n{t}\n",
    "escaped": "{i}\n00:00:0{i},400 --&gt; 00:00:0{i},900\n{t}\n",
    "arabic figures": "{i}\n٠٠:٠٠:٠{a},٤٠٠ --> ٠٠:٠٠:٠{a},٩٠٠\n{t}\n",
    "fullwidth": "{i}\n００：００：０{i}，４００ --> ００：００：０{i}，９００\n{t}\n",
    "directions": "{i}\n\u202a00:00:0{i},400 --> 00:00:0{i},900\u202c\n{t}\n",
    "places": "{i}\n00:00:0{i},400 --> 00:00:0{i},900 X1:10 X2:20 Y1:1 Y2:2\n{t}\n",
    "words beside them": "{i}\n00:00:0{i},400 --> 00:00:0{i},900 {t}\n",
    "brackets": "[00:0{i}.400 --> 00:0{i}.900]  {t}\n",
    "frames": "{i}\n00:00:0{i}:10 --> 00:00:0{i}:22\n{t}\n",
}


@pytest.mark.parametrize("shape", STAMPS.values(), ids=STAMPS)
def test_time_stamps_as_people_and_tools_write_them(shape: str) -> None:
    texts = ["Marta came.", "Olle went.", "Then she sat.", "Tea was made."]
    rows = (shape.format(i=at, a="٠١٢٣٤"[at], t=text) for at, text in enumerate(texts, start=1))
    found = read_bytes("\n".join(rows).encode(), "a.srt")
    assert [cue.text for cue in found.cues] == texts
    assert [cue.start for cue in found.cues] == pytest.approx([1.4, 2.4, 3.4, 4.4], abs=0.03)
    assert found.problems == ()
