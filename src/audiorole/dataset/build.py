"""Build a dataset: scan, run the plan, assemble what a user takes away; what `audiorole build` calls."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.config import Tables, configure
from audiorole.core.out_folder import held, refuse_links
from audiorole.core.progress import Progress, Silent
from audiorole.core.registry import Registry
from audiorole.dataset.input.changes import changed, forget_all, look
from audiorole.dataset.input.content import size_of
from audiorole.dataset.input.leftovers import with_leftovers
from audiorole.dataset.input.scan import Scan, check_casts, scan
from audiorole.dataset.names.decision_file import LOG, decisions_file, read_decisions
from audiorole.dataset.result.assemble import assemble
from audiorole.dataset.result.label_report import LabelFigures
from audiorole.dataset.result.summary import Summary
from audiorole.dataset.stages import OTHER_STAGES, STAGES
from audiorole.errors import ConfigError, DamagedError, InputError, UnknownNameError
from audiorole.models import fingerprint
from audiorole.models.requirements import require_models
from audiorole.naming.answers.corrections import corrections
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.run import Runner, RunSummary, resolved, run_plan
from audiorole.pipeline.stage import Stage
from audiorole.pipeline.store import Failure, StageFolder, clean_partial, write_atomic, write_changed
from audiorole.types import Record, Source

STAGE_REGISTRY: Registry[type[Stage]] = Registry("stage", STAGES | OTHER_STAGES, group="audiorole.stages")


BUILT = "built.json"
"""In the run folder: a `Built`."""


@dataclass(frozen=True)
class BuildOptions:
    """What to build. target: a folder or one media file; out: where to; tables: the recipe, stage → fields."""

    target: Path
    out: Path
    tables: Tables = field(default_factory=dict)


@dataclass(frozen=True)
class BuildResult:
    """What came of it. notes: on what changed or was mended on the way; changed: False where all was there before."""

    plan: StagePlan
    scan: Scan
    run: RunSummary
    summary: Summary
    notes: tuple[str, ...] = ()
    changed: bool = True

    @property
    def num_lines(self) -> int:
        """Lines in the dataset."""
        return self.summary.lines

    @property
    def exit_code(self) -> int:
        """0 all well, 1 finished with quarantined episodes."""
        return 1 if self.run.quarantined else 0


def make_plan(options: BuildOptions, root: Path) -> StagePlan:
    """Return the configured plan. Raises UserError for unknown stages, fields and models."""
    tables = dict(options.tables)
    names = _stage_names(tables.pop("build", {}))
    for name in tables:
        STAGE_REGISTRY.target(name)  # a table for no stage is a mistake, most often of spelling
    stages = tuple(_stage(name, tables.get(name, {})) for name in names)
    _check_order(stages)
    return StagePlan(stages, options.out / "run", root, fingerprint)


class Built(Record, frozen=True):
    """Where the media lay, and the stages in order: for commands that are given the output folder alone.

    beside: the way from the output folder to the media, for a build that moved together with them.
    """

    inputs: str
    stages: tuple[str, ...]
    beside: str = ""

    def folder(self, out: Path) -> Path:
        """Return where the media of the build in `out` lie now."""
        moved = out / self.beside
        return moved if self.beside and not Path(self.inputs).is_dir() and moved.is_dir() else Path(self.inputs)


def _built(inputs: Path, out: Path, plan: StagePlan) -> Built:
    way = os.path.relpath(inputs.absolute(), out.absolute())
    return Built(str(inputs.absolute()), tuple(stage.name for stage in plan.stages), way)


def finished_plan(out: Path) -> StagePlan:
    """Return the line that built `out`. Raises InputError where no build is there."""
    recipe, built = out / "recipe.json", out / "run" / BUILT
    if not recipe.is_file() or not built.is_file():
        raise InputError(str(out), "holds no finished build; make one: audiorole build FOLDER --out OUT")
    try:
        known = msgspec.json.decode(built.read_bytes(), type=Built)
        tables: Tables = msgspec.json.decode(recipe.read_bytes(), type=dict[str, dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(str(out), f"its notes on the build are damaged ({error}); run the build again") from error
    plain = {name: {key: value for key, value in table.items() if key != "version"} for name, table in tables.items()}
    return make_plan(BuildOptions(Path(), out, {"build": {"stages": list(known.stages)}, **plain}), known.folder(out))


def _stage_names(table: Mapping[str, Any]) -> list[str]:
    names = table.get("stages", list(STAGES))
    if set(table) - {"stages"}:
        raise UnknownNameError("field of [build]", str(min(set(table) - {"stages"})), ["stages"])
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ConfigError("[build] stages must be a list of stage names.")
    return names


def _check_order(stages: Sequence[Stage]) -> None:
    """Refuse a line in which a stage would get what it cannot read. Raises ConfigError."""
    before: list[str] = []
    given: type[Record] = Source
    for stage in stages:
        if stage.name in before:
            raise ConfigError(f"[build] stages names {stage.name!r} twice.")
        if missing := [need for need in stage.needs if need not in before]:
            raise ConfigError(f"[build] stages: {stage.name!r} needs {missing[0]!r} before it.")
        if stage.consumes is not given:
            have, want = given.__name__, stage.consumes.__name__
            raise ConfigError(f"[build] stages: {stage.name!r} takes {want}, but what comes before gives {have}.")
        before.append(stage.name)
        given = stage.produces


def _stage(name: str, table: Mapping[str, Any]) -> Stage:
    stage: Stage = configure(STAGE_REGISTRY.load(name), table, name)
    return stage


PASSES = 3
"""How often a build reads an episode whose files change meanwhile, before it gives it up."""


def build(options: BuildOptions, runner: Runner, progress: Progress | None = None) -> BuildResult:
    """Run the plan over the episodes of a folder and assemble `out/dataset`.

    Resumes what an earlier, even killed, run left in `out`; equal input gives equal bytes. What fails leaves the
    dataset that an earlier build published. Raises UserError where nothing can be built.
    """
    found = with_leftovers(scan(options.target, options.out), options.target, options.out)
    plan = make_plan(options, found.root)
    require_models(plan.models())  # before hours of work begin
    check_casts(found, any(getattr(stage, "clips_anywhere", False) for stage in plan.stages))
    with held(options.out):
        refuse_links(options.out, WRITTEN)
        notes = _decision_notes(plan, options.out)
        clean_partial(options.out)
        run, summary, changed_result = finish_plan(plan, found, options.out, runner, progress or Silent(), notes)
    anything = bool(run.computed or run.quarantined) or changed_result
    return BuildResult(plan, found, run, summary, tuple(notes), anything)


def _decision_notes(plan: StagePlan, out: Path) -> list[str]:
    """Return what there is to say about the decisions: torn lines, and corrections that no stage will apply."""
    log = read_decisions(decisions_file(out))
    count = len(corrections(log.decisions))
    if not count or "correct" in {stage.name for stage in plan.stages}:
        return log.notes
    return [*log.notes, f"{count} corrected lines stay as they were: [build] stages leaves out 'correct'"]


def finish_plan(
    plan: StagePlan,
    found: Scan,
    out: Path,
    runner: Runner,
    progress: Progress,
    notes: list[str],
    labels: tuple[LabelFigures, ...] = (),
) -> tuple[RunSummary, Summary, bool]:
    """Run the plan and assemble; what turns out damaged while it is summed up is made again, once.

    labels: how right the names are, where another build gave them.
    Returns the run, its summary, and whether anything in `out` changed besides the results of stages.
    """
    sources = {source.id: source for source in found.sources}
    built = _built(found.root, out, plan)
    for attempt in range(2):
        run = _run(plan, sources, runner, progress, notes)
        changed_recipe = write_changed(out / "recipe.json", resolved(plan) + b"\n")
        write_changed(out / "run" / BUILT, msgspec.json.encode(built) + b"\n")
        try:
            summary, changed_result = assemble(plan, found, out, labels)
        except DamagedError as error:
            StageFolder(plan.root / error.stage).forget(error.shard)
            notes.append(f"{error.path} was damaged on the disk and is made again")
            if attempt:
                raise
        else:
            break
    return run, summary, changed_recipe or changed_result


WRITTEN = ("run", "cache", "recipe.json", "summary.json", "report.html", LOG)
"""What lies in an output folder besides `dataset`, which may hold links of other people."""


def _run(
    plan: StagePlan, sources: dict[str, Source], runner: Runner, progress: Progress, notes: list[str]
) -> RunSummary:
    """Run the plan until no file has changed meanwhile and nothing was found damaged; `notes` says what did."""
    effort = {source.id: float(size_of(plan.inputs / source.media)) for source in sources.values()}
    computed: Counter[str] = Counter()
    for attempt in range(PASSES):
        before = look(plan.inputs, sources)
        run = run_plan(plan, sources, runner, progress, effort)
        moved = changed(plan, before, sources) if run.computed else {}
        run.cached -= computed
        run.computed, computed = run.computed + computed, run.computed + computed
        if not moved and not any(note.again for note in run.quarantined):
            break
        notes += [f"{path} changed while it was read; {episode} is built again" for episode, path in moved.items()]
        forget_all(plan, moved)
        if moved and attempt == PASSES - 1:
            run.quarantined += [_gives_up(plan, episode, path) for episode, path in moved.items()]
    return run


def _gives_up(plan: StagePlan, episode: str, path: str) -> Failure:
    """Quarantine an episode whose files never stay the same."""
    first = plan.stages[0].name
    note = Failure(shard=episode, stage=first, error=f"{path} changes all the time; build when it is complete")
    write_atomic(plan.folder(first).failure(episode), msgspec.json.encode(note))
    return note
