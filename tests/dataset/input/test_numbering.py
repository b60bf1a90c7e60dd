"""Which episode a name speaks of, in the forms that people write; three of each kind at least."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.dataset.input.extras import extra_reason, short_ones
from audiorole.dataset.input.release.numbering import read_name
from audiorole.dataset.input.release.seasons import season_folder


@pytest.mark.parametrize(
    ("name", "show", "code"),
    [
        ("Show.S01E02.1080p", "Show", "s01e02"),
        ("Show - S01 - E05", "Show", "s01e05"),
        ("Show S01.E05.AAC2.0.x264-GRP", "Show", "s01e05"),
        ("Show [1x05]", "Show", "s01e05"),
        ("Show.1x05.x264", "Show", "s01e05"),
        ("Show.S01E01E02", "Show", "s01e01"),
        ("Show.S2021E01", "Show", "s2021e01"),
        ("Show Season 1 Episode 5", "Show", "s01e05"),
        ("Show 2. Staffel Folge 7", "Show", "s02e07"),
        ("Show, Série 2, díl 3", "Show,", "s02e03"),
        ("Show 第1季 第03集", "Show", "s01e03"),
        ("9-1-1 S01E02", "9-1-1", "s01e02"),
        ("Beverly Hills, 90210 - 1x05", "Beverly Hills, 90210", "s01e05"),
        ("Show T01 E05", "Show", "s01e05"),
        ("Show Sezon 1 Bölüm 5", "Show", "s01e05"),
        ("Show 1. Sezon 5. Bölüm", "Show", "s01e05"),
        ("Show Sezonul 1 Episodul 5", "Show", "s01e05"),
        ("Show Σεζόν 1 Επεισόδιο 5", "Show", "s01e05"),
        ("Show 1 сезон 5 серия", "Show", "s01e05"),
        ("Show 第一季 第十二集", "Show", "s01e12"),
        ("[Grp] Show S2 - 05 [1080p]", "Show", "s02e05"),
        ("[Grp] Show 2nd Season - 05 [1080p]", "Show", "s02e05"),
        ("[Grp] Show II - 05 [1080p]", "Show II", "e005"),
        ("Show_Series_1_-_05._Title_b00abc12_original", "Show", "s01e05"),
        ("Show - Series 1 - 5. Title", "Show", "s01e05"),
        ("Show.Series.1.5of6.Title", "Show", "s01e05"),
        ("Show S1-05", "Show", "s01e05"),
        ("Show.{S01E05}", "Show", "s01e05"),
    ],
)
def test_season_and_episode_in_one_name(name, show, code):
    found = read_name(name)
    assert (found.show, found.code) == (show, code)


@pytest.mark.parametrize(
    ("name", "show", "code"),
    [
        ("[Grp] Blue Tower - 01 [1080p]", "Blue Tower", "e001"),
        ("[Sub] Naruto - 013v2 (720p) [ABCD1234]", "Naruto", "e013"),
        ("One Piece - 1071 [1080p]", "One Piece", "e1071"),
        ("Harbour - 12 (DTS 5.1x265)", "Harbour", "e012"),
        ("Harbour - 12 (DD5.1 x264)", "Harbour", "e012"),
        ("Harbour - 12 [H.265 7.1ch 1920x1080]", "Harbour", "e012"),
        ("Harbour - 12 (AAC 2.0x264 60fps HDR10 640kbps)", "Harbour", "e012"),
        ("[Grp]_Red_Door_-_01_[1080p]", "Red Door", "e001"),
        ("Red.Door.01.1080p.x265", "Red.Door", "e001"),
        ("The 100 - 03", "The 100", "e003"),
        ("Area 88 - 05", "Area 88", "e005"),
        ("Show - 05 - 12 Monkeys", "Show", "e005"),
        ("Show 第12話", "Show", "e012"),
        ("Show.E05", "Show", "e005"),
        ("Show.1of6", "Show", "e001"),
        ("Show 5. díl", "Show", "e005"),
        ("Название 5 серия", "Название", "e005"),
        ("Show odc. 5", "Show", "e005"),
        ("节目.第05期", "节目", "e005"),
        ("쇼 제5화", "쇼", "e005"),
        ("쇼 5회", "쇼", "e005"),
        ("Show 05話", "Show", "e005"),
        ("[Grp][Show Name][05][1080p]", "Show Name", "e005"),
        ("【Grp】【Show Name】【05】【1080P】", "Show Name", "e005"),
        ("[Grp] Show [05][BIG5][1080p]", "Show", "e005"),
        ("[Grp] Show 05v2 [1080p]", "Show", "e005"),
        ("Show - 12 END [1080p]", "Show", "e012"),
        ("24 Folge 3", "24", "e003"),
        ("Episode 5", "", "e005"),
    ],
)
def test_episodes_without_a_season(name, show, code):
    found = read_name(name)
    assert (found.show, found.code) == (show, code)


@pytest.mark.parametrize(
    "name", ["pilot", "1984", "Blade Runner 2049", "Marta - 1", "x264", "Show 5.1x265", "12 Monkeys"]
)
def test_numbers_that_are_no_episodes(name):
    assert read_name(name).code == ""


@pytest.mark.parametrize(
    ("name", "show", "code"),
    [
        ("Show.2021.03.15", "Show", "2021-03-15"),
        ("Show - 2021-03-15 - Title", "Show", "2021-03-15"),
        ("Show 20210315 720p", "Show", "2021-03-15"),
        ("Show 15.03.2021", "Show", "2021-03-15"),
        ("Show 03-15-2021", "Show", "2021-03-15"),
        ("Show 99.99.2021", "", ""),
        ("Show 1920-1080", "", ""),
        ("Show S01E02 2021.03.15", "Show", "s01e02"),
        ("エピソード5", "", "e005"),
        ("Episode Twelve", "", "e012"),
        ("قسمت 5", "", "e005"),
    ],
)
def test_days_and_words(name, show, code):
    found = read_name(name)
    assert (found.show, found.code) == (show, code)


@pytest.mark.parametrize(
    ("name", "show", "season", "code"),
    [
        ("7 Lanterns - 01 - Part A", "7 Lanterns", 2, "s02e01"),
        ("7 Lanterns 03", "7 Lanterns", 2, "s02e03"),
        ("24 - 05", "24", 1, "s01e05"),
        ("12.Monkeys.07.Title", "12 Monkeys (2015)", 3, "s03e07"),
        ("01 - Pilot", "Mill", 0, "s00e01"),
        ("03", "Harbour", 1, "s01e03"),
        ("Capitulo 04", "Show", 1, "s01e04"),
    ],
)
def test_numbers_of_a_title_are_told_from_those_of_an_episode(name, show, season, code):
    assert read_name(name, show, season).code == code


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Show.S01E01.CD1", "1"),
        ("Show.S01E01.pt02", "2"),
        ("Show S01E01b", "b"),
        ("Show S01E01 - Teil 2", "2"),
        ("Show S01E01 Part II", "2"),
        ("Show S01E01 (part one)", "1"),
        ("Show S01E01 2of2", "2"),
        ("Show S01E01 - Party Time", ""),
    ],
)
def test_parts_of_an_episode(name, part):
    assert read_name(name).part == part


@pytest.mark.parametrize(
    ("name", "show", "season"),
    [
        ("Season 01 (The Skull)", "", 1),
        ("Season 1 [1080p]", "", 1),
        ("Season 2 - The Sloth", "", 2),
        ("S01", "", 1),
        ("S03 (2019)", "", 3),
        ("1. Staffel", "", 1),
        ("2ª Temporada", "", 2),
        ("3rd Season", "", 3),
        ("Second Season", "", 2),
        ("Season One", "", 1),
        ("第2季", "", 2),
        ("Season II", "", 2),
        ("Specials", "", 0),
        ("OVA", "", 0),
        ("Season 00", "", 0),
        ("Show.S02.1080p.WEB-DL", "Show", 2),
        ("Show - Season 3", "Show", 3),
        ("第一季", "", 1),
        ("시즌 2", "", 2),
        ("Sezonul 1", "", 1),
        ("Σεζόν 1", "", 1),
        ("الموسم 1", "", 1),
        ("עונה 3", "", 3),
    ],
)
def test_folders_of_a_season(name, show, season):
    found = season_folder(name)
    assert found
    assert (found.show, found.season) == (show, season)


@pytest.mark.parametrize("name", ["Lanterns", "Season", "Les Saisons", "24", "Show.S01E02.720p", "Sons of Nobody"])
def test_folders_of_no_season(name):
    assert season_folder(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Show/Extras/Cook.mkv",
        "Show/Season 1/Featurettes/x.mkv",
        "Show/Deleted Scenes/S01E01 x.mkv",
        "Show/interviews/a.mkv",
        "Show/Show S01E02-trailer.mp4",
        "Show/show.s01e03.720p.x264-grp-sample.mkv",
        "Show/sample-show.s01e01.mkv",
        "Show/Show S01E02 Trailer.mkv",
        "Show/Movie-interview.mkv",
        "Show/[Grp] Show - NCOP1v2 [1080p].mkv",
        "Show/[Grp] Show - PV1.mkv",
        "Show/Creditless Opening.mkv",
        "Show/Show - Trailer 2.mkv",
        "Show/Teaser 1 - Season 2.mkv",
        "Show/Gag Reel.mkv",
        "Show/Show - Blooper Reel.mkv",
        "Show/The Making of Show.mkv",
        "Show/Season 1/Show.S01.Extras/x.mkv",
        "Show/[Grp] Show - Menu 01.mkv",
        "Show/[Grp] Show NC OP 01.mkv",
        "Show/RARBG.com.mp4",
        "Show/theme.mp3",
        "Show/Zusatzmaterial/x.mkv",
        "Show/Bonusy/x.mkv",
        "Show/Bande-annonce.mkv",
        "Show/OST/01 - Title.mp3",
    ],
)
def test_extras_are_known_by_name_and_folder(name):
    assert extra_reason(Path("in") / name, Path("in")).startswith("an extra: ")


@pytest.mark.parametrize(
    "name",
    [
        "Show.S01E03.The.Interview.mkv",
        "Show.S01E03.The.Trailer.mkv",
        "Show - 05 - Making of a Man.mkv",
        "interviews/a.wav",
        "interview.wav",
        "Extras/Extras.S01E01.mkv",
        "Trailer Park/01.mkv",
        "Show.S01E04.The.Making.of.a.Man.mkv",
        "Show/Season 1/05 - Menu.mkv",
        "Themes/01.mkv",
    ],
)
def test_episodes_that_sound_like_extras_stay(name):
    assert extra_reason(Path("in") / name, Path("in")) == ""


def test_what_is_much_shorter_and_has_no_number_is_a_clip():
    numbered = [Path("1x01.mkv"), Path("1x02.mkv")]
    seconds = {numbered[0]: 1300.0, numbered[1]: 1320.0, Path("hello.mkv"): 90.0, Path("pilot.mkv"): 1250.0}
    assert list(short_ones([Path("hello.mkv"), Path("pilot.mkv")], numbered, seconds)) == [Path("hello.mkv")]
    assert short_ones([Path("hello.mkv")], numbered, {Path("hello.mkv"): 90.0}) == {}
