"""Where impostors and real lines land on `ap_norm`, on held-back lines: aim 0.0 ± 0.1 and 1.0 ± 0.1 per bucket.

`python -m benchmarks.evaluation.scale DATASET [--episodes odd]`. Each test episode is read by a scale that was fitted
on all the others: as many lines as an evaluation has, none of them its own. Intervals are those of `these characters`.
Then with rows clipped to [0, 1], with other pulls, and with a scale of half the episodes: a quotient of two estimates
is too high where both rest on few lines, so the fewer lines a scale has the further real lines lie above 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery.gallery import choose_impostors
from audiorole.evaluation.gallery.scale import BUCKET_NAMES, PULL, Measured, Scale, bucket, fit_scales
from audiorole.evaluation.gallery.voices import centroid
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.items import build_items
from audiorole.evaluation.statistics import CharacterSample, macro_mean, these_characters
from audiorole.evaluation.suite import Suite, load_suite
from audiorole.models import load_model
from audiorole.types import Record
from benchmarks.evaluation.corpora import every_second, open_corpus

KINDS = ("impostor", "real")
ENOUGH = 10
AIM = 0.1

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
    rows = held_back(real, impostors)
    report("scale of all other episodes", rows)
    report_roles(rows)
    report("rows clipped to [0, 1]", [msgspec.structs.replace(row, value=min(1, max(0, row.value))) for row in rows])
    for pull in (0.0, 20.0):
        report(f"pull {pull:g} instead of {PULL:g}", held_back(real, impostors, pull))
    report("scale of half the episodes", held_back(real, impostors, parts=2))


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


class Placed(Record, frozen=True):
    """A trial on the scale. at: its bucket; value: its `ap_norm`."""

    kind: str
    at: int
    value: float
    role: str
    episode: str


def held_back(real: Pairs, impostors: Pairs, pull: float = PULL, parts: int = 0) -> list[Placed]:
    """Return every trial, scaled by the other episodes; parts: into how many parts they fall, 0 for one each."""
    episodes = sorted({episode for trials in real.values() for _, _, episode in trials})
    rows = []
    for part in range(parts or len(episodes)):
        read = set(episodes[part :: parts or len(episodes)])
        fit = set(episodes) - read
        scales = fit_scales(_within(real, fit), _within(impostors, fit), pull)
        rows += [
            row
            for kind, trials in zip(KINDS, (impostors, real), strict=True)
            for row in _read(kind, trials, read, scales)
        ]
    return rows


def _within(trials: Pairs, episodes: set[str]) -> dict[str, Measured]:
    return {
        role: Measured.of([(v, s) for v, s, episode in found if episode in episodes]) for role, found in trials.items()
    }


def _read(kind: str, trials: Pairs, episodes: set[str], scales: Mapping[str, Scale]) -> list[Placed]:
    return [
        Placed(kind, bucket(seconds), scales[role].normalise(value, seconds), role, episode)
        for role, found in trials.items()
        if role in scales and scales[role].separable
        for value, seconds, episode in found
        if episode in episodes
    ]


def report(title: str, rows: list[Placed]) -> None:
    """Print the mean over roles with its interval, and the mean over lines, per kind and bucket."""
    print(title)
    for kind in KINDS:
        for at in (*range(4), None):
            found = [row for row in rows if row.kind == kind and at in (row.at, None)]
            samples = samples_of(found)
            span = these_characters(samples)
            ends = f"[{span.low:+.3f}, {span.high:+.3f}]" if span.low is not None else "[–]"
            name = BUCKET_NAMES[at] if at is not None else "all"
            lines = f"lines {np.mean([row.value for row in found]):+.3f}, n {len(found)}"
            print(f"  {kind:9s}{name:7s} {len(samples):3d} roles {macro_mean(samples):+.3f} {ends}, {lines}")


def report_roles(rows: list[Placed]) -> None:
    """Print each role's real lines in the buckets of which it has `ENOUGH`."""
    print(f"real lines by role, buckets of {ENOUGH} lines or more: mean ± standard error over lines")
    near = total = 0
    for role in sorted({row.role for row in rows}):
        cells = [[row.value for row in rows if (row.kind, row.role, row.at) == ("real", role, at)] for at in range(4)]
        told = [(name, cell) for name, cell in zip(BUCKET_NAMES, cells, strict=True) if len(cell) >= ENOUGH]
        near, total = near + sum(abs(np.mean(cell) - 1) <= AIM for _, cell in told), total + len(told)
        words = [f"{n} {np.mean(c):.2f} ± {np.std(c, ddof=1) / len(c) ** 0.5:.2f} (n {len(c)})" for n, c in told]
        print(f"  {role:14s}" + " | ".join(words or ["too few lines"]))
    print(f"  {near} of {total} within 1 ± {AIM}")


def samples_of(rows: list[Placed]) -> list[CharacterSample]:
    """Return each role's mean over lines, with its episodes."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        found.setdefault(row.role, {}).setdefault(row.episode, []).append(row.value)
    return [
        CharacterSample.of_sums(
            role,
            list(by_episode),
            np.array([sum(values) for values in by_episode.values()]),
            np.array([float(len(values)) for values in by_episode.values()]),
        )
        for role, by_episode in sorted(found.items())
    ]


if __name__ == "__main__":
    main()
