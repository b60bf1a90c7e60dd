"""What callers say in plain values, as the options of a build."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import cast

from audiorole.core.config import Tables, read_recipe, with_settings
from audiorole.core.registry import Registry
from audiorole.dataset.build import STAGE_REGISTRY, BuildOptions
from audiorole.dataset.stages import STAGES
from audiorole.models.devices import AUTO, CUDA, gpu_count, resolved
from audiorole.pipeline.run import Runner

RUNNERS: Registry[Callable[[int, str], Runner]] = Registry(
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
    device: str = "",
) -> BuildOptions:
    """Return the options of a build. device: `cpu`, `cuda` or `auto`; "" takes the recipe's, or `auto`.

    Raises UserError for a recipe or setting that cannot be read, or a device that is not there.
    """
    return BuildOptions(Path(folder), Path(out), on_device(_tables(recipe, settings, label_precision), device))


def runner_named(name: str = "local", workers: int | None = None, address: str = "", gpu: bool = False) -> Runner:
    """Return where work runs. workers: all cores where none is given; gpu: models run on GPUs.

    Raises UnknownNameError.
    """
    runner = RUNNERS.load(name)(workers or os.cpu_count() or 1, address)
    return cast(Runner, _with_gpus(runner)) if gpu else runner


def _with_gpus(runner: object) -> object:
    """Return the runner with the GPUs of this machine, where it is one that counts them."""
    counts = is_dataclass(runner) and any(field.name == "gpus" for field in fields(runner))
    return replace(runner, gpus=gpu_count()) if counts and not isinstance(runner, type) else runner  # type: ignore[type-var]


def on_device(tables: Tables, device: str = "") -> Tables:
    """Return `tables` with the device of each stage that has one: its own, else `device`, `[build] device`, `auto`.

    What is `auto` becomes what this machine has. Raises ConfigError for a device that is not there.
    """
    merged = {name: dict(table) for name, table in tables.items()}
    everywhere = merged.get("build", {}).pop("device", AUTO)
    chosen = resolved(device or str(everywhere))
    for name in [*STAGES] if chosen == CUDA else []:
        if any(field.name == "device" for field in fields(STAGE_REGISTRY.load(name))):
            merged.setdefault(name, {}).setdefault("device", CUDA)
    for name, table in merged.items():
        if name in STAGES and isinstance(table.get("device"), str):
            table["device"] = resolved(table["device"])
    return {name: table for name, table in merged.items() if table or name != "build"}


def on_gpu(options: BuildOptions) -> bool:
    """Return whether any stage of a build runs its models on a GPU."""
    return any(table.get("device") == CUDA for table in options.tables.values())


def _tables(recipe: str | Path, settings: Iterable[str], label_precision: float | None) -> Tables:
    tables = with_settings(read_recipe(recipe, "build") if recipe else {}, settings)
    if label_precision is not None:
        tables.setdefault("curate", {})["label_precision"] = label_precision
    return tables
