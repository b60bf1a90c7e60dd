"""Build a dataset: scan, run the line, assemble what a user takes away; what `audiorole build` calls."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorole.core.config import Tables, configure
from audiorole.core.leg import Line
from audiorole.core.pipeline import Runner, RunSummary, resolved, run_line
from audiorole.core.progress import Progress, Silent
from audiorole.core.registry import Registry
from audiorole.core.stage import Stage
from audiorole.core.store import write_atomic
from audiorole.dataset.assemble import assemble
from audiorole.dataset.scan import Scan, scan
from audiorole.dataset.stages import STAGES
from audiorole.errors import ConfigError, UserError
from audiorole.models import fingerprint

STAGE_REGISTRY = Registry("stage", STAGES, group="audiorole.stages")


@dataclass(frozen=True)
class BuildOptions:
    """What to build. target: a folder or one media file; out: where to; tables: the recipe, stage → fields."""

    target: Path
    out: Path
    tables: Tables = field(default_factory=dict)


@dataclass(frozen=True)
class BuildResult:
    """What came of it. quarantined: shard → sentence."""

    line: Line
    scan: Scan
    run: RunSummary
    num_lines: int

    @property
    def exit_code(self) -> int:
        """0 all well, 1 finished with quarantined episodes."""
        return 1 if self.run.quarantined else 0


def make_line(options: BuildOptions, root: Path) -> Line:
    """Return the configured line. Raises UserError for unknown stages, fields and models."""
    tables = dict(options.tables)
    names = tables.pop("build", {}).get("stages", list(STAGES))
    if not isinstance(names, list) or not names:
        raise ConfigError("[build] stages must be a list of stage names.")
    for name in tables:
        STAGE_REGISTRY.target(name)  # a table for no stage is a mistake, most often of spelling
    stages = tuple(_stage(str(name), tables.get(str(name), {})) for name in names)
    return Line(stages, options.out / "run", root, fingerprint)


def _stage(name: str, table: Mapping[str, Any]) -> Stage:
    stage: Stage = configure(STAGE_REGISTRY.load(name), table, name)
    return stage


def build(options: BuildOptions, runner: Runner, progress: Progress | None = None) -> BuildResult:
    """Run the line over the episodes of a folder and assemble `out/dataset`.

    Resumes what an earlier, even killed, run left in `out`; equal input gives equal bytes.
    """
    found = scan(options.target)
    line = make_line(options, found.root)
    _check_models(line)
    with _locked(options.out):
        sources = {source.id: source for source in found.sources}
        effort = {source.id: float((found.root / source.media).stat().st_size) for source in found.sources}
        run = run_line(line, sources, runner, progress or Silent(), effort)
        write_atomic(options.out / "recipe.json", resolved(line) + b"\n")
        num_lines = assemble(line, found, options.out)
    return BuildResult(line, found, run, num_lines)


def _check_models(line: Line) -> None:
    """Ask for every model before hours of work begin. Raises UserError or WeightsError."""
    for stage in line.stages:
        for kind, reference in stage.models():
            fingerprint(kind, reference)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the output folder: two builds in one folder would undo each other's work."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"Another build is running in {out}; wait for it or choose another --out.") from error
        yield
