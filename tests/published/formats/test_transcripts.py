"""Who says what when: other libraries, and the reader of subtitles, read back times, names and words."""

from __future__ import annotations

import pysubs2
import pytest

from audiorole.dataset.subtitles import read, split
from audiorole.published.exporting import export_lines
from audiorole.published.formats.transcripts.subtitles import unmarked
from audiorole.published.lines import published_lines
from audiorole.published.selection import Selection
from tests.published.tiny import RATE, TEXTS, tone

NAMES = ["Gus", "Ann Lee", "Gus", "", "Ann_Lee", "Gus"]


def words(text: str) -> list[str]:
    return text.split()


def test_rttm_is_read_by_another_library(out, tmp_path):
    lhotse = pytest.importorskip("lhotse", reason="needs the package lhotse (audiorole[dev])")
    export_lines(out, "rttm", tmp_path / "r")
    turns = list(lhotse.SupervisionSet.from_rttm(tmp_path / "r" / "show-s01e01.rttm"))
    assert [turn.start for turn in turns] == [3.0 * n for n in range(1, 7)]
    assert [turn.duration for turn in turns] == pytest.approx([len(tone(n)) / RATE for n in range(1, 7)], abs=1e-3)
    assert turns[0].speaker == turns[2].speaker == "show/Gus"
    assert len({turn.speaker for turn in turns}) == 4  # `Ann Lee` and `Ann_Lee` are two
    others = lhotse.SupervisionSet.from_rttm(tmp_path / "r" / "other-s01e01.rttm")
    assert not {turn.speaker for turn in turns} & {turn.speaker for turn in others}


def test_rttm_is_read_as_an_annotation(out, tmp_path):
    core = pytest.importorskip("pyannote.core", reason="needs the package pyannote.core (audiorole[dev])")
    export_lines(out, "rttm", tmp_path / "r")
    annotation = core.Annotation(uri="show-s01e01")
    for row in (tmp_path / "r" / "show-s01e01.rttm").read_text(encoding="utf-8").splitlines():
        _, uri, _, start, duration, _, _, who, _, _ = row.split(" ")
        assert uri == "show-s01e01"
        annotation[core.Segment(float(start), float(start) + float(duration)), row] = who
    assert annotation.label_duration("show/Gus") == pytest.approx(sum(len(tone(n)) for n in (1, 3, 6)) / RATE, abs=0.01)


def test_stm_has_one_row_a_line(out, tmp_path):
    export_lines(out, "stm", tmp_path / "s")
    rows = [row.split(" ", 5) for row in (tmp_path / "s" / "show-s01e01.stm").read_text(encoding="utf-8").splitlines()]
    assert [float(row[3]) for row in rows] == [3.0 * n for n in range(1, 7)]
    assert [words(row[5]) for row in rows] == [words(text.replace(";;", ";")) for text in TEXTS]
    assert len({row[2] for row in rows}) == 4


@pytest.mark.parametrize("form", ["srt", "ass"])
def test_subtitles_come_back_by_the_library(form, out, tmp_path):
    export_lines(out, form, tmp_path / "s")
    found = pysubs2.load(str(tmp_path / "s" / f"show-s01e01.{form}"), encoding="utf-8")
    step = 10 if form == "ass" else 1  # ASS counts hundredths
    assert [event.start for event in found] == [3000 * n for n in range(1, 7)]
    assert [event.end for event in found] == pytest.approx(
        [3000 * n + len(tone(n)) / 16 for n in range(1, 7)], abs=step
    )
    said = [words(unmarked(text)) for text in TEXTS]
    if form == "ass":
        assert [event.name for event in found] == NAMES
        assert [words(event.plaintext) for event in found] == said
    else:
        assert [words(event.text) for event in found] == [
            [*words(f"[{n}]" if n else ""), *t] for n, t in zip(NAMES, said, strict=True)
        ]


@pytest.mark.parametrize("form", ["srt", "ass"])
def test_subtitles_come_back_by_our_own_reader_with_their_speakers(form, out, tmp_path):
    export_lines(out, form, tmp_path / "s", Selection(least_probability=0.8))
    for episode in ("show-s01e01", "other-s01e01"):
        found = split(read(tmp_path / "s" / f"{episode}.{form}").cues, names=("Gus", "Ann Lee"))
        lines = [line for line in published_lines(out) if line.stem == episode and line.values["probability"] >= 0.8]
        assert [line.cue.speaker for line in found.lines] == [line.values["character"] for line in lines]
        assert [words(line.text) for line in found.lines] == [words(unmarked(line.values["text"])) for line in lines]
        assert [line.start for line in found.lines] == pytest.approx(
            [line.values["start"] for line in lines], abs=0.011
        )


def test_textgrid_is_read_by_two_libraries(out, tmp_path):
    praatio = pytest.importorskip("praatio.textgrid", reason="needs the package praatio")
    reader = pytest.importorskip("textgrid", reason="needs the package textgrid (audiorole[dev])")
    report = export_lines(out, "textgrid", tmp_path / "t")
    assert report.notes == ("9 lines: the words have no times; the file holds the line alone",)
    path = tmp_path / "t" / "show-s01e01.TextGrid"
    grid = praatio.openTextgrid(str(path), includeEmptyIntervals=False)
    again = reader.TextGrid.fromFile(str(path))
    assert list(grid.tierNames) == [tier.name for tier in again]
    for tier in again:
        spoken = [(one.minTime, one.maxTime, one.mark) for one in tier if one.mark]
        known = grid.getTier(tier.name).entries
        assert [mark for _, _, mark in spoken] == [one.label for one in known]
        assert [start for start, _, _ in spoken] == pytest.approx([one.start for one in known], abs=1e-4)
        assert [end for _, end, _ in spoken] == pytest.approx([one.end for one in known], abs=1e-4)
    lines = [line for line in published_lines(out) if line.values["episode"] == "show/s01e01"]
    own = [line for line in lines if line.voice == "show/Gus"]
    assert [(one.start, one.end) for one in grid.getTier("show/Gus").entries] == [
        pytest.approx((line.values["start"], line.values["end"])) for line in own
    ]
    timed = [word for line in own for word in line.values["words"]]
    found = grid.getTier("show/Gus – words").entries
    assert [one.label for one in found] == [word["text"] for word in timed]
    assert [one.start for one in found] == pytest.approx([word["start"] for word in timed], abs=1e-6)
