"""Where impostors and real lines land on `ap_norm`, on held-back lines: aim 0.0 ± 0.1 and 1.0 ± 0.1 per bucket.

`python benchmarks/evaluation_scale.py DATASET [--episodes odd]`. The scale is fitted on one half of the test
episodes and read on the other half, both ways round; then once more with rows clipped to [0, 1] and with other pulls.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery.gallery import choose_impostors
from audiorole.evaluation.gallery.scale import BUCKET_NAMES, Measured, Scale, bucket, fit_scales
from audiorole.evaluation.gallery.voices import centroid
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.items import build_items
from audiorole.evaluation.suite import Suite, load_suite
from audiorole.models import load_model
from evaluation_truth import every_second, open_corpus

Pairs = dict[str, list[tuple[float, float, str]]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--store", type=Path, default=None)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    chosen = {"num_roles": 18, "min_items": 6, "test_episodes": every_second(corpus, arguments.episodes)}
    suite = load_suite(None, name=arguments.episodes, items=chosen)
    listener = Listener(
        vad=load_model("voice-activity", suite.models.vad),
        speakers={"wespeaker": load_model("speaker-embedder", suite.models.speaker)},
        store=HearingStore(arguments.store),
    )
    real, impostors = measure(corpus, suite, listener)
    print(
        f"{len(real)} roles, {sum(map(len, real.values()))} real lines, "
        f"{sum(map(len, impostors.values()))} impostor trials"
    )
    for pull in (5.0, 0.0, 20.0):
        report(f"rows unclipped, pull {pull:g}", held_back(real, impostors, pull))
    report(
        "rows clipped to [0, 1]",
        [(kind, at, min(1, max(0, v)), r) for kind, at, v, r in held_back(real, impostors, 5.0)],
    )


def measure(corpus: Corpus, suite: Suite, listener: Listener) -> tuple[Pairs, Pairs]:
    """Return (similarity, seconds, episode) of real and impostor test lines per role."""
    items = build_items(corpus, suite)
    heard: dict[str, tuple[np.ndarray, float, str, float | None]] = {}
    for name in items.enrolment:
        for line in (*items.enrolment[name], *items.test_lines.get(name, ())):
            clip = listener.hear(corpus.audio(line))
            prosody = clip.prosody
            heard[line] = (clip.voice(), clip.speech_duration, corpus.lines[line].episode, prosody and prosody.log_f0)
    centroids = {name: centroid([heard[line][0] for line in lines]) for name, lines in items.enrolment.items()}
    genders = {
        name: "male" if np.median([f for line in lines if (f := heard[line][3])]) < np.log(165) else "female"
        for name, lines in items.enrolment.items()
    }
    real: Pairs = {}
    impostors: Pairs = {}
    for role in items.roles:
        real[role] = [_trial(heard[line], centroids[role]) for line in items.test_lines[role] if heard[line][0].any()]
        impostors[role] = [
            _trial(heard[line], centroids[role])
            for name in choose_impostors(role, genders, suite.enrolment.impostors)
            for line in items.test_lines.get(name, ())
            if heard[line][0].any()
        ]
    return real, impostors


def _trial(heard: tuple[np.ndarray, float, str, float | None], target: np.ndarray) -> tuple[float, float, str]:
    return float(heard[0] @ target), heard[1], heard[2]


def held_back(real: Pairs, impostors: Pairs, pull: float) -> list[tuple[str, int, float, str]]:
    """Return (kind, bucket, ap_norm, role) of every trial, scaled by the other half of the episodes."""
    episodes = sorted({episode for trials in real.values() for _, _, episode in trials})
    halves = [set(episodes[0::2]), set(episodes[1::2])]
    rows = []
    for fit, read in (halves, halves[::-1]):
        scales = fit_scales(_within(real, fit), _within(impostors, fit), pull)
        rows += [
            row
            for kind, trials in (("real", real), ("impostor", impostors))
            for row in _read(kind, trials, read, scales)
        ]
    return rows


def _within(trials: Pairs, episodes: set[str]) -> dict[str, Measured]:
    return {
        role: Measured.of([(v, s) for v, s, episode in found if episode in episodes]) for role, found in trials.items()
    }


def _read(
    kind: str, trials: Pairs, episodes: set[str], scales: Mapping[str, Scale]
) -> list[tuple[str, int, float, str]]:
    return [
        (kind, bucket(seconds), scales[role].normalise(value, seconds), role)
        for role, found in trials.items()
        if role in scales and scales[role].separable
        for value, seconds, episode in found
        if episode in episodes
    ]


def report(title: str, rows: list[tuple[str, int, float, str]]) -> None:
    """Print the macro mean over roles per kind and bucket."""
    print(title)
    for kind in ("impostor", "real"):
        cells = []
        for at in (*range(4), None):
            found = [row for row in rows if row[0] == kind and at in (row[1], None)]
            roles = sorted({row[3] for row in found})
            means = [np.mean([row[2] for row in found if row[3] == role]) for role in roles]
            pooled = np.mean([row[2] for row in found]) if found else float("nan")
            name = BUCKET_NAMES[at] if at is not None else "all"
            cells.append(
                f"{name}: lines {pooled:+.3f} roles {np.mean(means) if means else float('nan'):+.3f} (n {len(found)})"
            )
        print(f"  {kind:9s} " + " | ".join(cells))


if __name__ == "__main__":
    main()
