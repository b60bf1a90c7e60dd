"""Reference clips of a cast: what can be one, and what stays an episode."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.input.cast import read_cast, summed_up
from audiorole.dataset.input.clips import LONGEST_WHOLE
from audiorole.dataset.input.scan import check_casts, scan
from audiorole.errors import InputError
from audiorole.testing.media import RATE, write_media

EPISODE = "Show.S01E01.flac"


def silence(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_media(path, np.zeros(round(seconds * RATE), dtype=np.float32))


@pytest.fixture
def folder(tmp_path):
    silence(tmp_path / EPISODE, LONGEST_WHOLE + 60)
    silence(tmp_path / "voices" / "ann.flac", 5)
    return tmp_path


def cast(folder, clip):
    (folder / "cast.toml").write_text(f'[[character]]\nname = "Ann"\nreferences = [{{ {clip} }}]\n')


@pytest.mark.parametrize(
    ("clip", "problem"),
    [
        (f'path = "{EPISODE}"', "would last 180 s: say by `start` and `end`"),
        (f'path = "{EPISODE}", start = 30', "would last 150 s"),
        (f'path = "{EPISODE}", start = 30, end = 9999', f"'{EPISODE}' lasts 180.0 s"),
        (f'path = "{EPISODE}", start = 200', f"'{EPISODE}' lasts 180.0 s"),
        ('path = "voices/ann.flac", end = 6.5', "'voices/ann.flac' lasts 5.0 s"),
        ('path = "voices/bob.flac"', "the clip 'voices/bob.flac' that it names is not there"),
        ('path = "voices"', "the clip 'voices' that it names cannot be used"),
    ],
)
def test_a_clip_that_cannot_be_meant_is_refused_with_its_line(folder, clip, problem):
    cast(folder, clip)
    found = scan(folder)
    assert "show/s01e01" in [source.id for source in found.sources], "an episode is never lost to a clip"
    with pytest.raises(InputError) as error:
        check_casts(found)
    assert str(error.value).startswith(f"{folder / 'cast.toml'}:3: ")
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("clip", "episodes"),
    [
        ('path = "voices/ann.flac"', ["show/s01e01"]),
        ('path = "voices/ann.flac", end = 4.0', ["show/s01e01", "voices/ann"]),
        (f'path = "{EPISODE}", start = 30, end = 33.5', ["show/s01e01", "voices/ann"]),
        (f'path = "{EPISODE}", start = 100', ["show/s01e01", "voices/ann"]),
    ],
)
def test_a_short_file_used_whole_is_no_episode_and_nothing_else_is_lost(folder, clip, episodes):
    cast(folder, clip)
    found = scan(folder)
    check_casts(found)
    assert [source.id for source in found.sources] == episodes


def test_a_cast_is_summed_up_in_a_line(tmp_path):
    (tmp_path / "cast.toml").write_text(
        '[[character]]\nname = "Joe"\naliases = ["Joseph"]\nreferences = [{ path = "a.wav" }, { path = "b.wav" }]\n'
        '[[character]]\nname = "Doctor"\nactor = "A. Smith"\n[[character]]\nname = "Kay"\n'
    )
    said = "Joe (also Joseph; 2 clips), Doctor (A. Smith), Kay"
    assert summed_up(read_cast(tmp_path / "cast.toml")) == said
