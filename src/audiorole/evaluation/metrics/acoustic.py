"""Acoustic personalization: does the reply sound like the character? Higher is better in all of them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gallery.voices import EncoderVoices
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.types import Dialogue

VOICE_ORDER = (("gold", "impostor"), ("other_line", "impostor"), ("other_line", "random_speaker"))
SENSES = ("speaker",)


class VoiceMetric(MeanMetric):
    """Base: finds the reply's voice, and leaves what to make of it to `judge`. encoder: "" for the primary one."""

    def __init__(self, gallery: Gallery, listener: Listener, encoder: str = "") -> None:
        super().__init__(gallery, listener)
        self.encoder = encoder or listener.primary

    @property
    def space(self) -> EncoderVoices:
        """The encoder's space."""
        return self.gallery.spaces[self.encoder]

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the score of the reply's voice; none where it is too short for a voice."""
        vector = response.clip.voice(self.encoder)
        if not vector.any():
            return Score(reason="no_voice")
        return self.judge(dialogue.target.character, vector, response.clip.speech_duration)

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return the score of one voice."""
        raise NotImplementedError


class Ap(VoiceMetric):
    """Cosine of the reply's voice to the character's enrolment centroid: the paper's slot."""

    card: ClassVar = MetricCard("ap", "cosine", -1.0, 1.0, True, 0.0, VOICE_ORDER, SENSES)

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return the cosine."""
        return Score(value=self.space.similarity(character, vector))


class ApNorm(VoiceMetric):
    """The cosine between the impostors' (0) and other real lines' (1) of the same length."""

    card: ClassVar = MetricCard(
        "ap_norm", "0 impostor … 1 real line", 0.0, 1.0, True, 0.0, VOICE_ORDER, SENSES, clip_character=True
    )

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return the position between floor and ceiling; none for a character the encoder cannot separate."""
        scale = self.space.scales.get(character)
        if scale is None or not scale.separable:
            return Score(reason="not_separable")
        cosine = self.space.similarity(character, vector)
        return Score(value=scale.normalise(cosine, seconds), components={"cosine": cosine})


class ApId(VoiceMetric):
    """Share of replies whose nearest centroid in the cast is the character's."""

    card: ClassVar = MetricCard("ap_id", "share", 0.0, 1.0, True, 0.0, VOICE_ORDER, SENSES)

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return 1 or 0."""
        return Score(value=float(self.space.nearest(vector) == character))


class ApPass(VoiceMetric):
    """Share of replies above the 99th percentile of the impostors' cosines: would a verifier let it in?"""

    card: ClassVar = MetricCard("ap_pass", "share", 0.0, 1.0, True, 0.0, VOICE_ORDER, SENSES)

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return 1 or 0."""
        return Score(value=float(self.space.similarity(character, vector) > self.space.tail[character]))


class ApAsNorm(VoiceMetric):
    """Symmetric AS-norm score against the rest of the cast, in standard deviations of the nearest cohort lines.

    An impostor from the cast is about as near as that cohort or further, so the floor lies below: -5.
    """

    card: ClassVar = MetricCard("ap_asnorm", "cohort SD", -10.0, 30.0, True, -5.0, VOICE_ORDER, SENSES)

    def judge(self, character: str, vector: NDArray[np.float32], seconds: float) -> Score:
        """Return the normalised score within the card's range."""
        return Score(value=float(np.clip(self.space.asnorm(character, vector), self.card.low, self.card.high)))
