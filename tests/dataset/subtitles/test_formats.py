"""Every text format gives the same cues: the times, the rows, who speaks, and what was wrong, in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.dataset.subtitles import Subtitles, read_bytes, split
from audiorole.dataset.subtitles.shown.markup import shown_lines
from audiorole.errors import InputError
from benchmarks.reader_gauntlet import read_all, verdicts

GAUNTLET = Path(__file__).parents[3].parent / "shared/data/reader_gauntlet"


def rows(found: Subtitles) -> list[tuple[float, float, str]]:
    return [
        (round(cue.start, 3), round(cue.end, 3), " / ".join(line.text for line in shown_lines(cue.text)))
        for cue in found.cues
    ]


def ttml(body: str, attributes: str = "", head: str = "", namespace: str = "http://www.w3.org/ns/ttml") -> Subtitles:
    """Read a document with such a body."""
    names = f'xmlns="{namespace}" ' if namespace else ""
    names += (
        'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" '
        'xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<tt {names} {attributes}><head>{head}</head>{body}</tt>'
    return read_bytes(text.encode(), "a.ttml")


@pytest.mark.parametrize(
    ("begin", "end", "attributes", "times"),
    [
        ("00:00:04.920", "00:00:07.28", "", (4.92, 7.28)),
        ("00:00:04:23", "00:00:07:07", 'ttp:frameRate="25"', (4.92, 7.28)),
        ("00:00:10:15", "00:00:11:00", 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', (10.501, 11.0)),
        ("00:00:10:12", "00:00:11:00", 'ttp:frameRate="24" ttp:frameRateMultiplier="1000:1001"', (10.501, 11.0)),
        ("00:00:10:15", "00:00:11:00", "", (10.5, 11.0)),
        ("00:00:10;15", "00:00:11;00", 'ttp:frameRate="30"', (10.5, 11.0)),
        ("00:00:02:12.1", "00:00:03:00", 'ttp:frameRate="25" ttp:subFrameRate="2"', (2.5, 3.0)),
        ("49200000t", "72800000t", 'ttp:tickRate="10000000"', (4.92, 7.28)),
        ("492t", "728t", 'ttp:tickRate="100"', (4.92, 7.28)),
        ("123f", "182f", 'ttp:frameRate="25"', (4.92, 7.28)),
        ("4.92s", "7280ms", "", (4.92, 7.28)),
        ("0.1m", "0.5h", "", (6.0, 1800.0)),
        ("00:04.920", "00:07,280", "", (4.92, 7.28)),
        ("4.92", "7.28", "", (4.92, 7.28)),
    ],
)
def test_times_of_ttml(begin: str, end: str, attributes: str, times: tuple[float, float]) -> None:
    found = ttml(f'<body><div><p begin="{begin}" end="{end}">Tea.</p></div></body>', attributes)
    assert rows(found) == [(*times, "Tea.")]


@pytest.mark.parametrize("namespace", ["http://www.w3.org/ns/ttml", "http://www.w3.org/2006/10/ttaf1",
                                       "http://www.w3.org/2006/04/ttaf1", ""])  # fmt: skip
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<body><div><p begin="1s" dur="2s">Tea.</p></div></body>', [(1.0, 3.0, "Tea.")]),
        ('<body begin="10s"><div begin="5s"><p begin="1s" end="2s">Tea.</p></div></body>', [(16.0, 17.0, "Tea.")]),
        ('<body><div begin="5s" end="7s"><p>Tea.</p></div></body>', [(5.0, 7.0, "Tea.")]),
        ('<body><div><p><span begin="1s" end="2s">Some tea.</span><br/>'
         '<span begin="2s" end="3s">No tea.</span></p></div></body>',
         [(1.0, 2.0, "Some tea."), (2.0, 3.0, "No tea.")]),
        ('<body><div><p begin="10s" end="14s"><span begin="1s" end="2s">Some tea.</span></p></div></body>',
         [(11.0, 12.0, "Some tea.")]),
        ('<body><div><p begin="1s" end="3s"><span begin="0s">So</span> <span begin="1s">me</span></p></div></body>',
         [(1.0, 3.0, "So me")]),
        ('<body><div timeContainer="seq"><p dur="2s">One.</p><p dur="3s">Two.</p></div></body>',
         [(0.0, 2.0, "One."), (2.0, 5.0, "Two.")]),
        ('<body><div><p begin="1s">One.</p><p begin="4s">Two.</p></div></body>',
         [(1.0, 4.0, "One."), (4.0, 14.0, "Two.")]),
        ('<body><div><p begin="1s" end="3s">One<br/>two &amp; &lt;three&gt;\n   more</p></div></body>',
         [(1.0, 3.0, "One / two & <three> more")]),
        ('<body><div><p begin="1s" end="3s">Tom & Jerry&nbsp;caf&eacute;</p></div></body>',
         [(1.0, 3.0, "Tom & Jerry café")]),
    ],
)  # fmt: skip
def test_structure_of_ttml(body: str, expected: list[tuple[float, float, str]], namespace: str) -> None:
    assert rows(ttml(body, namespace=namespace)) == expected


def test_a_wrong_time_costs_its_cue_only() -> None:
    cues = '<p begin="soon" end="2s">A.</p><p begin="3s" end="4s">B.</p><p begin="9s" end="8s">C.</p>'
    found = ttml(f"<body><div>{cues}</div></body>")
    assert rows(found) == [(3.0, 4.0, "B.")]
    assert [problem.sentence for problem in found.problems] == [
        "times cannot be read (soon)",
        "cue ends before it starts (00:00:09,000 → 00:00:08,000)",
    ]


def test_a_document_that_breaks_off_keeps_what_it_had() -> None:
    data = b'<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">One.</p><p begin="3s" end="4s">Tw'
    found = read_bytes(data, "a.ttml")
    assert rows(found)[0] == (1.0, 2.0, "One.")
    assert found.problems[-1].sentence.startswith("breaks off")


def test_undeclared_prefixes_and_other_encodings_of_xml() -> None:
    text = (
        '<tt ttp:frameRate="25"><body><div><p begin="00:00:01:05" end="2s" tts:color="red">Thé.</p></div></body></tt>'
    )
    assert rows(read_bytes(text.encode(), "a.ttml")) == [(1.2, 2.0, "Thé.")]
    for encoding in ("utf-16", "iso-8859-1"):
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)
        assert rows(read_bytes(declared, "a.ttml", "fr")) == [(1.2, 2.0, "Thé.")]


def test_agents_and_colours_of_ttml_tell_speakers_apart() -> None:
    head = (
        '<metadata><ttm:agent xml:id="m" type="character"><ttm:name type="alias">Marta</ttm:name></ttm:agent>'
        "</metadata>"
        '<styling><style xml:id="y" tts:color="yellow"/><style xml:id="z" style="y"/></styling>'
    )
    body = (
        '<body><div><p begin="1s" end="2s" ttm:agent="m">Tea.</p>'
        '<p begin="3s" end="5s"><span style="z">Yes?</span><br/><span tts:color="#ffffff">No.</span></p>'
        '<p begin="6s" end="7s" style="y">Oh.</p><p begin="8s" end="9s">Ah.</p></div></body>'
    )
    found = split(ttml(body, head=head).cues)
    assert [(line.cue.speaker, line.text) for line in found.lines] == [
        ("Marta", "Tea."), ("", "Yes?"), ("", "No."), ("", "Oh."), ("", "Ah."),
    ]  # fmt: skip


def test_languages_of_divisions() -> None:
    body = (
        '<body><div xml:lang="en"><p begin="1s" end="2s">Tea.</p></div>'
        '<div xml:lang="fr"><p begin="1s" end="2s">Du thé.</p></div></body>'
    )
    text = f'<tt xmlns="http://www.w3.org/ns/ttml">{body}</tt>'.encode()
    for language, expected in (("en", "Tea."), ("fra", "Du thé.")):
        found = read_bytes(text, "a.ttml", language)
        assert [row for *_, row in rows(found)] == [expected]
        assert "another language" in found.problems[0].sentence


@pytest.mark.parametrize(
    ("text", "format_", "expected"),
    [
        ("0:00:01.000,0:00:02.500\nTea.\nNow.\n\n0:00:03.000,0:00:04.000\n>> MARTA: No.\n", "sbv",
         [(1.0, 2.5, "Tea. / Now."), (3.0, 4.0, ">> MARTA: No.")]),
        ("[INFORMATION]\n[TITLE]x\n[END INFORMATION]\n[SUBTITLE]\n00:00:01.00,00:00:02.50\nTea.[br]Now.\n\n", "sbv",
         [(1.0, 2.5, "Tea. / Now.")]),
        ("$FontName = Arial\n\n//x\n00:00:01:00 , 00:00:02:12 , Tea.|^INow.^I\n", "spruce",
         [(1.0, 2.48, "Tea. / Now.")]),
        ('<?xml version="1.0"?><transcript><text start="1" dur="5">Tea &amp;amp; bread&amp;#39;s</text>'
         '<text start="3.5" dur="1">No.</text></transcript>', "youtube",
         [(1.0, 3.5, "Tea & bread's"), (3.5, 4.5, "No.")]),
        ('<timedtext format="3"><head><pen id="1" fc="#FFFF00"/></head><body><p t="1000" d="2500" p="1">Tea.</p>'
         '<p t="3500" d="900" w="1"><s>will</s><s t="200"> you</s></p>'
         '<p t="4400" d="10" a="1">\n</p></body></timedtext>',
         "youtube", [(1.0, 3.5, "Tea."), (3.5, 4.4, "will you")]),
        ('<timedtext><body><p t="1000" d="2000">Tea.<br/></p></body></timedtext>', "youtube", [(1.0, 3.0, "Tea.")]),
        ("<SAMI><BODY><SYNC Start=1000><P Class=ENCC>Tea.<br>Now.<SYNC Start=2500><P Class=ENCC>&nbsp;"
         "<SYNC Start=3000><P Class=ENCC>No.</BODY></SAMI>", "sami", [(1.0, 2.5, "Tea. / Now."), (3.0, 8.0, "No.")]),
        ("{25}{50}Tea.|Now.\n", "microdvd", [(1.043, 2.085, "Tea. / Now.")]),
        ("[10][25]Tea.|Now.\n", "mpl2", [(1.0, 2.5, "Tea. / Now.")]),
        ("{25}{}Tea.\n{50}{75}No.\n", "microdvd", [(1.043, 2.085, "Tea."), (2.085, 3.128, "No.")]),
        ("[10][]Tea.\n[25][30]No.\n", "mpl2", [(1.0, 2.5, "Tea."), (2.5, 3.0, "No.")]),
        ("[START SCRIPT]\n[00:00:01]\nTea.|Now.\n[00:00:03]\n\n[00:00:05]\nNo.\n[00:00:06]\n", "subviewer",
         [(1.0, 3.0, "Tea. / Now."), (5.0, 6.0, "No.")]),
        ("00:00:01=Tea.|Now.\n00:00:02=No.\n", "tmp", [(1.0, 2.0, "Tea. / Now."), (2.0, 2.0, "No.")]),
        ("00:00:01:Tea.|Now.\n00:00:02:No.\n", "tmp", [(1.0, 2.0, "Tea. / Now."), (2.0, 2.0 + 0.0, "No.")]),
    ],
)  # fmt: skip
def test_formats_of_text(text: str, format_: str, expected: list[tuple[float, float, str]]) -> None:
    found = read_bytes(text.encode(), "a.txt")
    assert found.format == format_
    if format_ == "tmp":
        assert [(start, row) for start, _, row in rows(found)] == [(start, row) for start, _, row in expected]
    else:
        assert rows(found) == expected


def test_classes_of_sami_are_languages_and_a_source_is_a_name() -> None:
    text = (
        "<SAMI><STYLE><!-- .ENCC {Name:English; lang: en-US;} .FRCC {Name:F; lang: fr-FR;} --></STYLE><BODY>"
        "<SYNC Start=1000><P Class=ENCC ID=Source>Marta<P Class=ENCC>Tea.<P Class=FRCC>Du thé."
        "<SYNC Start=2000><P Class=FRCC>Non.<SYNC Start=3000><P Class=ENCC>&nbsp;<P Class=FRCC>&nbsp;</BODY></SAMI>"
    )
    english, french = (read_bytes(text.encode(), "a.smi", language) for language in ("en", "fr"))
    assert rows(english) == [(1.0, 3.0, "Tea.")]
    assert english.cues[0].speaker == "Marta"
    assert rows(french) == [(1.0, 2.0, "Du thé."), (2.0, 3.0, "Non.")]
    assert "left out" in english.problems[0].sentence


SCC = """Scenarist_SCC V1.0

