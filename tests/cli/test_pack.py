"""`audiorole pack`, `rebuild` and `diff` as a user meets them, on the tiny series."""

from __future__ import annotations

import json

import pytest

from audiorole.testing.series import write_series

SETTINGS = ("listen.vad=fake", "subtitles.identifier=", "subtitles.spoken_language=", "subtitles.transcriber=")
QUIET = [word for setting in SETTINGS for word in ("--set", setting)]


@pytest.fixture
def made(shell, tmp_path):
    """A folder with `in`, `out` and `show.pack`."""
    write_series(tmp_path / "in", 1)
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    assert shell("pack", tmp_path / "out", "--out", tmp_path / "show.pack") == 0
    return tmp_path


def test_pack_rebuild_and_diff(shell, made):
    assert "6 lines of 1 episodes" in (shell("pack", made / "out", "--out", made / "b.pack"), shell.said)[1]
    assert "No audio and no readable text are in it." in shell.said
    again = ("rebuild", made / "show.pack", made / "in", "--out", made / "again", "--workers", "1", *QUIET)
    assert shell(*again) == 0, shell.complained
    assert "show/s01e01: 6 of 6 lines from Show.S01E01.flac, 100% of the print" in shell.said
    assert "6 of 6 lines in" in shell.said
    assert "texts: 6 as packed" in shell.said
    assert "6 lines sound sample for sample as the packed ones." in shell.said
    assert (made / "again" / "report.html").is_file()
    assert shell("diff", made / "out", made / "again", "--json", made / "d.json", "--html", made / "d.html") == 0
    assert "6 and 6 lines, 6 the same." in shell.said
    assert json.loads((made / "d.json").read_text())["same"] == 6
    assert "Nothing differs" in (made / "d.html").read_text()


def test_diff_says_what_differs(shell, made):
    assert shell.build(made / "in", made / "other", "--set", "curate.min_duration=1.1") == 0
    assert shell("diff", made / "out" / "dataset", made / "other") == 1
    assert "removed" in shell.said
    assert "lines, then" in shell.said


def test_who_may_pass_on_texts_is_told_what_that_means(shell, made):
    assert shell("pack", made / "out", "--out", made / "open.pack", "--with-text") == 0
    assert "Its texts can be READ by everybody." in shell.said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rebuild", "{}/in/Show.S01E01.srt", "{}/in", "--out", "{}/x"), "is no rebuild pack"),
        (("rebuild", "{}/show.pack", "{}/nowhere", "--out", "{}/x"), "no such file or folder"),
        (("rebuild", "{}/show.pack", "{}/in", "--out", "{}/x", "--set", "restore.lines=1"), "restore"),
        (("pack", "{}/in", "--out", "{}/x.pack"), "holds no finished build"),
        (("pack", "{}/out", "--out", "{}/show.pack"), "is already there"),
        (("diff", "{}/out", "{}/in"), "holds no published dataset"),
        (("diff", "{}/out", "{}/out", "--tolerance", "much"), "tolerance"),
    ],
)
def test_mistakes_are_one_sentence(shell, made, words, said):
    assert shell(*(word.format(made) for word in words)) == 2
    assert said in shell.complained
