"""Voices fitted beside each other: one fit keeps neither a GPU busy nor the cores beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from audiorole.errors import InputError
from audiorole.training.talker.fit import FittedVoice, fit_voice
from audiorole.training.talker.lines import VoiceLine
from audiorole.training.talker.models import FitModels, load_fit_models
from audiorole.training.talker.plan import VoicePlan

CORES_EACH = 2
MOST_AT_ONCE = 8
"""Processes; each holds the talker, encoders and a recogniser: about 4 GB of memory and as much on the GPU."""


SECONDS = {"cpu": (100.0, 2.5, 4.0), "cuda": (15.0, 0.3, 0.15)}
"""Of a fit on one core, or one GPU with six at once: its start, a line that is judged, a piece that is learned."""


@dataclass(frozen=True)
class FitJob:
    """One voice to be fitted; see `fit_voice`."""

    name: str
    lines: Sequence[VoiceLine]
    folder: Path


def fits_at_once(device: str, jobs: int) -> int:
    """Return how many voices are fitted at a time: on a CPU one, beside a GPU as many as the cores can feed."""
    return 1 if device == "cpu" else max(1, min(jobs, MOST_AT_ONCE, (os.cpu_count() or 1) // CORES_EACH))


def fit_seconds(plan: VoicePlan, device: str, jobs: int) -> float:
    """Return about how long `jobs` fits by `plan` take, in seconds."""
    start, judged, learned = SECONDS[device]
    verdicts = 3 + -(-plan.steps // plan.validate_every)
    lines = verdicts * (plan.most_validated + plan.most_read)
    each = start + judged * lines + learned * plan.steps * plan.batch
    return each * -(-jobs // fits_at_once(device, jobs))


def processes(count: int) -> Executor:
    """Return `count` new processes; a GPU does not bear a forked one."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"))


def fit_together(
    jobs: Sequence[FitJob], plan: VoicePlan, device: str, workers: int, pool: Callable[[int], Executor] = processes
) -> Iterator[tuple[FitJob, FittedVoice | InputError]]:
    """Yield each job with its voice, or with what its lines lack, as soon as it is done.

    Whatever else goes wrong in one is raised here; the others are ended at their last judgement.
    """
    threads = max(1, (os.cpu_count() or 1) // workers)
    with pool(workers) as executor:
        running = {executor.submit(_fitted, job, plan, device, threads): job for job in jobs}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def _fitted(job: FitJob, plan: VoicePlan, device: str, threads: int) -> FittedVoice | InputError:
    try:
        return fit_voice(job.name, job.lines, plan, job.folder, _models(plan, device, threads))
    except InputError as error:
        return error


@cache
def _models(plan: VoicePlan, device: str, threads: int) -> FitModels:
    return load_fit_models(plan, device, threads)