00:00:01:00	94ae 94ae 9420 9420 9470 9470 54e5 61ae 942f 942f

00:00:03:00	942c 942c

00:00:04:00	94ae 94ae 9420 9420 9470 9470 ceef ae80 942f 942f

00:00:06:00	942c 942c
"""


@pytest.mark.parametrize("head", ["Scenarist_SCC V1.0", "scenarist_scc v1.1", ""])
def test_scc(head: str) -> None:
    found = read_bytes(SCC.replace("Scenarist_SCC V1.0", head).encode(), "a.scc")
    assert found.format == "scc"
    assert [row for *_, row in rows(found)] == ["Tea.", "No."]
    assert [start for start, *_ in rows(found)] == pytest.approx([1.3, 4.3], abs=0.15)


@pytest.mark.parametrize(
    "data", [b"850STL25.01" + b"\x00" * 1100, SCC.encode()[:60], b"Scenarist_SCC V1.0\n\n00:00:01:00\tzzzz\n"]
)
def test_broken_broadcast_captions_are_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_bytes(data, "a.stl")
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6), st.sampled_from([SCC, "0:00:01.000,0:00:02.500\nTea.\n", '<transcript><text start="1">Tea'])
)
def test_damaged_files_of_these_formats_are_read_or_refused(seed: int, text: str) -> None:
    data = bytearray(text.encode())
    data[seed % len(data)] = seed % 251
    try:
        said: tuple[object, ...] = read_bytes(bytes(data), "a.txt").problems
    except InputError as error:
        said = (error,)
    assert all(str(one).isprintable() for one in said)


@pytest.mark.shared
@pytest.mark.skipif(not GAUNTLET.is_dir(), reason="wants ../shared/data/reader_gauntlet")
def test_files_of_other_projects_read_like_their_siblings() -> None:
    readings = read_all(GAUNTLET)
    wrong = {path.name: why for path, (right, why) in verdicts(readings).items() if not right}
    assert not wrong
    assert sum(reading.found is not None for reading in readings) >= 67
