"""The talker's port: Kokoro-82M, one base in memory for every voice."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from audiorole.errors import ConfigError, WeightsError
from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.talker.clauses import sentences
from audiorole.models.talker.network import Spoken, TalkerNetwork
from audiorole.models.talker.sizes import SAMPLE_RATE, TalkerSizes
from audiorole.models.talker.vocabulary import SYMBOLS, unknown_symbols
from audiorole.models.talker.voice import TalkerVoice
from audiorole.models.talker.wardrobe import Wardrobe

FIRST_FRAMES, NEXT_FRAMES = 24, (30, 40, 56, 80, 96)
"""Frames of 25 ms that a streamed line sounds at a time: the first soon, each next one while the last is heard."""

MARGIN_FRAMES, FADE_FRAMES = 4, 2
"""Frames heard on either side of a part and thrown away, and those over which it fades into the next."""

BEFORE_FRAMES, AFTER_FRAMES = 4, 10
"""Silence that is kept ahead of a sentence and behind it: 0.1 s, 0.25 s."""


def load_network(path: Path, sizes: TalkerSizes | None = None) -> TalkerNetwork:
    """Return the network of the weights at `path`, float32, frozen. Raises `WeightsError` for other weights."""
    with torch.device("meta"):
        network = TalkerNetwork(sizes)
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
        network.load_state_dict(tensors, assign=True)
    except (SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{path.name} does not hold the talker's weights: {error}") from error
    network.decoder.generator.window = torch.hann_window(network.sizes.fft)
    return network.eval().requires_grad_(False)


def symbol_ids(phonemes: str) -> Tensor:
    """Return int64 `(1, symbols + 2)`, a 0 at both ends. Raises `ConfigError` for what is no symbol."""
    if unknown := unknown_symbols(phonemes):
        raise ConfigError(f"The talker does not read {unknown!r} (in {phonemes[:60]!r}).")
    return torch.tensor([[0, *(SYMBOLS[symbol] for symbol in phonemes), 0]])


class Kokoro(Embedded):
    """A `Synthesiser`. Source: hexgrad 2025, Kokoro-82M v1.0; after Li et al. 2023, arXiv:2306.07691."""

    weights = ("kokoro-82m.safetensors",)
    name: ClassVar[str] = "kokoro"

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cpu") -> None:
        torch.set_num_threads(threads)
        network = load_network(self.weight_paths(location)[0])
        card = ModelCard(self.name, self.licence(), self.fingerprint(location), SAMPLE_RATE)
        self._take(network.to(device), card, fast_bfloat16(device))

    @classmethod
    def of(cls, network: TalkerNetwork, card: ModelCard) -> Kokoro:
        """Return a talker of a network at hand, in float32."""
        made = cls.__new__(cls)
        made._take(network, card, False)
        return made

    def _take(self, network: TalkerNetwork, card: ModelCard, halved: bool) -> None:
        self.network, self.card, self.halved = network, card, halved
        self._wardrobe = Wardrobe(network, card.fingerprint)

    @property
    def base(self) -> str:
        """Return what a voice names that was fitted on this base."""
        return self.card.fingerprint

    @property
    def device(self) -> torch.device:
        """Return where the network is."""
        return self.network.bert_encoder.weight.device

    def speak(self, phonemes: str, voice: TalkerVoice, pace: float = 1.0) -> Floats:
        """Return `phonemes` spoken in `voice`, float32 `(num_samples,)` at 24 kHz; see `Synthesiser.speak`."""
        parts = [self._sound(voice, *self._planned(line, voice, pace)) for line in _lines(phonemes)]
        return np.concatenate([np.zeros(0, dtype=np.float32), *parts])

    def stream(self, phonemes: str, voice: TalkerVoice, pace: float = 1.0) -> Iterator[Floats]:
        """Yield the same in parts as they are ready; see `Synthesiser.stream`."""
        step = 2 * self.network.sizes.samples_per_pitch
        for line in _lines(phonemes):
            spoken, style = self._planned(line, voice, pace)
            before = np.zeros(0, dtype=np.float32)
            for start, end in _spans(spoken.frames):
                samples = self._sound(voice, spoken, style, start, min(end + FADE_FRAMES, spoken.frames))
                samples = _faded(before, samples)
                before = samples[(end - start) * step :]
                yield samples[: (end - start) * step]

    def precision(self) -> torch.autocast:
        """Return the context in which samples are made: bfloat16 where that is faster."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.halved)

    def _planned(self, line: str, voice: TalkerVoice, pace: float) -> tuple[Spoken, Tensor]:
        """Return how `line` is spoken, and the timbre."""
        style = torch.from_numpy(voice.style_of(len(line)))[None].to(self.device)
        half = self.network.sizes.style
        noise = torch.Generator().manual_seed(zlib.crc32(line.encode()))
        with self._wardrobe.wearing(voice), torch.inference_mode():
            read = self.network.read(symbol_ids(line).to(self.device))
            spoken = self.network.plan(read, style[:, half:], pace * voice.pace, noise)
            return spoken.sounding(BEFORE_FRAMES, AFTER_FRAMES), style[:, :half]

    def _sound(
        self, voice: TalkerVoice, spoken: Spoken, style: Tensor, start: int = 0, end: int | None = None
    ) -> Floats:
        """Return the samples of frames `[start, end)`, heard with a margin that is thrown away."""
        end = spoken.frames if end is None else end
        first, last = max(0, start - MARGIN_FRAMES), min(spoken.frames, end + MARGIN_FRAMES)
        with self._wardrobe.wearing(voice), torch.inference_mode(), self.precision():
            samples = self.network.decoder(spoken.part(first, last), style)[0]
        step = 2 * self.network.sizes.samples_per_pitch
        kept = samples[(start - first) * step : (end - first) * step]
        return np.clip(kept.float().cpu().numpy(), -1.0, 1.0)


def fast_bfloat16(device: str) -> bool:
    """Return whether bfloat16 is faster than float32 there: GPUs, and CPUs that multiply it by themselves."""
    if device != "cpu":
        return True
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _lines(phonemes: str) -> list[str]:
    """Return what is spoken in one go each. Raises `ConfigError` for what is no symbol."""
    symbol_ids(phonemes)
    return sentences(phonemes)


def _spans(frames: int) -> Iterator[tuple[int, int]]:
    """Yield the parts `[start, end)` that a line of `frames` sounds in; no part is shorter than a half."""
    start = 0
    for size in chain((FIRST_FRAMES, *NEXT_FRAMES), repeat(NEXT_FRAMES[-1])):
        end = frames if frames - start < 1.5 * size else start + size
        yield start, end
        if end == frames:
            return
        start = end


def _faded(before: Floats, samples: Floats) -> Floats:
    """Return `samples` whose beginning comes up while `before`, the same moment heard earlier, goes down."""
    ramp = np.linspace(0, 1, len(before), dtype=np.float32)
    joined = before + ramp * (samples[: len(before)] - before)
    return np.concatenate([joined, samples[len(before) :]])
