"""The models of a fit: the talker, what the gradient passes through, and what chooses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from audiorole.audio.resample import resample
from audiorole.errors import ConfigError
from audiorole.models import load_model
from audiorole.models.phonemes import load_phonemes
from audiorole.models.ports import Floats, SpeakerEmbedder, Transcriber, VoiceActivityDetector
from audiorole.models.talker.kokoro import Kokoro
from audiorole.models.talker.voice import FOREIGN_VOICES, STOCK_VOICES, TalkerVoice, stock_voice
from audiorole.training.talker.lines import VoiceLine
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.sentences import SENTENCES

RATE = 16_000
MOST_THREADS = 8
TRIAL = "hˈʌɹi ˈʌp, wi hæv ɡˌɑt tə ɡˈɛt tə ði ˈɛɹpˌɔɹt bəfˈɔɹ ðA klˈOz."
"""What every stock voice says to be compared with a character."""


@dataclass
class FitModels:
    """encoders: 16 kHz `(batch, samples)` → voices of length 1 `(batch, dimension)`. stock: voices to begin with.

    sentences: what every voice reads so that its words can be counted; nobody's voice is in them. trials: what each
    stock voice said when a fit began, 16 kHz; the next fit need not ask again.
    """

    talker: Kokoro
    encoders: Sequence[nn.Module]
    judge: SpeakerEmbedder
    transcriber: Transcriber
    vad: VoiceActivityDetector
    stock: Sequence[TalkerVoice]
    sentences: Sequence[VoiceLine] = ()
    trials: dict[str, Floats] = field(default_factory=dict)

    def trial(self, voice: TalkerVoice) -> Floats:
        """Return the trial line in a stock voice, float32 `(num_samples,)` at 16 kHz."""
        if voice.name not in self.trials:
            samples = self.talker.speak(TRIAL, voice)
            self.trials[voice.name] = resample(samples, self.talker.card.sample_rate, RATE)
        return self.trials[voice.name]

    @property
    def device(self) -> torch.device:
        """Return where the talker and the encoders are."""
        return self.talker.device

    def voices(self, waveforms: Sequence[Floats]) -> list[Tensor]:
        """Return each encoder's mean voice of the waveforms, `(dimension,)`, length 1."""
        found = []
        for encoder in self.encoders:
            with torch.inference_mode():
                each = [encoder(torch.from_numpy(np.array(one))[None].to(self.device))[0] for one in waveforms]
            found.append(torch.nn.functional.normalize(torch.stack(each).mean(dim=0), dim=0).clone())
        return found


def load_fit_models(plan: VoicePlan, device: str = "cpu", threads: int = 0) -> FitModels:
    """Return the models that `plan` names. Raises `WeightsError`, `UnknownNameError`, `MissingExtraError`.

    threads: of what runs on the CPU; 0 is one, or some of the cores where the fit itself is on a GPU.
    """
    threads = threads or (1 if device == "cpu" else min(MOST_THREADS, os.cpu_count() or 1))
    return FitModels(
        talker=load_talker(device, threads),
        encoders=[_network(name, threads).to(device) for name in plan.encoders],
        judge=load_model("speaker-embedder", plan.judge, threads),
        transcriber=load_model("transcriber", plan.transcriber, threads),
        vad=load_model("voice-activity", "silero-vad", threads),
        stock=[stock_voice(name) for name in STOCK_VOICES + (FOREIGN_VOICES if plan.foreign else ())],
        sentences=_sentences(plan.most_read),
    )


def _sentences(most: int) -> list[VoiceLine]:
    phonemes, silence = load_phonemes(), np.zeros(0, np.float32)
    return [VoiceLine(f"sentence {at}", silence, text, phonemes(text)) for at, text in enumerate(SENTENCES[:most])]


@cache
def load_talker(device: str = "cpu", threads: int = 1) -> Kokoro:
    """Return the talker on `device`, loaded once per process. Raises `WeightsError` where it is not pulled."""
    loaded = load_model("synthesiser", "kokoro", threads) if device == "cpu" else None
    return loaded if isinstance(loaded, Kokoro) else Kokoro(None, threads, device)


def _network(name: str, threads: int) -> nn.Module:
    """Return the torch network of a speaker encoder. Raises `ConfigError` for one that has none to learn through."""
    network = getattr(load_model("speaker-embedder", name, threads), "network", None)
    if not isinstance(network, nn.Module):
        raise ConfigError(f"A voice cannot be fitted through the encoder {name!r}: it does not run in torch.")
    return network
