"""The lines a codec learns from, on the device: every line at several speeds, in batches of one fixed shape."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiorole.audio.resample import resample
from audiorole.experiments.small.codec.config import CodecConfig, CodecPlan
from audiorole.experiments.small.codec.encoder import STRIDE
from audiorole.types import Utterance

HEARING_RATE = 16_000
SHORTEST = 5
"""Codes; shorter sounds are left out."""

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """One line at one speed, on the device. heard: float32 at 16 kHz; said: at the codec's rate; both whole codes."""

    heard: Tensor
    said: Tensor
    voice: int
    letters: tuple[int, ...]

    @property
    def codes(self) -> int:
        """How many codes it has."""
        return len(self.heard) // STRIDE


@dataclass(frozen=True)
class CodecBatch:
    """Sounds as rows of one length, filled up with silence.

    heard, said: samples, `(rows, …)`; code_counts, voices: int64 `(rows,)`, on the device. letters: one row behind the
    other; letter_counts: of each row, 0 where a sound was cut and its text is not all there.
    """

    heard: Tensor
    said: Tensor
    code_counts: Tensor
    voices: Tensor
    letters: Tensor
    letter_counts: tuple[int, ...]


def alphabet(lines: Iterable[Utterance]) -> str:
    """Return the letters of the lines' texts, sorted."""
    return "".join(sorted({letter for line in lines for letter in spelled(line.text)}))


def spelled(text: str) -> str:
    """Return `text` as the reader spells it: small letters, digits, apostrophes, single spaces."""
    kept = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in text.casefold())
    return " ".join(kept.split())


def load_sounds(
    lines: Iterable[Utterance],
    audio: Callable[[str], Waveform],
    config: CodecConfig,
    speeds: Sequence[float] = (1.0,),
    device: torch.device | str = "cpu",
) -> list[Sound]:
    """Return the sounds of `lines`, without those that have no letter or hardly a sound.

    A line at another speed is another voice: place in the table + number of the speed · voices.
    """
    voices = {name: place + 1 for place, name in enumerate(config.speakers)}
    places = {letter: number + 1 for number, letter in enumerate(config.characters)}
    sounds = []
    for line in lines:
        letters = tuple(places[letter] for letter in spelled(line.text) if letter in places)
        waveform = audio(line.id)
        if not letters or len(waveform) < 2 * SHORTEST * STRIDE:
            continue
        for number, speed in enumerate(speeds):
            heard, said = samples_at(waveform, speed, config)
            voice = voices.get(line.who, 0) + number * (1 + len(voices))
            sounds.append(Sound(torch.from_numpy(heard).to(device), torch.from_numpy(said).to(device), voice, letters))
    return sounds


def samples_at(waveform: Waveform, speed: float, config: CodecConfig) -> tuple[Waveform, Waveform]:
    """Return `waveform` (16 kHz) at another speed, as it is heard (16 kHz) and said (the codec's rate), whole codes."""
    heard = waveform if speed == 1 else resample(waveform, round(HEARING_RATE * speed), HEARING_RATE)
    codes = len(heard) // STRIDE
    said = resample(heard, HEARING_RATE, config.sample_rate)[: codes * config.samples_per_code]
    said = np.pad(said, (0, codes * config.samples_per_code - len(said)))
    return np.ascontiguousarray(heard[: codes * STRIDE]), said


def batches(
    sounds: Sequence[Sound], plan: CodecPlan, config: CodecConfig, device: torch.device | str
) -> Iterator[CodecBatch]:
    """Yield batches without end: all sounds in a random order, again and again; a function of the plan alone."""
    order = random.Random(plan.seed)
    waiting: list[int] = []
    while True:
        while len(waiting) < plan.rows:
            waiting += order.sample(range(len(sounds)), len(sounds))
        chosen, waiting = waiting[: plan.rows], waiting[plan.rows :]
        starts = [order.randint(0, max(0, sounds[place].codes - plan.window_codes)) for place in chosen]
        yield stack([sounds[place] for place in chosen], starts, plan.window_codes, config, device)


def stack(
    sounds: Sequence[Sound], starts: Sequence[int], codes: int, config: CodecConfig, device: torch.device | str
) -> CodecBatch:
    """Return a window of `codes` codes of each of `sounds`, from its start."""
    whole = [sound.codes <= codes for sound in sounds]
    letters = [letter for sound, fits in zip(sounds, whole, strict=True) if fits for letter in sound.letters]
    return CodecBatch(
        heard=_rows([sound.heard for sound in sounds], starts, codes, STRIDE, device),
        said=_rows([sound.said for sound in sounds], starts, codes, config.samples_per_code, device),
        code_counts=torch.tensor([min(codes, sound.codes) for sound in sounds], device=device),
        voices=torch.tensor([sound.voice for sound in sounds], device=device),
        letters=torch.tensor(letters, device=device),
        letter_counts=tuple(len(sound.letters) * fits for sound, fits in zip(sounds, whole, strict=True)),
    )


def _rows(parts: Sequence[Tensor], starts: Sequence[int], codes: int, size: int, device: torch.device | str) -> Tensor:
    rows = torch.zeros(len(parts), codes * size, device=device)
    for row, part, start in zip(rows, parts, starts, strict=True):
        piece = part[start * size : (start + codes) * size]
        row[: len(piece)] = piece
    return rows
