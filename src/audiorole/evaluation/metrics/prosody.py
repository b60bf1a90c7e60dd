"""Prosody: are pitch, range, rate, pauses and energy distributed as the character's are?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.hearing.prosody import FEATURES
from audiorole.evaluation.metrics.base import MetricCard, Response, Score
from audiorole.types import Dialogue

FEWEST_LINES = 5
"""Lines from which a distribution is compared; the Wasserstein distance of fewer says more about their number."""


class ApProsody:
    """1 - distance to the character's real lines over the impostors' mean distance to them; 0 is an impostor.

    The distance is the mean of the five features' Wasserstein distances, each in standard deviations of the
    character's own lines. A monotone voice at the character's mean pitch is far away, which no row by itself shows.
    """

    card: ClassVar = MetricCard(
        "ap_prosody", "0 impostor … 1 same distribution", 0.0, 1.0, True, 0.0,
        (("other_line", "impostor"), ("other_line", "random_speaker")), (), clip_character=True,
    )  # fmt: skip

    def __init__(self, gallery: Gallery, listener: Listener) -> None:
        self.gallery = gallery
        roles = gallery.items.roles
        self._floor = {role: self._impostor_distance(role) for role in roles if self._enough(gallery.prosody[role])}

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the reply's features as components; its value is its own typicality, for the reader of one row."""
        character, prosody = dialogue.target.character, response.clip.prosody
        if character not in self._floor:
            return Score(reason="too_few_real_lines")
        if prosody is None:
            return Score(reason="nothing_voiced")
        role = float(self.gallery.items.roles.index(character))
        own = self._standard(character, prosody.values[None])[0]
        features = dict(zip(FEATURES, map(float, prosody.values), strict=True))
        return Score(value=float(np.exp(-np.mean(np.abs(own)))), components={"role": role, **features})

    def weight(self, dialogue: Dialogue) -> float:
        """Return 1: every reply is one point of the distribution."""
        return 1.0

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Return the value of the replies' distributions; rows without features (the floored ones) count as 0."""
        told = [score.components for score in scores if score.components]
        if not told:
            return self.card.floor
        role = self.gallery.items.roles[int(told[0]["role"])]
        replies = np.array([[components[name] for name in FEATURES] for components in told])
        closeness = 1 - self._distance(role, replies) / self._floor[role]
        return float(closeness * len(told) / len(scores))

    def _distance(self, role: str, lines: NDArray[np.float64]) -> float:
        real, others = self._standard(role, self.gallery.prosody[role]), self._standard(role, lines)
        return float(np.mean([stats.wasserstein_distance(real[:, at], others[:, at]) for at in range(len(FEATURES))]))

    def _standard(self, role: str, lines: NDArray[np.float64]) -> NDArray[np.float64]:
        real = self.gallery.prosody[role]
        return np.asarray((lines - np.median(real, axis=0)) / np.maximum(real.std(axis=0), 1e-3))

    def _impostor_distance(self, role: str) -> float:
        others = [self.gallery.prosody[name] for name in self.gallery.impostors[role]]
        return float(np.mean([self._distance(role, lines) for lines in others if self._enough(lines)]))

    @staticmethod
    def _enough(lines: NDArray[np.float64]) -> bool:
        return len(lines) >= FEWEST_LINES
