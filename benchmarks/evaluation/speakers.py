"""Two people in one reply: how many are caught, and how many real lines of one person are gated, on held-back lines.

`python -m benchmarks.evaluation.speakers DATASET [--episodes odd] [--store FILE] [--lines 300]`

The gate is calibrated by lines outside the test episodes, as every run does; then it is asked for the roles' lines of
the test episodes, and for pairs of them joined. Once with the whole cast known, and once with both people left out of
it, as a voice would be that no series of ours knows. Intervals: Wilson, 95 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats

from audiorole.evaluation.gates.calibrate import duet
from audiorole.evaluation.gates.gates import speaker_likeness
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import load_suite, with_ears_for
from benchmarks.evaluation.corpora import every_second, open_corpus


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--lines", type=int, default=300)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    items = {"num_roles": 10, "min_items": 6, "test_episodes": every_second(corpus, arguments.episodes)}
    suite = with_ears_for(load_suite(None, name=arguments.episodes, items=items), "en")
    listener = open_listener(suite.models, arguments.store)
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(suite.models))
    calibration = evaluation.calibration
    limit = calibration.limits.one_speaker
    print(f"limit {limit}, calibrated on {calibration.lines} lines", end=": ")
    print(f"false alarms {calibration.false_alarms['one_speaker']}, caught {calibration.caught['one_speaker']}")
    lines = sorted(
        (line for role in evaluation.items.roles for line in evaluation.items.test_lines[role]),
        key=lambda line: draw_order(3, line),
    )[: arguments.lines]
    share("one person, gated", [one(evaluation, line) for line in lines], limit)
    pairs = [pair for pair in pairwise(lines) if len(set(who(evaluation, pair))) == 2]
    share("two people of the cast, caught", [two(evaluation, pair) for pair in pairs], limit)
    share("two strangers, caught", [two(evaluation, pair, known=False) for pair in pairs], limit)


def who(evaluation: Evaluation, lines: Sequence[str]) -> list[str]:
    """Return who says the lines."""
    return [evaluation.corpus.lines[line].character for line in lines]


def one(evaluation: Evaluation, line: str) -> float | None:
    """Return the likeness of a real line."""
    clip = evaluation.listener.hear(evaluation.corpus.audio(line))
    return speaker_likeness(clip, evaluation.gallery.cast_voices)


def two(evaluation: Evaluation, lines: Sequence[str], known: bool = True) -> float | None:
    """Return the likeness of two lines joined."""
    clip = evaluation.listener.hear(duet(*(evaluation.corpus.audio(line) for line in lines)))
    centroids = evaluation.gallery.spaces[evaluation.listener.primary].centroids
    left = set() if known else set(who(evaluation, lines))
    cast = np.stack([voice for name, voice in centroids.items() if name not in left])
    return speaker_likeness(clip, cast)


def share(title: str, found: Sequence[float | None], limit: float) -> None:
    """Print how many are beyond the limit; those too short to be asked count as not gated."""
    asked = [value for value in found if value is not None]
    closed = sum(value < limit for value in asked)
    span = stats.binomtest(closed, len(found)).proportion_ci(method="wilson")
    print(
        f"{title:32s}{closed:4d} of {len(found):4d}, {closed / len(found):.3f} [{span.low:.3f}, {span.high:.3f}], "
        f"{len(asked)} long enough to be asked",
        flush=True,
    )


if __name__ == "__main__":
    main()
