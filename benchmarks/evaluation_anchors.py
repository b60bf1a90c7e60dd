"""The anchors on real lines: their order on every metric, gates, leakage probe, speed.

`python benchmarks/evaluation_anchors.py TRUTH_FOLDER --out FOLDER [--roles 8] [--items 12]`
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from audiorole.core.progress import PlainProgress
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.run.entrants import entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.results import Results
from audiorole.evaluation.run.summarise import summarise
from audiorole.evaluation.suite import load_suite, with_ears_for
from evaluation_truth import truth_corpus


def main() -> None:
    """Run the anchors and print what the issue asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--store", type=Path, help="what earlier runs heard; a fresh one gives the speed")
    parser.add_argument("--roles", type=int, default=8)
    parser.add_argument("--items", type=int, default=12)
    parser.add_argument("--without-text", action="store_true")
    arguments = parser.parse_args()
    items = {"num_roles": arguments.roles, "items_per_role": arguments.items}
    suite = with_ears_for(load_suite(None, items=items, models={"text": ""} if arguments.without_text else {}), "en")
    listener = open_listener(suite.models, arguments.store or arguments.out / "heard.sqlite")
    started = time.monotonic()
    evaluation = Evaluation.prepare(truth_corpus(arguments.truth), suite, listener, model_names(suite.models))
    prepared = time.monotonic()
    chosen = entrants([])
    evaluate(evaluation, chosen, arguments.out, PlainProgress(lambda line: print(line, flush=True)))
    finished = time.monotonic()
    results = summarise(evaluation, chosen, arguments.out)
    rows = sum(system.rows for system in results.systems)
    print(results.signature)
    print(f"prepared in {prepared - started:.0f} s, {rows} replies in {finished - prepared:.0f} s, ", end="")
    print(f"{rows / (finished - prepared):.2f} replies a second in one process")
    print(f"model calls: {dict(listener.calls)}")
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
    for check in results.checks:
        print("ok  " if check.passed else "FAIL", check.subject, check.what, check.better, check.worse)


if __name__ == "__main__":
    main()
