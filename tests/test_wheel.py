"""What a wheel carries: with no checkout in reach, recipes, the sample series and known speech are there."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the content of a wheel built from this checkout."""
    builder = pytest.importorskip("hatchling.builders.wheel", reason="needs the extra audiorole[dev]")
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = builder.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    assert Path(wheel).stat().st_size < 6e6
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )


def test_the_package_is_the_unpacked_one(unpacked, tmp_path):
    done = run(unpacked, tmp_path, "-c", "import audiorole; print(audiorole.__file__)")
    assert done.stdout.startswith(str(unpacked)), done.stderr


def test_the_sample_series_is_written_and_a_build_of_it_is_planned_by_a_recipe_of_the_wheel(unpacked, tmp_path):
    written = run(unpacked, tmp_path, "-m", "audiorole", "sample", "series")
    assert written.returncode == 0, written.stderr
    call = ("-m", "audiorole", "build", "series", "--out", "out", "--recipe", "fast", "--dry-run")
    planned = run(unpacked, tmp_path, *call)
    assert planned.stdout.startswith("3 episodes"), planned.stderr


def test_known_speech_for_the_doctor_is_inside(unpacked, tmp_path):
    code = "from audiorole.sample import known_speech; print(*known_speech(), sep='\\n')"
    done = run(unpacked, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert all(Path(line).exists() and line.startswith(str(unpacked)) for line in done.stdout.splitlines())


def test_every_file_of_the_package_is_in_the_wheel(unpacked):
    kept = {path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*") if path.is_file()}
    missing = {path for path in kept if "__pycache__" not in path.parts and not (unpacked / path).is_file()}
    assert not missing
