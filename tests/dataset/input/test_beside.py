"""What belongs to a media file, by stem, by number, by folder; and what names say of a subtitle."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from audiorole.dataset.input.beside import script_file, script_files, subtitle_files
from audiorole.dataset.input.release.tags import read_tags, title_tags
from tests.dataset.input.test_scan import put

CUE = "1\n00:00:01,000 --> 00:00:02,000\nWell then.\n"
SCRIPT = "ANNA: Well then.\nBEN: What?\nANNA: Nothing at all.\n"


def subtitles(root: Path, media: str) -> list[str]:
    return sorted(source.path for source in subtitle_files(root / media, root))


@pytest.mark.parametrize(
    ("media", "subtitle"),
    [
        ("Jungle.S01E01.720p.x264-G.mkv", "Jungle - 1x01 - Skull.en.srt"),
        ("Jungle - 1x01.mkv", "jungle.s01e01.webrip.srt"),
        ("Season 1/01 - Part.mkv", "Season 1/Jungle.S01E01.srt"),
        ("Season 1/01 - Part.mkv", "Subs/S01E01.srt"),
        ("Show.S01E01.mkv", "show.s01e01.SRT"),
        ("Show_S01E01.mkv", "Show.S01E01.en.srt"),
        ("Show.S01E01.mkv", "Subs/Show.S01E01/2_English.srt"),
        ("Show.S01E01.mkv", "Subs/S01E01/English.srt"),
        ("Show.S01E01.mkv", "Subs/English/Show.S01E01.srt"),
        ("Show.S01E01.mkv", "subtitles/1x01.srt"),
        ("[G] Red Door - 01 [1080p].mkv", "Red Door - 01.ass"),
        ("Show.S01E01.CD1.mkv", "Show.S01E01.srt"),
        ("Show.S01E01.mkv", "show 101.srt"),
        ("Don't Go S01E01.mkv", "Dont.Go.S01E01.srt"),
        ("Show.S01E01.mkv", "Show.S01E01/English.srt"),
        ("Show.S01E01.mkv", "Show.S01E01.mkv.srt"),
        ("Season 1/Show - 01.mkv", "Season 1/Subtitles/01 English.srt"),
        ("[G][Show][05][1080p].mkv", "[H][Show][05].sc.ass"),
        ("Сериал 1 серия.mkv", "Сериал - 01.srt"),
    ],
)
def test_subtitles_of_another_name_and_place_are_found(tmp_path, media, subtitle):
    put(tmp_path, media, subtitle, str(Path(media).with_name("09.mkv")))
    assert subtitles(tmp_path, media) == [subtitle]


@pytest.mark.parametrize(
    ("media", "subtitle"),
    [
        ("Show.S01E01.mkv", "Show.S01E02.srt"),
        ("Show.S01E01.mkv", "Show.S01E010.srt"),
        ("Show.S01E01.mkv", "Show.S02E01.srt"),
        ("Show.S01E01.mkv", "Show.S01E102.srt"),
        ("Show.S01E01.mkv", "Subs/Show.S01E02/2_English.srt"),
        ("Show.S01E01.mkv", "english.srt"),
        ("Show.S01E01.mkv", "Show.S01E02/English.srt"),
        ("Show.S01E01.mkv", "Subs/02 English.srt"),
        ("Show.S01E01.CD1.mkv", "Show.S01E01.CD2.srt"),
        ("[G] Red Door - 01.mkv", "Blue Tower - 01.srt"),
    ],
)
def test_subtitles_of_another_episode_are_not(tmp_path, media, subtitle):
    put(tmp_path, media, subtitle, "Show.S01E09.mkv", "Blue Tower - 03.mkv")
    assert subtitles(tmp_path, media) == []


@pytest.mark.parametrize("subtitle", ["english.srt", "Subs/2_English.srt", "Another name.srt"])
def test_beside_a_single_media_file_every_subtitle_may_be_its(tmp_path, subtitle):
    put(tmp_path, "Show.S01E01.mkv", subtitle, "Extras/x.mkv")
    assert subtitles(tmp_path, "Show.S01E01.mkv") == [subtitle]


@pytest.mark.parametrize(("media", "subtitle"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_are_one_however_they_are_written(tmp_path, media, subtitle):
    name = unicodedata.normalize(media, "Café.S01E02")
    put(tmp_path, f"{name}.mkv", unicodedata.normalize(subtitle, "CAFÉ.s01e02.srt"), "Show.S01E09.mkv")
    assert len(subtitles(tmp_path, f"{name}.mkv")) == 1


def test_a_text_is_a_subtitle_where_it_reads_as_one_else_a_script(tmp_path):
    put(tmp_path, "Show.S01E01.mkv", "Show.S01E02.mkv")
    (tmp_path / "Show.S01E01.txt").write_text("{1}{1}25\n{10}{40}Well then.\n{50}{90}What?\n")
    (tmp_path / "Show.S01E02.txt").write_text(SCRIPT)
    assert subtitles(tmp_path, "Show.S01E01.mkv") == ["Show.S01E01.txt"]
    assert script_file(tmp_path / "Show.S01E01.mkv", tmp_path) is None
    assert subtitles(tmp_path, "Show.S01E02.mkv") == []
    assert script_file(tmp_path / "Show.S01E02.mkv", tmp_path) == tmp_path / "Show.S01E02.txt"


@pytest.mark.parametrize(
    "name", ["Show 1x01 - Pilot.script.txt", "Scripts/S01E01.txt", "show.s01e01.transcript.txt", "Transcripts/1x01.txt"]
)
def test_a_script_of_another_name_is_found_by_its_number(tmp_path, name):
    put(tmp_path, "Show.S01E01.1080p.mkv", "Show.S01E02.mkv", name)
    (tmp_path / name).write_text(SCRIPT)
    assert script_file(tmp_path / "Show.S01E01.1080p.mkv", tmp_path) == tmp_path / name
    assert script_files(tmp_path / "Show.S01E02.mkv", tmp_path) == []


def test_a_text_that_is_no_script_is_none(tmp_path):
    put(tmp_path, "Show.S01E01.mkv")
    (tmp_path / "RARBG.txt").write_text("downloaded somewhere\n")
    assert script_files(tmp_path / "Show.S01E01.mkv", tmp_path) == []


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Show.S01E01.pt-BR", "pt"), ("Show.S01E01.zh-Hans.sdh", "zh"), ("10_Cze", "cs"), ("Show.en[cc]", "en"),
        ("Show (English)", "en"), ("en_US", "en"), ("Show.cz", "cs"), ("Show.S01E02.hi", ""), ("Show It Is", ""),
    ],
)  # fmt: skip
def test_the_language_of_a_name(name, language):
    assert read_tags(name).language == language


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Signs & Songs", "signs"), ("Signs/Songs [Grp]", "signs"), ("Commentary by the crew", "commentary"),
        ("English (Forced)", "forced"), ("English SDH", "sdh"), ("Karaoke", "signs"),
        ("Director's Commentary", "commentary"),
        ("Czech - nucené", "forced"),
        ("ru надписи", "signs"),
        ("English for the Deaf", "sdh"),
    ],
)  # fmt: skip
def test_the_title_of_a_track_says_what_it_holds(title, kind):
    found = title_tags(title)
    assert [name for name in ("signs", "commentary", "forced", "sdh") if getattr(found, name)] == [kind]
    assert not any(getattr(title_tags("English Dialogue"), name) for name in ("signs", "commentary", "forced", "sdh"))
