"""Degradation ladders: what should move moves monotonically, what should not stays.

`python benchmarks/evaluation_ladder.py TRUTH_FOLDER [--store FILE] [--roles 4] [--items 6]`

Voice: the gold line mixed with an impostor's line of the same length, 0 to 100 %. Words: 0 to 100 % of the gold text's
words replaced (text only: `cp`, `cp_auc`). Noise: white noise at 30 to 0 dB.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from audiorole.evaluation.corpus import Waveform
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.metrics.base import Response
from audiorole.evaluation.metrics.content import probability_above
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import load_suite, with_ears_for
from audiorole.evaluation.systems.anchors import Room, impostor
from audiorole.types import Dialogue
from evaluation_truth import truth_corpus

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SNRS = (30.0, 20.0, 10.0, 5.0, 0.0)
SHOWN = ("ap", "ap_norm", "ap_id", "wer_utterance", "dnsmos")


def main() -> None:
    """Print the three ladders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--roles", type=int, default=4)
    parser.add_argument("--items", type=int, default=6)
    arguments = parser.parse_args()
    items = {"num_roles": arguments.roles, "items_per_role": arguments.items}
    suite = with_ears_for(load_suite(None, items=items), "en")
    listener = open_listener(suite.models, arguments.store)
    evaluation = Evaluation.prepare(truth_corpus(arguments.truth), suite, listener, model_names(suite.models))
    words_ladder(evaluation)
    ladder(evaluation, "impostor's share of the voice", SHARES, mixed_voice)
    ladder(evaluation, "SNR in dB", SNRS, noisy)


def mixed_voice(evaluation: Evaluation, item: Dialogue, share: float) -> Waveform:
    """Return the gold line with an impostor's line mixed in by power."""
    gold = evaluation.corpus.audio(item.id)
    other = np.resize(impostor(Room(item, evaluation.gallery, evaluation.listener, 0))[0], len(gold))
    other = other * (np.std(gold) / max(float(np.std(other)), 1e-9))
    return np.asarray(np.sqrt(1 - share) * gold + np.sqrt(share) * other, dtype=np.float32)


def noisy(evaluation: Evaluation, item: Dialogue, snr: float) -> Waveform:
    """Return the gold line under white noise."""
    gold = evaluation.corpus.audio(item.id)
    rng = np.random.default_rng(list(draw_order(0, item.id)))
    return np.asarray(gold + rng.normal(0, np.std(gold) * 10 ** (-snr / 20), len(gold)), dtype=np.float32)


def ladder(
    evaluation: Evaluation,
    title: str,
    steps: tuple[float, ...],
    make: Callable[[Evaluation, Dialogue, float], Waveform],
) -> None:
    """Print the mean of each metric per step, before any floor."""
    print(f"{title:32s}" + "".join(f"{name:>15s}" for name in SHOWN))
    for step in steps:
        values: dict[str, list[float]] = {name: [] for name in SHOWN}
        for item in evaluation.items.items:
            response = Response(evaluation.listener.hear(make(evaluation, item, step)), item.target.text)
            for name in SHOWN:
                score = evaluation.metrics[name].score(item, response)
                values[name] += [] if score.value is None else [score.value]
        print(f"{step:32g}" + "".join(f"{np.mean(values[name]):15.3f}" for name in SHOWN), flush=True)


def words_ladder(evaluation: Evaluation) -> None:
    """Print `cp` and `cp_auc` of the gold text with a share of its words replaced by other lines' words."""
    print(f"{'share of words replaced':32s}{'cp':>15s}{'cp_auc':>15s}")
    pool = [word for line in evaluation.corpus.lines.values() for word in line.text.split()]
    for share in SHARES:
        found = np.array([_content(evaluation, item, share, pool) for item in evaluation.items.items])
        print(f"{share:32g}{found[:, 0].mean():15.3f}{found[:, 1].mean():15.3f}", flush=True)


def _content(evaluation: Evaluation, item: Dialogue, share: float, pool: list[str]) -> tuple[float, float]:
    rng = np.random.default_rng(list(draw_order(1, item.id)))
    words, order = item.target.text.split(), rng.permutation(len(item.target.text.split()))
    for at in order[: round(share * len(words))]:
        words[at] = pool[int(rng.integers(len(pool)))]
    others = evaluation.gallery.other_texts(item)
    reply, gold, *rest = evaluation.listener.text_vectors([" ".join(words), item.target.text, *others])
    return float(reply @ gold), probability_above(float(reply @ gold), np.stack(rest) @ reply)


if __name__ == "__main__":
    main()
