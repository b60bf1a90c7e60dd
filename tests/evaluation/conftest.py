"""One small evaluation of the synthetic cast, shared by the tests; nothing in it needs weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_corpus, synthetic_listener


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return synthetic_corpus()


@pytest.fixture(scope="session")
def evaluation(corpus: Corpus) -> Evaluation:
    return Evaluation.prepare(corpus, SYNTHETIC_SUITE, synthetic_listener(corpus))


@pytest.fixture(scope="session")
def anchors() -> list[Entrant]:
    return entrants([])


@pytest.fixture(scope="session")
def anchor_run(
    evaluation: Evaluation, anchors: list[Entrant], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Results]:
    """The anchors' run: (folder, results)."""
    out = tmp_path_factory.mktemp("anchors")
    evaluate(evaluation, anchors, out)
    return out, summarise(evaluation, anchors, out)
