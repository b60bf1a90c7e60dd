"""The tutorial is followed word by word, on a series of seconds with the names of the bundled one."""

from __future__ import annotations

import shutil

import pytest

from audiorole.testing.media import write_media
from audiorole.testing.series import LINES, SETTINGS, sound, srt
from tests.docs.commands import command_lines
from tests.docs.manual import DOCS, blocks

PAGE = DOCS / "tutorial.md"
COSTLY = {"models", "doctor", "evaluate", "train", "chat"}
"""Commands that want weights, a GPU or a browser: `test_commands.py` parses them."""
CAST = {"ANNA": "MARIGOLD", "BEN": "OTIS", "CORA": "GUS"}


def write_small_series(folder):
    """Take the place of the bundled series: two episodes of twelve lines under the same ids and names."""
    folder.mkdir()
    lines = [*LINES, *((start + 10, end + 10, who, text) for start, end, who, text in LINES)]
    for number in (1, 2):
        path = folder / f"Lost Property.S01E{number:02d}.flac"
        write_media(path, sound(lines, seconds=20.0, seed=number))
        path.with_suffix(".srt").write_text(srt([(start, end, CAST[who], text) for start, end, who, text in lines]))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (recipe,) = blocks(PAGE.read_text(encoding="utf-8"), "toml")
    (tmp_path / "my.toml").write_text(recipe)
    return tmp_path


def test_the_tutorial_can_be_followed(place, shell, fake_models):
    followed = [line for line in command_lines(PAGE) if line.whole and line.words[0] not in COSTLY]
    assert len(followed) >= 12
    for line in followed:
        settings = [word for setting in SETTINGS for word in ("--set", setting)] if line.words[0] == "build" else []
        workers = ["--workers", "1"] if settings and "--dry-run" not in line.words else []
        assert shell(*line.words[:1], *settings, *workers, *line.words[1:]) == 0, f"{line.text}: {shell.complained}"
        if line.words[0] == "sample":
            assert list((place / "series").rglob("*.mkv"))
            shutil.rmtree(place / "series")
            write_small_series(place / "series")
        if "--dry-run" in line.words:
            assert not (place / "out").exists()
    assert (place / "out" / "report.html").is_file()
    assert list((place / "out" / "lhotse").iterdir())
