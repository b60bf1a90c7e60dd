"""The run: shards of items per system, each finished shard a file, the numbers added up from the files."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audiorole.core.out_folder import locked
from audiorole.core.progress import Progress, Silent
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.files import claim, claim_system, is_finished, lines_of, system_folder
from audiorole.evaluation.run.forget import clean_interrupted
from audiorole.evaluation.run.parallel import InProcessScorer, Scoring
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.replies import Interviewer, prompt_of
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.pipeline.store import write_atomic

logger = logging.getLogger(__name__)


def evaluate(
    evaluation: Evaluation,
    systems: Sequence[Entrant],
    out: Path,
    progress: Progress | None = None,
    opened: Mapping[str, SpeechSystem] | None = None,
    scoring: Scoring | None = None,
) -> None:
    """Ask and score every system, shard by shard; what `out` already holds is not done again.

    A system is asked in this process, one item after another; `scoring` (in this process by default, or in several)
    hears the shards meanwhile. opened: systems already open, by name (Python callables, tests). Raises ConfigError
    where `out` belongs to another signature: two protocols never share a folder; UserError where another evaluation
    is running in it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with locked(out, "evaluation"):
        claim(out, evaluation)
        clean_interrupted(out)
        for entrant in systems:
            claim_system(out, entrant)
        _evaluate(evaluation, systems, out, progress, opened, scoring)


def _evaluate(
    evaluation: Evaluation,
    systems: Sequence[Entrant],
    out: Path,
    progress: Progress | None,
    opened: Mapping[str, SpeechSystem] | None,
    scoring: Scoring | None,
) -> None:
    progress, scoring = progress or Silent(), scoring or InProcessScorer(evaluation)
    numbers = range(len(evaluation.shards()))
    effort = {f"{one.name} {at}": len(evaluation.shards()[at]) for one in systems for at in numbers}
    progress.start("evaluate", effort)
    for entrant in systems:
        for at in numbers:
            if is_finished(system_folder(out, entrant.name), at):
                progress.done(f"{entrant.name} {at}", ())
    for entrant in systems:
        for at in _asked(evaluation, entrant, (opened or {}).get(entrant.name), out):
            scoring.submit(entrant, out, at)
            for key in scoring.finished():
                progress.done(key, ())
    for key in scoring.rest():
        progress.done(key, ())


def _asked(evaluation: Evaluation, entrant: Entrant, given: SpeechSystem | None, out: Path) -> Iterator[int]:
    """Yield each shard that is left to score once its replies are kept; a system is opened only if one is left."""
    folder, system = system_folder(out, entrant.name), given
    todo = [at for at in range(len(evaluation.shards())) if not is_finished(folder, at)]
    if entrant.anchor:
        yield from todo
        return
    try:
        for at in todo:
            system = system or entrant.open(evaluation)
            _ask_shard(evaluation, system, folder, at)
            yield at
    finally:
        if system is not None:
            _close(system, entrant)


def _close(system: SpeechSystem, entrant: Entrant) -> None:
    """Let a system free what it holds; one that fails at that has answered all the same."""
    try:
        system.close()
    except Exception as error:
        logger.warning("%s could not be closed: %s", entrant.name, error)


def _ask_shard(evaluation: Evaluation, system: SpeechSystem, folder: Path, at: int) -> None:
    """Keep the replies to one shard, and how long the new ones took."""
    interviewer = Interviewer(system, folder / "replies")
    prompts = [
        prompt_of(item, seed, evaluation.gallery)
        for item in evaluation.shards()[at]
        for seed in range(evaluation.suite.seeds)
    ]
    timings = [timing for prompt in prompts if (timing := interviewer.ask(prompt)[2])]
    if timings:
        write_atomic(folder / "timing" / f"{at:05d}.jsonl", lines_of(timings))
