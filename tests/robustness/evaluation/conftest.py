"""A very small evaluation of the synthetic cast: four items, one reply each. No weights, no anchors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from audiorole.evaluation.results.results import SystemResult
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import Prompt, SpeechSystem
from audiorole.evaluation.systems.child import MARK
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_corpus, synthetic_listener
from audiorole.types import Turn

TONE = (0.3 * np.sin(np.arange(16_000) / 10)).astype(np.float32)


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    return small_evaluation()


def small_evaluation() -> Evaluation:
    corpus = synthetic_corpus()
    items = msgspec.structs.replace(SYNTHETIC_SUITE.items, items_per_role=2, min_items=2)
    suite = msgspec.structs.replace(SYNTHETIC_SUITE, items=items, seeds=1)
    return Evaluation.prepare(corpus, suite, synthetic_listener(corpus))


@pytest.fixture
def prompt() -> Prompt:
    turns = (Turn(("a",), "Dan", "Where?", 0, 1), Turn(("b",), "Ada", "Here.", 1, 2), Turn(("c",), "Dan", "Why?", 2, 3))
    return Prompt("toy/e1/u1", turns, "Ada", "en", 0, lambda turn: TONE, TONE)


def scored(evaluation: Evaluation, out: Path, systems: dict[str, SpeechSystem]) -> dict[str, SystemResult]:
    """Ask and score these systems as `audiorole evaluate` does; return what the results say of each."""
    chosen = [Entrant(name, f"callable@tests:{name}") for name in systems]
    evaluate(evaluation, chosen, out, opened=systems)
    return {system.name: system for system in summarise(evaluation, chosen, out).systems}


RUN = "AUDIOROLE_TEST_RUN"
"""In the environment of whatever this test starts, so that another run's workers on this machine are not meant."""


PATIENCE = 5.0
"""Seconds that a killed process may take to be gone."""


def children(run: str) -> set[str]:
    """Return the processes that worker systems of a test started and that are still alive."""
    return {path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if _is_child(path, run)}


def _is_child(path: Path, run: str) -> bool:
    try:
        variables = path.read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{RUN}={run}".encode() in variables and any(one.startswith(f"{MARK}=".encode()) for one in variables)


@pytest.fixture
def no_child_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    run = secrets.token_hex(8)
    monkeypatch.setenv(RUN, run)
    yield
    until = time.monotonic() + PATIENCE
    while children(run) and time.monotonic() < until:  # a killed process takes a moment to go on a busy machine
        time.sleep(0.05)
    assert children(run) == set(), "a process that a worker started is still there"
