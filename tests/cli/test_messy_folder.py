"""A folder as a release leaves it: what is taken, what is left and why, before a build, after it, and in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiorole.dataset.input.leftovers import leftovers
from audiorole.dataset.input.scan import scan
from audiorole.testing.media import write_media
from audiorole.testing.series import LINES, Line, sound, srt, write_episode

WRONG: tuple[Line, ...] = (
    (0.1, 0.4, "", "Quite another thing."),
    (1.8, 2.1, "", "Said at other times."),
    (3.3, 3.7, "", "By other people."),
    (5.05, 5.4, "", "In another place."),
    (6.5, 6.9, "", "About something else."),
    (8.0, 8.4, "", "And then it ended."),
)
PLAIN = [(start, end, "", text) for start, end, _, text in LINES]


def unnamed(lines) -> str:
    return srt(lines).replace("\n: ", "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write two episodes: the first with everything that a release has, the second with a script alone."""
    root = tmp_path / "in" / "Show" / "Season 1"
    (root / "Subs" / "S01E01").mkdir(parents=True)
    (root / "Extras").mkdir()
    media = root / "Show.S01E01.1080p.x264-G.mkv"
    write_media(media, sound(), streams=("eng", "cze", "eng"), flags=("comment", "", "default"))
    write_media(root / "Show.S01E02.1080p.x264-G.mkv", sound(seed=1), streams=("eng",))
    write_media(root / "Extras" / "Talk.mkv", sound(seed=2))
    write_media(root / "sample.mkv", sound(seed=3))
    (root / "Subs" / "S01E01" / "2_English.srt").write_text(unnamed(PLAIN))
    (root / "Subs" / "S01E01.cze.srt").write_text(unnamed(PLAIN).replace("morning", "ráno"))
    (root / "Show.S01E01.srt").write_text(unnamed(WRONG))
    (root / "Show.S01E01.en.forced.srt").write_text(unnamed([(2.2, 3.2, "", "Inn.")]))
    (root / "Show.S01E07.srt").write_text(unnamed(PLAIN))
    script = "\n".join(f"{speaker}: {text}" for _, _, speaker, text in LINES)
    (root / "Show 1x01 - Pilot.script.txt").write_text(script)
    (root / "Show 1x01 - Pilot.transcript.txt").write_text("ANNA: Nothing.\nBEN: Of the kind.\nANNA: Was said.\n")
    (root / "cast.toml").write_text('[[character]]\nname = "Anna"\n')
    return tmp_path / "in"


def test_the_dry_run_says_what_each_episode_takes_and_what_is_left(folder, tmp_path, shell):
    assert shell.build(folder, tmp_path / "out", "--dry-run") == 0
    said = shell.said.splitlines()
    first = next(line for line in said if line.startswith("show/s01e01: "))
    for words in (
        "audio #2 eng flac, ",
        "subtitles best of Subs/S01E01/2_English.srt (en), Subs/S01E01.cze.srt (cs), Show.S01E01.srt, ",
        "script Show 1x01 - Pilot.script.txt, cast Show/Season 1/cast.toml; left over: ",
        "Show.S01E01.en.forced.srt (forced by its name",
        "Show 1x01 - Pilot.transcript.txt (another script)",
        "audio #0 eng flac (a commentary)",
        "audio #1 cze flac (another is heard)",
    ):
        assert words in first
    assert next(line for line in said if line.startswith("show/s01e02: ")).endswith(
        "audio #0 eng flac, subtitles none, script none, cast Show/Season 1/cast.toml"
    )
    assert "not used: Show/Season 1/Show.S01E07.srt: a subtitle of s01e07, which is not here" in said
    assert any("Extras/Talk.mkv: an extra" in line for line in said)
    assert any("sample.mkv: an extra" in line for line in said)
    assert not (tmp_path / "out").exists()


def test_the_build_uses_the_best_and_names_the_rest(folder, tmp_path, shell):
    assert shell.build(folder, tmp_path / "out") == 0
    for words in (
        "not used for show/s01e01: Show.S01E01.srt: does not fit the speech",
        "not used for show/s01e01: Subs/S01E01.cze.srt: said to be cs, but en is spoken",
        "not used for show/s01e01: Show.S01E01.en.forced.srt: only what is foreign to the listener (forced)",
        "not used for show/s01e01: Show 1x01 - Pilot.transcript.txt: ",
        "not used for show/s01e01: audio #0 eng flac: a commentary",
        "not used: Show/Season 1/Show.S01E07.srt: a subtitle of s01e07, which is not here",
    ):
        assert words in shell.said
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    used = summary["episodes"][0]["inputs"]
    assert (used["subtitles"], used["script"]) == ("Subs/S01E01/2_English.srt", "Show 1x01 - Pilot.script.txt")
    assert list(summary["unused"]) == ["Show/Season 1/Show.S01E07.srt"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "said to be cs, but en is spoken" in page
    assert "a subtitle of s01e07, which is not here" in page


def test_the_last_words_are_of_what_fell_back_to_recognition(tmp_path, shell):
    write_episode(tmp_path / "in")
    (tmp_path / "in" / "Show.S01E01.srt").write_bytes(b"\x00\x00\x01\xba pictures")
    (tmp_path / "in" / "Show.S01E01.script.txt").write_text("ANNA: Anna.\nBEN: Ben.\nANNA: Anna.\nCORA: Cora.\n")
    assert shell.build(tmp_path / "in", tmp_path / "out", "--set", "validate.transcriber=fake") == 0
    last = shell.said.splitlines()[-1]
    assert last.startswith("show/s01e01: Show.S01E01.srt cannot be used; its lines come from speech recognition")
    assert "Show.S01E01.srt: holds VobSub pictures" in shell.said


OTHER_FORM = "write it as .srt (subtitles) or .script.txt (a script) to use it"
FORMS = (
    "Show.S01E01.rttm", "Show.S01E01.json", "Show.S01E02.tsv", "Show.S01E01.TextGrid", "Show - 1x01.eaf",
    "transcript.csv", "Show.S01E01.lrc", "Show.S01E01.pac",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Other.S03E04.srt", "a subtitle of s03e04, which is not here"),
        ("readme.txt", "a text whose name is of no episode here"),
        ("Show.S01E02.script.pdf", "a PDF document: save it as plain text (.txt) beside the episode"),
        ("subs.zip", "an archive: unpack it"),
        ("Show.S01E02-trailer.srt", "of Show.S01E02-trailer.mkv, which is not built"),
        ("Cast.toml", "call it cast.toml, in lower case"),
        ("poster.jpg", ""),
        ("Show.S01E01.info.json", ""),
        ("Show.S01E01.html", "call it Show.S01E01.script.html to use it as a script"),
        *((name, f"the form {name[name.rindex('.') :].lower()} is not read here: {OTHER_FORM}") for name in FORMS),
        ("Show.S01E01.zip", "an archive: unpack it"),
    ],
)
def test_what_belongs_to_no_episode_is_named_with_the_reason(tmp_path, name, reason):
    for media in ("Show.S01E01.mkv", "Show.S01E02.mkv", "Show.S01E02-trailer.mkv", name):
        (tmp_path / media).write_bytes(b"x")
    assert [left.reason for left in leftovers(scan(tmp_path))] == ([reason] if reason else [])
