"""Can the scorers tell a line's own text from another's? Swaps the texts of 50 lines an episode and prints ROC AUC.

    python benchmarks/validation.py --data FOLDER [--language en] [--scorer moonshine] [--episodes 4] [--fit]

Speed is seconds of line audio per second of user CPU, one thread. `--fit` prints the calibration of a
score instead, fitted on the even episodes; figures are of the odd ones.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from audiorole.models import load_model
from audiorole.models.ports import TextScorer
from truth import TrueEpisode, auc, read_episodes

SWAPPED = 50


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--language", default="en")
    parser.add_argument("--scorer", action="append")
    parser.add_argument("--episodes", type=int)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.scorer or ["moonshine", "whisper"]:
        scorer = load_model("text-scorer", name)
        print(f"{name}:")
        if arguments.fit:
            fit(scorer, arguments)
        else:
            report(scorer, arguments)


def report(scorer: TextScorer, arguments: argparse.Namespace) -> None:
    """Print AUC, error rates at one half, and speed on the odd episodes."""
    truths, scores, seconds, spent = [], [], 0.0, 0.0
    for episode in read_episodes(arguments.data, 1, arguments.episodes):
        texts, own = swapped_texts(episode)
        start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        found = scorer.agreement([episode.cut(line) for line in episode.lines], texts, arguments.language)
        spent += resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
        seconds += sum(line.duration for line in episode.lines)
        truths.append(own)
        scores.append(np.array([transcript.agreement or 0.0 for transcript in found], dtype=np.float32))
        print(f"  episode {episode.number:2}: AUC {auc(scores[-1], own):.4f} on {len(own)} lines", flush=True)
    own, score = np.concatenate(truths), np.concatenate(scores)
    print(f"  all: AUC {auc(score, own):.4f}, own text under .5: {(score[own] < 0.5).mean():.3f},", end=" ")
    print(f"foreign text over .5: {(score[~own] > 0.5).mean():.3f}, x{seconds / spent:.1f}")


def fit(scorer: TextScorer, arguments: argparse.Namespace) -> None:
    """Print the log-odds weights of (1, mean evidence, ln tokens), classes weighed equally."""
    rows, truths = [], []
    for episode in read_episodes(arguments.data, 0, arguments.episodes):
        texts, own = swapped_texts(episode)
        waveforms = [episode.cut(line) for line in episode.lines]
        rows += [row or (1.0, 0.0, 0.0) for row in scorer.features(waveforms, texts, arguments.language)]  # type: ignore[attr-defined]
        truths.append(own)
    features, own = np.array(rows), np.concatenate(truths)
    weight = 1 / np.where(own, own.mean(), 1 - own.mean())
    sign = np.where(own, 1, -1)
    found = minimize(
        lambda w: float((weight * np.logaddexp(0, -sign * (features @ w))).mean()), np.zeros(features.shape[1])
    )
    print("  ", ", ".join(f"{value:.3f}" for value in found.x), f"AUC {auc(features @ found.x, own):.4f}")


def swapped_texts(episode: TrueEpisode) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """Return the texts with `SWAPPED` of them handed round among themselves, and which are still their own."""
    generator = np.random.default_rng(episode.number)
    chosen = generator.choice(len(episode.lines), min(SWAPPED, len(episode.lines)), replace=False)
    texts = [line.text for line in episode.lines]
    own = np.ones(len(texts), dtype=bool)
    for giver, taker in zip(chosen, np.roll(chosen, 1), strict=True):
        texts[taker] = episode.lines[giver].text
        own[taker] = texts[taker] == episode.lines[taker].text
    return texts, own


if __name__ == "__main__":
    main()
