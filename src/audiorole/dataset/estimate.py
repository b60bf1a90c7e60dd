"""The dry run: what would be done, how long it takes, how much disk it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audiorole.audio.media import MediaInfo, inspect
from audiorole.dataset.build import BuildOptions, make_plan
from audiorole.dataset.input.cast import read_cast, summed_up
from audiorole.dataset.input.leftovers import with_leftovers
from audiorole.dataset.input.scan import Scan, Skipped, cast_files, check_casts, scan
from audiorole.dataset.preview import EpisodePreview, preview
from audiorole.dataset.stages.signals.probe import Probe
from audiorole.errors import UserError
from audiorole.models import substitutes
from audiorole.models.requirements import absent_models, missing_sentence
from audiorole.pipeline.cached import standing
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.stage import Stage


@dataclass(frozen=True)
class StageEstimate:
    """One stage: episodes to do at most and already done, CPU seconds of what is to do.

    An episode counts as to do from the first stage that has to be computed again, though later results may turn out
    to be as they were.
    """

    name: str
    todo: int
    cached: int
    cpu: float


@dataclass(frozen=True)
class Estimate:
    """What a build would do. seconds: of media; wall: seconds with `workers`; disk: bytes at the end.

    problems: (file, why it cannot be used). notes: on models that are absent, or that this machine runs otherwise.
    previews: what each episode would be built from. casts: who is in each cast file. left: files that would not be
    used, and why.
    """

    episodes: int
    seconds: float
    workers: int
    stages: tuple[StageEstimate, ...]
    disk: float
    problems: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    previews: tuple[EpisodePreview, ...] = ()
    casts: tuple[str, ...] = ()
    left: tuple[Skipped, ...] = ()

    @property
    def wall(self) -> float:
        """Seconds with all workers busy."""
        return sum(stage.cpu for stage in self.stages) / max(1, min(self.workers, self.episodes))


def estimate(options: BuildOptions, workers: int) -> Estimate:
    """Return the estimate; reads only the headers of the media. Raises UserError as `build` does.

    The costs are those that benchmarks/speed/floor.py measured, or this machine's own where an earlier run left them.
    """
    found = with_leftovers(scan(options.target, options.out), options.target, options.out)
    plan = make_plan(options, found.root)
    check_casts(found)
    headers, problems = _headers(found)
    durations = {shard: info.duration for shard, info in headers.items()}
    seconds = sum(durations.values())
    done = standing(plan, {source.id: source for source in found.sources})
    return Estimate(
        episodes=len(found.sources),
        seconds=seconds,
        workers=workers,
        stages=tuple(_stage(plan, stage, durations, done[stage.name]) for stage in plan.stages),
        disk=seconds * sum(stage.bytes_per_second for stage in plan.stages),
        problems=tuple(problems),
        notes=tuple(_notes(plan)),
        previews=tuple(_previews(found, headers, plan)),
        casts=tuple(f"{path.relative_to(found.root)}: {summed_up(read_cast(path))}" for path in cast_files(found)),
        left=(*found.skipped, *found.unused),
    )


def _headers(found: Scan) -> tuple[dict[str, MediaInfo], list[tuple[str, str]]]:
    headers, problems = {}, []
    for source in found.sources:
        try:
            headers[source.id] = inspect(found.root / source.media)
        except UserError as error:
            problems.append((source.media, str(error)))
    return headers, problems


def _previews(found: Scan, headers: dict[str, MediaInfo], plan: StagePlan) -> Iterator[EpisodePreview]:
    fields = next(((x.language, x.identifier) for x in plan.stages if isinstance(x, Probe)), ("", ""))
    for source in found.sources:
        if source.id in headers:
            yield preview(source, headers[source.id], found.root, *fields)


def _notes(plan: StagePlan) -> Iterator[str]:
    if absent := absent_models(plan.models()):
        yield missing_sentence(absent)
    if note := substitutes(plan.models()):
        yield note


def _stage(plan: StagePlan, stage: Stage, durations: dict[str, float], standing: frozenset[str]) -> StageEstimate:
    folder = plan.folder(stage.name)
    markers = {shard: marker for shard in durations if (marker := folder.read_marker(shard))}
    measured = sum(marker.cpu_seconds for marker in markers.values())
    heard = sum(durations[shard] for shard in markers)
    cost = measured / heard if heard and measured else stage.cost
    todo = [shard for shard in durations if shard not in standing]
    cpu = cost * sum(durations[shard] for shard in todo)
    return StageEstimate(stage.name, len(todo), len(durations) - len(todo), cpu)
