"""One evaluation from plain values: what is asked of whom, then hear, ask, score, judge, add up.

`EvaluationCall` says what is wanted; `opened` reads the dataset and the suite; `run` does the work and can be stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from audiorole.core.progress import Progress, Silent
from audiorole.errors import ConfigError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.hearing.models import model_names, models_of, open_listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.judge.recipe import read_judge
from audiorole.evaluation.offline import answer_items, write_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.results.results import Results, summed_up
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant, entrants, open_system
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.forget import forget
from audiorole.evaluation.run.judging import judge_run
from audiorole.evaluation.run.parallel import Pool, hear_ahead
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import Suite, load_suite, with_ears_for
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.evaluation.systems.folder import MadeFor
from audiorole.models.requirements import require_models

STORE = "heard.sqlite"


@dataclass(frozen=True)
class EvaluationCall:
    """What is wanted. systems: references `[LABEL=]NAME[@LOCATION]`; suite: a TOML file or the name of one that ships.

    seeds: replies an item, the suite's own where 0. judge: a TOML file of an LLM judge. again: labels whose replies are
    asked for anew. workers: processes that hear and score.
    """

    dataset: Path
    out: Path
    systems: tuple[str, ...] = ()
    suite: str | Path = ""
    cast: Path | None = None
    seeds: int = 0
    workers: int = 1
    judge: Path | None = None
    again: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenedCall:
    """A call whose dataset and suite were read. chosen: the anchors, and the systems under test."""

    call: EvaluationCall
    chosen: tuple[Entrant, ...]
    corpus: Corpus
    suite: Suite


def open_call(call: EvaluationCall) -> OpenedCall:
    """Read what an evaluation needs. Raises UserError for a system, dataset or suite that is not there."""
    chosen = tuple(entrants(call.systems))
    for one in chosen:
        _ = one.content  # a folder that is not there is said now, not after minutes of hearing
    corpus = open_published(call.dataset, call.cast)
    suite = load_suite(call.suite or None, **({"seeds": call.seeds} if call.seeds else {}))
    spoken = Counter(line.language for line in corpus.lines.values())
    return OpenedCall(call, chosen, corpus, with_ears_for(suite, spoken.most_common(1)[0][0] if spoken else ""))


def run_call(
    call: EvaluationCall, progress: Progress | None = None, opened: Mapping[str, SpeechSystem] | None = None
) -> tuple[Results, Corpus]:
    """Ask and score every system, and add up; go on where an earlier run in `call.out` was stopped.

    opened: systems that are open already, by label; they are given as `LABEL=callable` in `call.systems`.
    Raises UserError for what the caller can mend, WeightsError with the command that fetches what is absent.
    """
    _check_systems(call, frozenset(opened or ()))
    ready = open_call(call)
    require_models(models_of(ready.suite.models))
    if call.judge is not None:
        read_judge(call.judge)  # a mistake in its recipe is said now, too
    forget(call.out, *call.again)
    return _run(ready, progress or Silent(), opened or {}), ready.corpus


def export_items(call: EvaluationCall, folder: Path) -> MadeFor:
    """Write the items for a system on another machine, without their targets; return what they are made for."""
    ready = open_call(call)
    return write_items(ready.corpus, ready.suite, build_items(ready.corpus, ready.suite), folder)


def answer_exported(folder: Path, systems: tuple[str, ...]) -> Iterator[tuple[str, Counter[str]]]:
    """Ask systems for the items of an exported folder; yield (label, how many replies of each status)."""
    chosen = entrants(systems, anchors=False)
    if not chosen:
        raise ConfigError(f"{folder} holds exported items: name a system to answer them, --system LABEL=NAME@LOCATION.")
    for entrant in chosen:
        entrant.check()
    for entrant in chosen:
        system = open_system(entrant.reference)
        try:
            yield entrant.name, Counter(note.status for note in answer_items(folder, system, entrant.name))
        finally:
            system.close()


def _check_systems(call: EvaluationCall, opened: frozenset[str]) -> None:
    """Raise where a system that is left to ask cannot be asked: now, not after minutes of hearing."""
    finished = summed_up(call.out) - set(call.again)
    for one in entrants(call.systems):
        if one.name not in finished | opened:
            one.check()


def _run(ready: OpenedCall, progress: Progress, opened: Mapping[str, SpeechSystem]) -> Results:
    call = ready.call
    listener = partial(open_listener, ready.suite.models, call.out / STORE)
    items = build_items(ready.corpus, ready.suite)
    if call.workers > 1:
        hear_ahead(ready.corpus, items, ready.suite, call.workers, listener)
    evaluation = Evaluation.prepare(ready.corpus, ready.suite, listener(), model_names(ready.suite.models), items)
    pool = Pool(evaluation, call.workers, listener) if call.workers > 1 else nullcontext(None)
    with pool as scoring:
        evaluate(evaluation, ready.chosen, call.out, progress, opened, scoring)
    results = summarise(evaluation, list(ready.chosen), call.out)  # before the judge: summed up whatever it does
    return _judged(ready, evaluation, results)


def _judged(ready: OpenedCall, evaluation: Evaluation, results: Results) -> Results:
    """Return the results with what the judge says, written where it says something."""
    if ready.call.judge is None:
        return results
    names = [one.name for one in ready.chosen if not one.anchor]
    judge = judge_run(evaluation, names, ready.call.out, read_judge(ready.call.judge))
    judged = msgspec.structs.replace(results, judge=judge)
    judged.write(ready.call.out)
    return judged
