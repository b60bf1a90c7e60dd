"""Degradation ladders: what should move moves step by step, what should not stays.

`python benchmarks/evaluation_ladder.py DATASET [--episodes odd] [--store FILE] [--roles 8] [--items 8]`

Voice: the gold line mixed by power with a same-gender impostor's line, 0 to 100 %. Words: 0 to 100 % of the gold
text's words replaced by words of other lines (text only). Noise: white noise at 30 to 0 dB. Means over
items, before any floor.
`moves`: each step goes the way it should; `stays`: the whole ladder spans under a tenth of the metric's range.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from audiorole.evaluation.corpus import Waveform
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.metrics.base import Metric, Response
from audiorole.evaluation.metrics.content import probability_above
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import load_suite, with_ears_for
from audiorole.evaluation.systems.anchors import Room, impostor
from audiorole.types import Dialogue
from evaluation_truth import every_second, open_corpus

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SNRS = (30.0, 20.0, 10.0, 5.0, 0.0)
DOWN, UP, SAME = -1, 1, 0

VOICE = {"ap": DOWN, "ap_norm": DOWN, "ap_id": DOWN, "ap_asnorm": DOWN, "ap_pass": DOWN, "ai_phrase": SAME,
         "language_mismatch": SAME}  # fmt: skip
NOISE = {"mos": DOWN, "mos_gap": DOWN, "wer": UP, "wer_utterance": UP, "cer": UP, "cp": DOWN, "ai_phrase": SAME,
         "language_mismatch": SAME}  # fmt: skip
WORDS = {"cp": DOWN, "cp_auc": DOWN}
SHOWN = ("ap", "ap_norm", "ap_id", "ap_asnorm", "ap_pass", "cp", "cp_auc", "wer", "wer_utterance", "cer", "mos",
         "mos_gap", "ai_phrase", "language_mismatch")  # fmt: skip

Make = Callable[[Evaluation, Dialogue, float], Waveform]


def main() -> None:
    """Print the three ladders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--roles", type=int, default=8)
    parser.add_argument("--items", type=int, default=8)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    items = {
        "num_roles": arguments.roles,
        "items_per_role": arguments.items,
        "min_items": 6,
        "test_episodes": every_second(corpus, arguments.episodes),
    }
    suite = with_ears_for(load_suite(None, name=arguments.episodes, items=items), "en")
    listener = open_listener(suite.models, arguments.store)
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(suite.models))
    print(evaluation.signature)
    words_ladder(evaluation)
    ladder(evaluation, "impostor's share", SHARES, mixed_voice, VOICE)
    ladder(evaluation, "SNR in dB", SNRS, noisy, NOISE)


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


def ladder(evaluation: Evaluation, title: str, steps: Sequence[float], make: Make, wanted: dict[str, int]) -> None:
    """Print the weighted mean of each metric per step, then the verdicts."""
    print(f"{title:18s}" + "".join(f"{name[:11]:>12s}" for name in SHOWN))
    found: dict[str, list[float]] = {name: [] for name in SHOWN}
    for step in steps:
        for name, value in _step(evaluation, make, step).items():
            found[name].append(value)
        print(f"{step:<18g}" + "".join(f"{found[name][-1]:12.3f}" for name in SHOWN), flush=True)
    verdicts(found, wanted, evaluation.metrics)


def _step(evaluation: Evaluation, make: Make, step: float) -> dict[str, float]:
    sums: dict[str, list[tuple[float, float]]] = {name: [] for name in SHOWN}
    for item in evaluation.items.items:
        response = Response(evaluation.listener.hear(make(evaluation, item, step)), item.target.text)
        for name in SHOWN:
            score = evaluation.metrics[name].score(item, response)
            sums[name] += [] if score.value is None else [(score.value, score.weight)]
    return {
        name: sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs)
        for name, pairs in sums.items()
    }


def verdicts(found: dict[str, list[float]], wanted: dict[str, int], metrics: dict[str, Metric]) -> None:
    """Print which metrics did what they should."""
    for name, direction in wanted.items():
        values = np.array(found[name])
        if direction == SAME:
            span, room = float(np.ptp(values)), 0.1 * (metrics[name].card.high - metrics[name].card.low)
            print(f"  {name:18s} stays {'as it should' if span <= room else 'NOT'} (spans {span:.3f})")
        else:
            steps = direction * np.diff(values)
            verdict = "at every step" if (steps > 0).all() else "NOT everywhere"
            print(f"  {name:18s} moves {verdict} (least {steps.min():+.3f})")


def words_ladder(evaluation: Evaluation) -> None:
    """Print `cp` and `cp_auc` of the gold text with a share of its words replaced by other lines' words."""
    print(f"{'words replaced':18s}{'cp':>12s}{'cp_auc':>12s}")
    pool = [word for line in evaluation.corpus.lines.values() for word in line.text.split()]
    table: dict[str, list[float]] = {"cp": [], "cp_auc": []}
    for share in SHARES:
        found = np.array([_content(evaluation, item, share, pool) for item in evaluation.items.items])
        for name, value in zip(table, found.mean(axis=0), strict=True):
            table[name].append(float(value))
        print(f"{share:<18g}{table['cp'][-1]:12.3f}{table['cp_auc'][-1]:12.3f}", flush=True)
    verdicts(table, WORDS, evaluation.metrics)


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
