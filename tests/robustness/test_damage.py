"""A flipped bit anywhere in what is stored is healed or refused: never published, never a traceback."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from audiorole.core.disk import read_sealed, write_sealed
from audiorole.dataset.build import finished_plan
from audiorole.dataset.result.check import check
from audiorole.errors import AudioroleError
from audiorole.testing.series import tiny_build
from tests.robustness.trees import dataset_bytes, result_bytes

SEEDS = range(6)


def flip(path: Path, seed: int, hide: bool) -> None:
    """Flip one bit of a file; `hide` keeps its times, as a failing disk does."""
    chance, stat = random.Random(seed), path.stat()
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    with path.open("r+b") as handle:
        handle.write(data)
    if hide:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def stored(out: Path) -> list[Path]:
    """Return every file of a build that is not empty."""
    return [path for path in sorted(out.rglob("*")) if path.is_file() and path.stat().st_size]


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("kind", ["*.jsonl", "*.npy", "*.parquet", "run/*/done/show/*.json", "*.json", ".audiorole"])
def test_one_flipped_bit_is_healed(built, kind, hide):
    before = result_bytes(built / "out")
    paths = [path for path in stored(built / "out") if path.match(kind) and "report" not in path.name]
    for path in random.Random(kind).sample(paths, min(3, len(paths))):
        flip(path, 1, hide)
    if hide:
        check(built / "out")
    tiny_build(built / "in", built / "out")
    assert result_bytes(built / "out") == before
    assert check(built / "out").problems == []


def test_a_check_names_what_is_damaged_and_the_next_build_mends_it(built):
    (path,) = (built / "out" / "run").rglob("*-embed/show/s01e02.voices.npy")
    flip(path, 3, hide=True)
    assert check(built / "out", full=False).problems == []
    (problem,) = check(built / "out").problems
    assert str(path) in problem
    assert tiny_build(built / "in", built / "out").run.computed == {"embed": 1}


def test_damage_behind_untouched_times_is_found_when_it_is_read(built):
    """The check by times passes it; the stage that reads it does not."""
    before = dataset_bytes(built / "out")
    (path,) = (built / "out" / "run").rglob("*-embed/show/s01e02.voices.npy")
    flip(path, 3, hide=True)
    result = tiny_build(built / "in", built / "out", "name.use_text=false")
    assert result.exit_code == 0
    tiny_build(built / "in", built / "out")
    assert dataset_bytes(built / "out") == before


@pytest.mark.parametrize("name", ["recipe.json", "run/built.json"])
@pytest.mark.parametrize("seed", SEEDS)
def test_commands_on_damaged_notes_say_so(built, name, seed):
    flip(built / "out" / name, seed, hide=True)
    with suppress(AudioroleError):  # a flip may leave it readable
        finished_plan(built / "out")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sealed_file_is_whole_or_nothing(tmp_path, seed):
    write_sealed(tmp_path / "row", b"abc" * 100)
    assert read_sealed(tmp_path / "row") == b"abc" * 100
    flip(tmp_path / "row", seed, hide=True)
    assert read_sealed(tmp_path / "row") is None


def test_a_copy_of_a_build_is_whole_although_its_times_differ(built):
    for path in stored(built / "out"):
        os.utime(path)
    assert not tiny_build(built / "in", built / "out").run.computed
