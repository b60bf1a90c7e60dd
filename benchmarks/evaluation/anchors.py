"""The anchors on real lines: their order on every metric, what the gates catch and let through, leakage probe, speed.

`python -m benchmarks.evaluation.anchors DATASET --out FOLDER [--episodes odd] [--roles 10] [--items 40] [--workers 2]`

DATASET: what `audiorole build` made, or truth files. Choices were made on the even episodes; report the odd ones.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

from audiorole.core.progress import PlainProgress
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.parallel import Pool, hear_ahead
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.report.evaluation import write_evaluation_report
from benchmarks.evaluation.corpora import chosen_suite, open_corpus


def main() -> None:
    """Run the anchors and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a fresh folder gives the speed")
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--roles", type=int, default=10)
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    suite = chosen_suite(corpus, arguments.episodes, arguments.roles, arguments.items)
    listener = partial(open_listener, suite.models, arguments.out / "heard.sqlite")
    started = time.monotonic()
    chosen_items = build_items(corpus, suite)
    hear_ahead(corpus, chosen_items, suite, arguments.workers, listener)
    evaluation = Evaluation.prepare(corpus, suite, listener(), model_names(suite.models), chosen_items)
    prepared, chosen = time.monotonic(), entrants([])
    with Pool(evaluation, arguments.workers, listener) as pool:
        progress = PlainProgress(lambda line: print(line, flush=True))
        evaluate(evaluation, chosen, arguments.out, progress, scoring=pool)
    finished = time.monotonic()
    results = summarise(evaluation, chosen, arguments.out)
    write_evaluation_report(arguments.out, results, corpus.audio)
    rows = sum(system.rows for system in results.systems)
    print(results.signature)
    print(f"prepared in {prepared - started:.0f} s, {rows} replies in {finished - prepared:.0f} s: ", end="")
    print(f"{rows / (finished - prepared):.1f} replies a second in {arguments.workers} processes")
    print_results(results)


def print_results(results: Results) -> None:
    """Print metrics by anchor, gates and checks."""
    print("calibration", results.calibration)
    for card in results.encoders:
        print(
            "encoder", card.encoder, [(f.slice, f.real, f.impostors, f.eer, f.min_dcf, f.d_prime) for f in card.figures]
        )
    names = list(results.systems[0].metrics)
    for view in ("value", "raw"):
        print(f"{view:15s}" + "".join(f"{name[:10]:>11s}" for name in names))
        for system in results.systems:
            values = [getattr(system.metrics[name], view) for name in names]
            print(
                f"{system.name:15s}"
                + "".join(f"{value:11.3f}" if value is not None else f"{'-':>11s}" for value in values)
            )
    for system in results.systems:
        print(f"{system.name:15s} {system.statuses} gates {system.gate_rates} shuffled cp_auc {system.shuffled_cp_auc}")
    for system in results.systems:
        gate = ANCHORS[system.name].gate
        if gate:
            print(f"caught: {system.name:15s} by {gate:15s} {system.gate_rates.get(gate, 0):.3f}")
        elif system.name != "gold":
            print(f"gated:  {system.name:15s} {1 - system.statuses.get('ok', 0) / system.rows:.3f}")
    for check in results.checks:
        print("ok  " if check.passed else "FAIL", check.subject, check.what, check.better, check.worse)


if __name__ == "__main__":
    main()
