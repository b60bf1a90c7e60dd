"""Where shards are scored: in this process, or in several that each hold the models.

A worker gets everything that was prepared but the models, which it loads itself, and the store of what was heard, which
all of them share. The rows of a shard are the same bytes wherever they are made.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from audiorole.errors import AudioroleError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery.gallery import lines_to_hear
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import ItemSet
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.files import system_folder, write_rows
from audiorole.evaluation.run.prepared import Evaluation, Prepared
from audiorole.evaluation.run.replies import Interviewer, prompt_of
from audiorole.evaluation.run.score import Scorer
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.runners.local import begin_worker

HEAR_AT_ONCE = 16
"""Real lines per task while they are heard: enough to be worth a message."""


OpenListener = Callable[[], Listener]


class Scoring(Protocol):
    """Something that scores shards whose replies are kept."""

    def submit(self, entrant: Entrant, out: Path, at: int) -> None:
        """Take shard number `at` of a system."""
        ...

    def finished(self) -> Iterator[str]:
        """Yield the keys of shards that are finished by now, each once, without waiting."""
        ...

    def rest(self) -> Iterator[str]:
        """Wait for all that was submitted; yield the keys that `finished` has not."""
        ...


class InProcessScorer:
    """Scores in this process, at once."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self._done: list[str] = []

    def submit(self, entrant: Entrant, out: Path, at: int) -> None:
        """Score the shard."""
        score_shard(self.evaluation, entrant, out, at)
        self._done.append(_key(entrant, at))

    def finished(self) -> Iterator[str]:
        """Yield what was scored since the last call."""
        done, self._done = self._done, []
        yield from done

    rest = finished


class Pool:
    """Scores in `workers` processes. Used as a context: leaving it early forgets what nobody has begun.

    listener: opens a worker's own models; it is called in the worker.
    """

    def __init__(self, evaluation: Evaluation, workers: int, listener: OpenListener) -> None:
        self._pool = _pool(workers, _begin_scoring, evaluation.prepared, listener)
        self._futures: dict[Future[None], str] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, entrant: Entrant, out: Path, at: int) -> None:
        """Queue the shard."""
        self._futures[self._pool.submit(_score, entrant, out, at)] = _key(entrant, at)

    def finished(self) -> Iterator[str]:
        """Yield what is finished by now."""
        yield from self._collect([future for future in self._futures if future.done()])

    def rest(self) -> Iterator[str]:
        """Yield what finishes until all is done."""
        while self._futures:
            yield from self._collect(list(wait(self._futures, return_when=FIRST_COMPLETED).done))

    def _collect(self, futures: Sequence[Future[None]]) -> Iterator[str]:
        for future in futures:
            key = self._futures.pop(future)
            _result(future)
            yield key


def score_shard(evaluation: Evaluation, entrant: Entrant, out: Path, at: int) -> None:
    """Write the rows of one shard: of an anchor's replies, which are made now, or of a system's kept ones."""
    folder = system_folder(out, entrant.name)
    scorer = Scorer(evaluation.gallery, evaluation.listener, evaluation.calibration.limits, evaluation.metrics)
    interviewer = Interviewer(
        entrant.open(evaluation) if entrant.anchor else None, None if entrant.anchor else folder / "replies"
    )
    waives = ANCHORS[entrant.name].waives if entrant.anchor else frozenset()
    seeds = range(1 if entrant.anchor else evaluation.suite.seeds)  # an anchor says the same whatever its seed
    rows = []
    for item in evaluation.shards()[at]:
        for seed in seeds:
            note, audio, _ = interviewer.ask(prompt_of(item, seed, evaluation.gallery))
            rows.append(scorer.row(item, seed, note, audio, waives))
    write_rows(folder, at, rows)


def hear_ahead(corpus: Corpus, items: ItemSet, suite: Suite, workers: int, listener: OpenListener) -> None:
    """Let `workers` processes hear the real lines that a gallery is built of; it then finds them in the store."""
    lines = sorted(lines_to_hear(items, suite).items())
    parts = [lines[at : at + HEAR_AT_ONCE] for at in range(0, len(lines), HEAR_AT_ONCE)]
    with _pool(workers, _begin_hearing, corpus, listener) as pool:
        for future in [pool.submit(_hear, part) for part in parts]:
            _result(future)


@dataclass
class _Held:
    """What a worker process holds."""

    evaluation: Evaluation | None = None
    corpus: Corpus | None = None
    listener: Listener | None = None


_held = _Held()


def _begin_scoring(prepared: Prepared, listener: OpenListener) -> None:
    begin_worker()
    _held.evaluation = prepared.with_listener(listener())


def _begin_hearing(corpus: Corpus, listener: OpenListener) -> None:
    begin_worker()
    _held.corpus, _held.listener = corpus, listener()


def _score(entrant: Entrant, out: Path, at: int) -> None:
    assert _held.evaluation
    score_shard(_held.evaluation, entrant, out, at)


def _hear(lines: Sequence[tuple[str, bool]]) -> None:
    assert _held.corpus
    assert _held.listener
    for line, read in lines:
        _held.listener.hear(_held.corpus.audio(line)).know(read)


def _pool(workers: int, begin: Callable[..., None], *arguments: Any) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=begin, initargs=arguments)


def _result(future: Future[None]) -> None:
    """Raise what the task raised. A process that died is told in one sentence; what it had finished is kept."""
    try:
        future.result()
    except BrokenProcessPool as error:
        raise AudioroleError(
            "A scoring process died (out of memory?): run the same command again, it goes on where it was; "
            "--workers 1 needs the least memory."
        ) from error


def _key(entrant: Entrant, at: int) -> str:
    return f"{entrant.name} {at}"
