"""Two processes write what one does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import AudioroleError
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.parallel import Pool
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.testing.evaluation import synthetic_listener


def mumble(turns: Any, character: str, reference: Any, seed: int) -> dict[str, Any]:
    return {"audio": reference[: 16000 * (2 + seed)][::-1], "sample_rate": 16000, "text": "mumbling"}


def dying() -> Listener:
    raise SystemExit(3)


def rows(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("rows/*.jsonl"))}


def test_a_pool_writes_the_same_bytes(evaluation: Evaluation, tmp_path: Path) -> None:
    systems = [Entrant("gold", "anchor:gold"), Entrant("noise", "anchor:noise"), Entrant("mine", "callable@x:mumble")]
    opened = {"mine": FunctionSystem.of(mumble)}
    evaluate(evaluation, systems, tmp_path / "one", opened=opened)
    with Pool(evaluation, 2, partial(synthetic_listener, evaluation.corpus)) as pool:
        evaluate(evaluation, systems, tmp_path / "two", opened=opened, scoring=pool)
    assert rows(tmp_path / "two") == rows(tmp_path / "one")
    assert len(rows(tmp_path / "one")) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_process_that_dies_is_told_in_a_sentence(evaluation: Evaluation, tmp_path: Path) -> None:
    with Pool(evaluation, 1, dying) as pool, pytest.raises(AudioroleError, match="run the same command again"):
        evaluate(evaluation, [Entrant("gold", "anchor:gold")], tmp_path, scoring=pool)
