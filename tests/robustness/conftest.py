"""What these tests share: the tiny models, and a finished build that each test gets a copy of."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from audiorole.testing.models import fake_models as offer_fakes
from audiorole.testing.series import tiny_build, write_series
from tests.dataset.conftest import fake_models

__all__ = ["fake_models"]


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `in` and a finished `out`."""
    root = tmp_path_factory.mktemp("built") / "here"
    write_series(root / "in")
    with offer_fakes():
        tiny_build(root / "in", root / "out")
    return root


@pytest.fixture
def built(first_build: Path) -> Path:
    """That folder in its place, as it was: links, times and all."""
    kept = first_build.with_name("kept")
    if not kept.exists():
        subprocess.run(["cp", "-a", first_build, kept], check=True)
    shutil.rmtree(first_build)
    subprocess.run(["cp", "-a", kept, first_build], check=True)
    return first_build
