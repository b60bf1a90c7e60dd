"""Whose voice is it? `ap_norm` of held-out lines spoken again: 0 is the impostors' floor, 1 other real lines.

python benchmarks/training_voice_score.py DATASET [NAME=FOLDER …] [--codec RUN/codec] [--characters Joe …] [--lines 30]

Without folders it tells how far the ways to a waveform alone lead: the real line, Griffin-Lim on its true mel (what
`training_voice.py` ends with), with --codec its vocoder on true mel and its codes; and impostors, real lines of others.
Folders hold the lines as `training_voice.py` writes them. Intervals: bootstrap over lines.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery import Gallery, build_gallery
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.suite import load_suite
from audiorole.evaluation.systems.sound import read_audio, resampled
from audiorole.models import load_model
from audiorole.training.decoder.mel import SAMPLE_RATE, mel_spectrogram
from audiorole.training.resample import resample
from audiorole.training.small.codec.codec import load_codec
from training_voice import MAX_SECONDS, chosen_lines, griffin_lim, most_heard

RATE = 16_000
DRAWS = 2000
Speak = Callable[[str], Any]


def main() -> None:
    """Print one line of JSON a character and kind of sound."""
    arguments = _arguments()
    corpus = open_published(arguments.dataset)
    suite = load_suite(None, items={"num_roles": 18, "min_items": 3})
    speakers = {"wespeaker": load_model("speaker-embedder", "wespeaker")}
    listener = Listener(vad=load_model("voice-activity", suite.models.vad), speakers=speakers)
    gallery = build_gallery(corpus, build_items(corpus, suite), suite, listener)
    for character in arguments.characters or most_heard(corpus):
        for name, speak, others in _kinds(corpus, arguments):
            lines = _lines(corpus, gallery, character, others, arguments.lines, arguments.split)
            values = [
                value for line in lines if (value := _place(gallery, listener, character, speak(line))) is not None
            ]
            _print(character, name, np.array(values))


def _kinds(corpus: Corpus, arguments: argparse.Namespace) -> Iterator[tuple[str, Speak, bool]]:
    """Yield each kind's name, what speaks a line, and whether the lines are those of impostors."""
    yield "real", corpus.audio, False
    yield "impostors", corpus.audio, True
    yield "griffin-lim on true mel", lambda line: _by_griffin_lim(corpus.audio(line)), False
    if arguments.codec:
        codec = load_codec(arguments.codec)
        rate = codec.config.sample_rate

        def vocoder(line: str) -> Any:
            return resample(codec.revocode(resample(corpus.audio(line), RATE, rate)), rate, RATE)

        def coded(line: str) -> Any:
            codes = codec.encode([corpus.audio(line)])[0]
            return resample(codec.decode(codes, corpus.lines[line].character), rate, RATE)

        yield "codec's vocoder on true mel", vocoder, False
        yield "codec", coded, False
    for text in arguments.folders:
        name, _, folder = text.partition("=")
        yield name, lambda line, folder=folder: _from_folder(Path(folder), line), False


def _lines(corpus: Corpus, gallery: Gallery, character: str, others: bool, most: int, split: str) -> list[str]:
    wanted = gallery.impostors[character] if others else (character,)
    found = [line for line in corpus.lines.values() if line.split == split and line.character in wanted]
    return chosen_lines([line.id for line in found if line.duration <= MAX_SECONDS], most)


def _place(gallery: Gallery, listener: Listener, character: str, waveform: Any) -> float | None:
    """Return `ap_norm`; None where there is no sound or no voice in it."""
    clip = listener.hear(np.asarray(waveform, np.float32)) if len(waveform) else None
    if clip is None or not clip.voice().any():
        return None
    space = gallery.spaces["wespeaker"]
    return space.scales[character].normalise(space.similarity(character, clip.voice()), clip.speech_duration)


def _by_griffin_lim(waveform: Any) -> Any:
    mel = mel_spectrogram(torch.from_numpy(resample(waveform, RATE, SAMPLE_RATE)))
    return resample(griffin_lim(mel), SAMPLE_RATE, RATE)


def _from_folder(folder: Path, line: str) -> Any:
    path = folder / f"{line.replace('/', '__')}.ogg"
    return resampled(*read_audio(path), RATE) if path.is_file() else np.zeros(0, np.float32)


def _print(character: str, name: str, values: np.ndarray) -> None:
    figures: dict[str, Any] = {"character": character, "sound": name, "lines": len(values)}
    if len(values):
        draws = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
        interval = np.percentile(values[draws].mean(1), (2.5, 97.5))
        figures |= {"ap_norm": round(float(values.mean()), 3), "interval": [round(float(one), 3) for one in interval]}
    print(json.dumps(figures), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folders", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--codec", type=Path)
    parser.add_argument("--characters", nargs="*")
    parser.add_argument("--lines", type=int, default=30)
    parser.add_argument("--split", choices=["test", "validation"], default="test")
    return parser.parse_args()


if __name__ == "__main__":
    main()
