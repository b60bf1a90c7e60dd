"""What the codec keeps of speech: word errors and likeness of held-out lines, real, through the vocoder, through codes.

python -m benchmarks.training.codec DATASET --codec RUN/codec [--lines 300] [--transcriber whisper-base …]

Test episodes only. WER: edits over words of all lines, against the subtitle; its interval is a bootstrap over lines;
`ratio` is paired, over the real lines' WER. `cosine`: of the voice to the mean of the character's training lines, for
characters with at least ten of them.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.audio.resample import resample
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.published import open_published
from audiorole.evaluation.words import character_edits, plain_text, word_edits, words
from audiorole.experiments.small.codec.codec import load_codec
from audiorole.models import load_model
from audiorole.types import Utterance

RATE = 16_000
LEAST_ENROLMENT = 10
DRAWS = 2000


def main() -> None:
    """Print one line of JSON for each kind of sound and transcriber."""
    arguments = _arguments()
    corpus, codec = open_published(arguments.dataset), load_codec(arguments.codec)
    lines = _chosen(corpus, arguments.lines)
    rate = codec.config.sample_rate
    kinds: dict[str, Callable[[Utterance], Any]] = {
        "real": lambda line: corpus.audio(line.id),
        "vocoder": lambda line: resample(codec.revocode(resample(corpus.audio(line.id), RATE, rate)), rate, RATE),
        "codec": lambda line: resample(
            codec.decode(codec.encode([corpus.audio(line.id)])[0], line.character), rate, RATE
        ),
    }
    sounds = {name: [make(line) for line in lines] for name, make in kinds.items()}
    cosines = {name: _cosines(corpus, lines, waveforms) for name, waveforms in sounds.items()}
    for transcriber in arguments.transcriber:
        errors = {name: _errors(transcriber, lines, waveforms) for name, waveforms in sounds.items()}
        for name, found in errors.items():
            print(json.dumps(_figures(name, transcriber, found, errors["real"], cosines[name])), flush=True)
    entropy = _entropy(np.concatenate(codec.encode(sounds["real"])))
    print(json.dumps({"lines": len(lines), "codes": codec.config.codes, "bits_a_code": round(entropy, 2)}))


def _chosen(corpus: Corpus, most: int) -> list[Utterance]:
    told = [line for line in corpus.lines.values() if line.split == "test" and words(line.text) and line.duration < 30]
    order = np.random.default_rng(0).permutation(len(told))[:most]
    return [told[place] for place in sorted(order)]


def _errors(transcriber: str, lines: list[Utterance], waveforms: list[Any]) -> np.ndarray:
    """Return, for each line: word edits, words, letter edits, letters."""
    heard = load_model("transcriber", transcriber).transcribe(waveforms, "en")
    rows = []
    for line, transcript in zip(lines, heard, strict=True):
        real, said = plain_text(line.text), plain_text(transcript.text)
        rows.append((word_edits(words(real), words(said)), len(words(real)), character_edits(real, said), len(real)))
    return np.array(rows, dtype=float)


def _cosines(corpus: Corpus, lines: list[Utterance], waveforms: list[Any]) -> np.ndarray:
    embedder = load_model("speaker-embedder", "wespeaker")
    known: dict[str, list[str]] = defaultdict(list)
    for line in corpus.lines.values():
        if line.split == "train" and 1.5 <= line.duration <= 10:
            known[line.character].append(line.id)
    centroids = {
        name: embedder.embed([corpus.audio(line) for line in ids[:40]]).mean(0)
        for name, ids in known.items()
        if len(ids) >= LEAST_ENROLMENT and any(line.character == name for line in lines)
    }
    voices = embedder.embed(waveforms)
    return np.array(
        [
            float(voice @ centroids[line.character] / np.linalg.norm(centroids[line.character]))
            for line, voice in zip(lines, voices, strict=True)
            if line.character in centroids and line.duration >= 1.5
        ]
    )


def _figures(name: str, transcriber: str, found: Any, real: Any, cosines: Any) -> dict[str, Any]:
    random = np.random.default_rng(0)
    draws = random.integers(0, len(found), (DRAWS, len(found)))
    wers = found[draws, 0].sum(1) / found[draws, 1].sum(1)
    ratios = found[draws, 0].sum(1) / np.maximum(1, real[draws, 0].sum(1))
    return {
        "sound": name,
        "transcriber": transcriber,
        "wer": round(found[:, 0].sum() / found[:, 1].sum(), 3),
        "interval": [round(float(value), 3) for value in np.percentile(wers, (2.5, 97.5))],
        "cer": round(found[:, 2].sum() / found[:, 3].sum(), 3),
        "ratio": round(found[:, 0].sum() / max(1, real[:, 0].sum()), 2),
        "ratio_interval": [round(float(value), 2) for value in np.percentile(ratios, (2.5, 97.5))],
        "cosine": round(float(cosines.mean()), 3),
        "voices": len(cosines),
    }


def _entropy(codes: np.ndarray) -> float:
    share = np.bincount(codes) / len(codes)
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--codec", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--transcriber", nargs="+", default=["whisper-base"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
