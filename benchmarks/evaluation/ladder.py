"""Degradation ladders: what should move moves at every step, what should not stays. Exits 1 where it does not hold.

`python -m benchmarks.evaluation.ladder DATASET [--episodes odd] [--store FILE] [--roles 6] [--items 20]`

Voice: the gold line mixed by power with a same-gender impostor's line, 0 to 100 %. Words: 0 to 100 % of the words that
are heard replaced by words of other characters' lines, the sound left alone. Noise: white noise at 30 to 0 dB. Macro
means over characters, before any floor.
`moves`: each step goes the way it should. `turns`: the last step does, against the first; for metrics that are shares
of few items, or weak. `stays`: the whole ladder spans under a twentieth of the metric's range.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from audiorole.evaluation.corpus import Waveform
from audiorole.evaluation.hearing.listener import Clip
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.metrics.base import Metric, Response, Score
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.anchors import Room, impostor
from audiorole.types import Dialogue, Transcript
from benchmarks.evaluation.corpora import chosen_suite, open_corpus

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SNRS = (30.0, 20.0, 10.0, 5.0, 0.0)
STILL = 0.05
"""Share of a metric's range that a whole ladder may span where it should stay."""

Wanted = dict[str, str]
"""Metric → `falls`, `rises` (at every step), `ends lower`, `ends higher`, `stays`."""

VOICE: Wanted = {"ap": "falls", "ap_norm": "falls", "ap_asnorm": "falls", "ap_id": "falls", "ap_pass": "falls",
                 "ap_prosody": "ends lower", "ai_phrase": "stays", "language_mismatch": "stays",
                 "cp_verbatim": "stays"}  # fmt: skip
WORDS: Wanted = {"cp": "falls", "cp_auc": "falls", "wer": "rises", "wer_utterance": "rises", "cer": "rises",
                 "cp_style": "ends lower", "cp_id": "ends lower", "ap": "stays", "ap_norm": "stays",
                 "ap_asnorm": "stays", "ap_id": "stays", "ap_pass": "stays", "ap_prosody": "stays", "mos": "stays",
                 "mos_gap": "stays", "ai_phrase": "stays", "language_mismatch": "stays"}  # fmt: skip
NOISE: Wanted = {"mos": "falls", "mos_gap": "falls", "wer": "rises", "wer_utterance": "rises", "cer": "rises",
                 "cp": "falls", "cp_auc": "ends lower", "ai_phrase": "stays", "language_mismatch": "stays",
                 "cp_verbatim": "stays"}  # fmt: skip

Make = Callable[[Evaluation, Dialogue, float], Clip]


def main() -> None:
    """Print the three ladders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--roles", type=int, default=6)
    parser.add_argument("--items", type=int, default=20)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    suite = chosen_suite(corpus, arguments.episodes, arguments.roles, arguments.items)
    listener = open_listener(suite.models, arguments.store)
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(suite.models))
    print(evaluation.signature)
    ladders = (
        ("words replaced", SHARES, other_words, WORDS),
        ("impostor's share", SHARES, mixed_voice, VOICE),
        ("SNR in dB", SNRS, noisy, NOISE),
    )
    held = [ladder(evaluation, *one) for one in ladders]
    sys.exit(0 if all(held) else 1)


def other_words(evaluation: Evaluation, item: Dialogue, share: float) -> Clip:
    """Return the gold line as if the recogniser had heard other characters' words in places."""
    rng = np.random.default_rng(list(draw_order(1, item.id)))
    lines = [line for line in evaluation.corpus.lines.values() if line.who != item.target.character]
    words = item.target.text.split()
    for at in rng.permutation(len(words))[: round(share * len(words))]:
        others = lines[int(rng.integers(len(lines)))].text.split() or ["yes"]
        words[at] = others[int(rng.integers(len(others)))]
    clip = evaluation.listener.hear(evaluation.corpus.audio(item.id))
    clip.transcript = Transcript(text=" ".join(words), language="en")
    return clip


def mixed_voice(evaluation: Evaluation, item: Dialogue, share: float) -> Clip:
    """Return the gold line with an impostor's line mixed in by power."""
    gold = evaluation.corpus.audio(item.id)
    other = np.resize(impostor(Room(item, evaluation.gallery, evaluation.listener, 0))[0], len(gold))
    other = other * (np.std(gold) / max(float(np.std(other)), 1e-9))
    return _heard(evaluation, np.sqrt(1 - share) * gold + np.sqrt(share) * other)


def noisy(evaluation: Evaluation, item: Dialogue, snr: float) -> Clip:
    """Return the gold line under white noise."""
    gold = evaluation.corpus.audio(item.id)
    rng = np.random.default_rng(list(draw_order(0, item.id)))
    return _heard(evaluation, gold + rng.normal(0, np.std(gold) * 10 ** (-snr / 20), len(gold)))


def _heard(evaluation: Evaluation, waveform: Waveform) -> Clip:
    return evaluation.listener.hear(np.asarray(waveform, dtype=np.float32))


def ladder(evaluation: Evaluation, title: str, steps: Sequence[float], make: Make, wanted: Wanted) -> bool:
    """Print each metric per step, metrics down; return whether all did what they should."""
    table = [_step(evaluation, make, step) for step in steps]
    print(f"\n{title:18s}" + "".join(f"{step:>9g}" for step in steps))
    held = True
    for name, metric in evaluation.metrics.items():
        values = [row[name] for row in table]
        holds = name not in wanted or _holds(wanted[name], values, metric)
        held &= holds
        verdict = f"{wanted.get(name, '')}{'' if holds else ': NOT'}"
        print(f"{name:18s}" + "".join(f"{value:9.3f}" for value in values) + f"  {verdict}", flush=True)
    return held


def _holds(wanted: str, values: Sequence[float], metric: Metric) -> bool:
    if wanted == "stays":
        return float(np.ptp(values)) <= STILL * (metric.card.high - metric.card.low)
    sign = 1 if wanted in ("rises", "ends higher") else -1
    steps = np.diff(values) if wanted in ("rises", "falls") else np.array([values[-1] - values[0]])
    return bool((sign * steps > 0).all())


def _step(evaluation: Evaluation, make: Make, step: float) -> dict[str, float]:
    """Return each metric's macro mean over characters."""
    found: dict[str, dict[str, list[Score]]] = {name: {} for name in evaluation.metrics}
    for item in evaluation.items.items:
        response = Response(make(evaluation, item, step), item.target.text)
        for name, metric in evaluation.metrics.items():
            score = metric.score(item, response)
            if score.value is not None:
                found[name].setdefault(item.target.character, []).append(score)
    return {
        name: float(np.mean([evaluation.metrics[name].aggregate(scores) for scores in by_character.values()]))
        for name, by_character in found.items()
    }


if __name__ == "__main__":
    main()
