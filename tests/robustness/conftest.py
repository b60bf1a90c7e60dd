"""What these tests share: the tiny models, and a finished build that each test gets a copy of."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

import audiorole.core.registry
from tests.dataset.conftest import fake_models
from tests.dataset.tiny import MODELS, tiny_build, write_series

__all__ = ["fake_models"]


@pytest.fixture(scope="session")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `in` and a finished `out`."""
    root = tmp_path_factory.mktemp("built") / "here"
    write_series(root / "in")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audiorole.core.registry, "entry_points", fake_entry_points)
        tiny_build(root / "in", root / "out")
    return root


def fake_entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group with the tiny models among them."""
    kind = group.removeprefix("audiorole.models.")
    own = [EntryPoint("fake", f"tests.dataset.tiny:{MODELS[kind]}", group)] if kind in MODELS else []
    return [*entry_points(group=group), *own]


@pytest.fixture
def built(first_build: Path) -> Path:
    """That folder in its place, as it was: links, times and all."""
    kept = first_build.with_name("kept")
    if not kept.exists():
        subprocess.run(["cp", "-a", first_build, kept], check=True)
    shutil.rmtree(first_build)
    subprocess.run(["cp", "-a", kept, first_build], check=True)
    return first_build
