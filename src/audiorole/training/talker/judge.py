"""What chooses the step of a fit: an encoder that the gradient never saw, and whether words are still understood."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from audiorole.audio.band import limit_band
from audiorole.audio.resample import resample
from audiorole.models.ports import Floats, VoiceActivityDetector
from audiorole.models.talker.voice import TalkerVoice
from audiorole.training.talker.lines import RATE, VoiceLine
from audiorole.training.talker.models import FitModels
from audiorole.types import Record

SPEECH = 0.5
"""Silero's own threshold."""

LEAST_LOST, MOST_LOST = 0.015, 0.03
"""Share of the words that may be lost beside the start's: less says nothing, more is heard, whatever chance does."""


class VoiceVerdict(Record, frozen=True):
    """How a voice does. likeness: cosine by the judge, on the lines kept back.

    wer: word error rate over `words`, of those lines and of the sentences that are read beside them.
    """

    likeness: float
    wer: float
    words: int = 0

    def understood(self, start: VoiceVerdict, slack: float) -> bool:
        """Return whether its words are lost no more often than the start's, give or take what chance does to those.

        slack: standard errors of the start's rate, within `LEAST_LOST` and `MOST_LOST`.
        """
        rate = min(start.wer, 1.0)
        chance = slack * math.sqrt(rate * (1 - rate) / max(1, start.words))
        return self.wer <= start.wer + min(max(chance, LEAST_LOST), MOST_LOST)


@dataclass
class Judge:
    """lines: kept back from the fit. band: Hz; the talker is heard in it, as the recordings are.

    What was spoken is a list of the lines' waveforms, then those of the models' sentences.
    """

    models: FitModels
    lines: Sequence[VoiceLine]
    band: float

    def __post_init__(self) -> None:
        voices = self.models.judge.embed([limit_band(line.waveform, self.band) for line in self.lines])
        centre = voices.mean(axis=0)
        self._centre = centre / max(float(np.linalg.norm(centre)), 1e-9)

    def hear(self, voice: TalkerVoice) -> VoiceVerdict:
        """Return how `voice` does, saying the lines."""
        return self.verdict(self.spoken(voice))

    def spoken(self, voice: TalkerVoice) -> list[Floats]:
        """Return the lines and sentences in `voice`, 16 kHz, in the band."""
        talker, read = self.models.talker, [*self.lines, *self.models.sentences]
        waveforms = [resample(talker.speak(line.phonemes, voice), talker.card.sample_rate, RATE) for line in read]
        return [limit_band(waveform, self.band) for waveform in waveforms]

    def verdict(self, spoken: Sequence[Floats]) -> VoiceVerdict:
        """Return likeness and word error rate of what was spoken."""
        voices = self.models.judge.embed(spoken[: len(self.lines)])
        heard = [one.text for one in self.models.transcriber.transcribe(spoken, "en")]
        texts = [line.text for line in (*self.lines, *self.models.sentences)]
        likeness, wer = float((voices @ self._centre).mean()), word_error_rate(texts, heard)
        return VoiceVerdict(round(likeness, 4), round(wer, 4), sum(len(_words(text)) for text in texts))

    def likeness(self, waveform: Floats) -> float:
        """Return the cosine of a waveform's voice and the character's, by the judge."""
        return float(self.models.judge.embed([waveform])[0] @ self._centre)

    def pace(self, spoken: Sequence[Floats]) -> float:
        """Return how many times too long the lines were spoken: what the pace must become."""
        ours = sum(speech_seconds(self.models.vad, waveform) for waveform in spoken[: len(self.lines)])
        theirs = sum(speech_seconds(self.models.vad, line.waveform) for line in self.lines)
        return ours / theirs if ours and theirs else 1.0


def speech_seconds(vad: VoiceActivityDetector, waveform: Floats) -> float:
    """Return the seconds of speech, pauses left out."""
    return float(np.sum(vad.speech_probability(waveform) >= SPEECH)) / vad.card.frame_rate


def word_error_rate(references: Sequence[str], heard: Sequence[str]) -> float:
    """Return edits of words over all lines per word of the references; 1 where they hold no word."""
    pairs = [(_words(reference), _words(text)) for reference, text in zip(references, heard, strict=True)]
    edits = sum(Levenshtein.distance(reference, text) for reference, text in pairs)
    return float(edits / max(1, sum(len(reference) for reference, _ in pairs)))


def _words(text: str) -> list[str]:
    plain = re.sub(r"['’]", "", unicodedata.normalize("NFKC", text).lower())
    return re.findall(r"\w+", plain)
