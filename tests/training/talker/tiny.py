"""A tiny fit: the real loop on a tiny talker, encoders that hear spectra, and a recogniser with a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from audiorole.audio.resample import resample
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.talker.voice import TalkerVoice
from audiorole.testing.talker import TINY, tiny_network, tiny_talker, tiny_voice
from audiorole.training.talker.lines import RATE, VoiceLine
from audiorole.training.talker.models import FitModels
from audiorole.training.talker.plan import VoicePlan
from audiorole.types import Transcript

TEXTS = [f"{'hˈʌɹi ˈʌp wi hæv ɡˌɑt tə ɡˈO '[: 4 + at]}nˈW." for at in range(9)]
PLAN = VoicePlan(
    encoders=("spectrum",), judge="other spectrum", steps=4, batch=2, frames=24, starts=2, prosody_steps=1,
    validate_every=2, most_validated=2, rank=1, patience=9,
)  # fmt: skip


class SpectrumVoice(nn.Module):
    """A voice is the shape of a long-term spectrum in a few bands, seen through a random matrix."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.register_buffer("matrix", torch.randn(32, 8, generator=torch.Generator().manual_seed(seed)))

    def forward(self, waveforms: Tensor) -> Tensor:
        spectrum = torch.stft(waveforms.float(), 64, 32, window=torch.hann_window(64), return_complex=True)
        level = (spectrum.real**2 + spectrum.imag**2 + 1e-6).mean(dim=2).log()[:, :32]
        return nn.functional.normalize((level - level.mean(dim=1, keepdim=True)) @ self.matrix, dim=1)


class SpectrumJudge:
    """The same behind the port."""

    min_seconds = 0.1
    card = ModelCard("other spectrum", "MIT", "judge", RATE, 8)

    def __init__(self, seed: int = 7) -> None:
        self.network = SpectrumVoice(seed)

    def embed(self, waveforms: Sequence[Floats], weighted: bool = False) -> Floats:
        with torch.inference_mode():
            return np.stack([self.network(torch.from_numpy(np.array(one))[None])[0].numpy() for one in waveforms])


class ScriptedEar:
    """Understands every line, from the `deaf_from`-th to the `deaf_to`-th time that it is asked none."""

    card = ModelCard("ear", "MIT", "ear", RATE)

    def __init__(self, texts: Sequence[str], deaf_from: int = 10**6, deaf_to: int = 10**6) -> None:
        self.texts, self.deaf_from, self.deaf_to, self.asked = list(texts), deaf_from, deaf_to, 0

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        self.asked += 1
        if self.deaf_from <= self.asked <= self.deaf_to:
            return [Transcript(text="mumble") for _ in waveforms]
        return [Transcript(text=text) for text in self.texts[: len(waveforms)]]


class AlwaysSpeech:
    """Every frame of 10 ms is speech."""

    card = ModelCard("vad", "MIT", "vad", RATE, frame_rate=100.0)

    def speech_probability(self, waveform: Floats) -> Floats:
        return np.ones(len(waveform) // 160, np.float32)


def said_by(voice: TalkerVoice, texts: Sequence[str] = TEXTS) -> list[VoiceLine]:
    """Return lines that the tiny talker says in `voice`: a character whose true voice is known."""
    talker = tiny_talker()
    found = []
    for at, text in enumerate(texts):
        waveform = resample(talker.speak(text, voice), 24_000, RATE)
        found.append(VoiceLine(f"tiny/s01e01/u{at:05d}", waveform, "the same words", text, 0.0, at % 4 == 3))
    return found


def tiny_models(stock: Sequence[TalkerVoice] = (), **changes: object) -> FitModels:
    """Return models that need no weights."""
    parts: dict[str, object] = {
        "talker": tiny_talker(),
        "encoders": [SpectrumVoice(1)],
        "judge": SpectrumJudge(),
        "transcriber": ScriptedEar(["the same words"] * 9),
        "vad": AlwaysSpeech(),
        "stock": list(stock) or [tiny_voice(f"stock{seed}", seed, rows=60) for seed in range(1, 3)],
    }
    return FitModels(**(parts | changes))  # type: ignore[arg-type]


__all__ = ["PLAN", "TINY", "Callable", "said_by", "tiny_models", "tiny_network", "tiny_voice"]
