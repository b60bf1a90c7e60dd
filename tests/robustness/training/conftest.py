"""Tiny networks of the real classes, and what a folder holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra audiorole[train]")

from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.run import GlmTraining, read_options
from tests.training.conftest import one_thread, pytest_configure
from tests.training.glm.tiny_parts import audio, lines, write_parts

__all__ = ["one_thread", "pytest_configure"]

PLAN = FitPlan(rank=2, steps=4, capacity=400, packs_per_step=1, save_every=2, report_to="tensorboard")

Train = Callable[..., GlmTraining]


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = write_parts(tmp_path_factory.mktemp("parts"))
    return folder


@pytest.fixture
def training(parts: Path, tmp_path: Path) -> Train:
    """What makes a training run in `tmp_path/out`, of other lines or other sound where they are given."""

    def make(taught=None, sound=audio, out: Path | None = None, **options) -> GlmTraining:
        table = {"weights": parts / "base", "speech_tokenizer": parts / "ears", **options}
        return GlmTraining(read_options(table), taught or lines(), sound, out or tmp_path / "out")

    return make


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file below `folder` with its bytes and the time of its last change."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
