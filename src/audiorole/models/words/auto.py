"""The ASR that fits the language: Moonshine for English, Whisper base for everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

from audiorole.errors import ConfigError
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.words.moonshine import LANGUAGE, Moonshine
from audiorole.models.words.whisper import Whisper
from audiorole.types import Transcript


class AutoAsr:
    """A `Transcriber` and `TextScorer` that loads the model it needs when it needs it.

    Moonshine scores three times as fast as Whisper and no worse (`benchmarks/validation.py`), but knows only English
    and no word times.
    """

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        if location is not None:
            raise ConfigError(f"'auto' takes no location ({location!r}); name the model: moonshine or whisper.")
        self._threads = threads
        self.card = ModelCard("auto", "MIT", self.fingerprint(), 16000)

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of both models' fingerprints."""
        return hashlib.sha256(f"{Moonshine.fingerprint()} {Whisper.fingerprint()}".encode()).hexdigest()

    @classmethod
    def weight_names(cls, location: str | None = None) -> tuple[str, ...]:
        """Return the weights of both models: which language is spoken is not known before."""
        return (*Moonshine.weight_names(), *Whisper.weight_names())

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        """Return a transcript per waveform; Whisper where word times are wanted or the language is not English."""
        if words or not self._english(waveforms, language):
            return self._whisper.transcribe(waveforms, language, words)
        return self._moonshine.transcribe(waveforms, LANGUAGE)

    def agreement(self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = "") -> list[Transcript]:
        """Return per line the probability that audio and text belong together."""
        if self._english(waveforms, language):
            return self._moonshine.agreement(waveforms, texts, LANGUAGE)
        return self._whisper.agreement(waveforms, texts, language)

    def _english(self, waveforms: Sequence[Floats], language: str) -> bool:
        if not language and waveforms:
            language = self._whisper.spoken_languages([max(waveforms, key=len)])[0].code
        return language == LANGUAGE

    @cached_property
    def _moonshine(self) -> Moonshine:
        return Moonshine(threads=self._threads)

    @cached_property
    def _whisper(self) -> Whisper:
        return Whisper(threads=self._threads)
