"""Dataset × systems → scores: evaluate speech role-play systems, and compare evaluations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from audiorole.api.progress import shown_progress
from audiorole.core.progress import Progress
from audiorole.evaluation.api import EvaluationCall, run_call
from audiorole.evaluation.results.compare import compare_runs
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.systems.function import FunctionSystem, Respond
from audiorole.report.evaluation import write_comparison, write_evaluation_report


def evaluate(
    dataset: str | Path,
    systems: Iterable[str] | Mapping[str, Respond],
    out: str | Path,
    *,
    suite: str | Path = "",
    cast: str | Path | None = None,
    seeds: int = 0,
    workers: int = 1,
    judge: str | Path | None = None,
    again: Iterable[str] = (),
    progress: Progress | None = None,
) -> Results:
    """Measure role-play systems on a dataset, the anchors beside them, and write results and report into `out`.

    systems: references such as `talker@RUN`, or label → Python function `respond(turns, character, reference_audio,
    seed)` that returns {audio, sample_rate, text}. suite: a file, or the name of one that ships, such as `small`.
    A run that was stopped goes on. Raises UserError for what the caller can mend.
    """
    functions = dict(systems) if isinstance(systems, Mapping) else {}
    names = [f"{label}=callable@{label}" for label in functions] if functions else list(systems)
    call = EvaluationCall(
        Path(dataset), Path(out), tuple(names), suite, Path(cast) if cast else None, seeds, workers,
        Path(judge) if judge else None, tuple(again),
    )  # fmt: skip
    opened = {label: FunctionSystem.of(one) for label, one in functions.items()}
    results, corpus = run_call(call, shown_progress(progress), opened)
    write_evaluation_report(call.out, results, corpus.audio)
    return results


def compare(outs: Iterable[str | Path], page: str | Path | None = None) -> Results:
    """Return the systems of several evaluations side by side, paired per character. page: an HTML file to write, too.

    Raises ConfigError where two of them have different signatures: their numbers do not compare.
    """
    compared = compare_runs([Path(out) for out in outs])
    if page:
        write_comparison(Path(page), compared)
    return compared
