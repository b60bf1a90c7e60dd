"""Whose voice is it? `ap_norm` of held-out lines spoken again: 0 is the impostors' floor, 1 other real lines.

    python -m benchmarks.training.voice_score DATASET [NAME=FOLDER …] [--codec RUN/codec] [--characters Joe …]
        [--lines 30] [--transcriber whisper-base] [--only real …]

Without folders it tells how far the ways to a waveform alone lead: the real line, Griffin-Lim on its true mel (what
`voice.py` ends with), with --codec its vocoder on true mel and its codes; and impostors, real lines of others.
Folders hold the lines as `voice.py` writes them. With --transcriber also how many words are heard wrongly
(`wer`, against the subtitle). Intervals: bootstrap over lines.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiorole.audio.resample import resample
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery import Gallery, build_gallery
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.suite import load_suite
from audiorole.evaluation.systems.sound import read_audio
from audiorole.evaluation.words import plain_text, word_edits, words
from audiorole.experiments.small.codec.codec import load_codec
from audiorole.models import load_model
from audiorole.training.decoder.mel import SAMPLE_RATE, mel_spectrogram
from benchmarks.training.voice import MAX_SECONDS, chosen_lines, griffin_lim, most_heard

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
            if not arguments.only or name in arguments.only:
                lines = _lines(corpus, gallery, character, others, arguments.lines, arguments.split)
                sounds = {line: speak(line) for line in lines}
                found = _likeness(gallery, listener, character, sounds) | _heard(corpus, sounds, arguments.transcriber)
                print(json.dumps({"character": character, "sound": name} | found), flush=True)


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
    return resample(*read_audio(path), RATE) if path.is_file() else np.zeros(0, np.float32)


def _likeness(gallery: Gallery, listener: Listener, character: str, sounds: Mapping[str, Any]) -> dict[str, Any]:
    """Return `ap_norm` over the lines in which there is a voice, with its interval."""
    placed = (_place(gallery, listener, character, sound) for sound in sounds.values())
    return _figures("ap_norm", np.array([value for value in placed if value is not None]))


def _heard(corpus: Corpus, sounds: Mapping[str, Any], transcriber: str) -> dict[str, Any]:
    """Return the word error rate over the lines that have words, with its interval; nothing without a transcriber."""
    if not transcriber:
        return {}
    told = {line: sound for line, sound in sounds.items() if words(plain_text(corpus.lines[line].text))}
    transcripts = load_model("transcriber", transcriber).transcribe(list(told.values()), "en")
    real = [words(plain_text(corpus.lines[line].text)) for line in told]
    edits = [word_edits(one, words(plain_text(said.text))) for one, said in zip(real, transcripts, strict=True)]
    return _figures("wer", np.array(edits, dtype=float), np.array([len(one) for one in real], dtype=float))


def _figures(name: str, values: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
    """Return how many lines there are, the mean of `values` (over that of `weights`) and its interval."""
    if not len(values):
        return {f"{name}_lines": 0}
    draws = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    over = np.ones(len(values)) if weights is None else weights
    interval = np.percentile(values[draws].sum(1) / over[draws].sum(1), (2.5, 97.5))
    rounded = [round(float(one), 3) for one in (values.sum() / over.sum(), *interval)]
    return {f"{name}_lines": len(values), name: rounded[0], f"{name}_interval": rounded[1:]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folders", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--codec", type=Path)
    parser.add_argument("--characters", nargs="*")
    parser.add_argument("--lines", type=int, default=30)
    parser.add_argument("--only", nargs="*", help="names of sounds; the others are left out")
    parser.add_argument("--transcriber", default="", help="e.g. whisper-base: tell the word error rate as well")
    parser.add_argument("--split", choices=["test", "validation"], default="test")
    return parser.parse_args()


if __name__ == "__main__":
    main()
