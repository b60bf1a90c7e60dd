"""What callers say in plain values, as the options of a build."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from audiorole.core.config import Tables, read_recipe, with_settings
from audiorole.core.registry import Registry
from audiorole.dataset.build import BuildOptions
from audiorole.pipeline.run import Runner

RUNNERS = Registry(
    "runner",
    {"local": "audiorole.runners.local:local_runner", "ray": "audiorole.runners.ray:ray_runner"},
    group="audiorole.runners",
    extras={"ray": "ray"},
)


def build_options(
    folder: str | Path,
    out: str | Path,
    recipe: str | Path = "",
    settings: Iterable[str] = (),
    label_precision: float | None = None,
) -> BuildOptions:
    """Return the options of a build. Raises UserError for a recipe or setting that cannot be read."""
    return BuildOptions(Path(folder), Path(out), _tables(recipe, settings, label_precision))


def runner_named(name: str = "local", workers: int | None = None, address: str = "") -> Runner:
    """Return where work runs. workers: all cores where none is given. Raises UnknownNameError."""
    runner: Runner = RUNNERS.load(name)(workers or os.cpu_count() or 1, address)
    return runner


def _tables(recipe: str | Path, settings: Iterable[str], label_precision: float | None) -> Tables:
    tables = with_settings(read_recipe(recipe, "build") if recipe else {}, settings)
    if label_precision is not None:
        tables.setdefault("curate", {})["label_precision"] = label_precision
    return tables
