"""Content personalization: does the reply say what the character says here? On the recogniser's text of the reply."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.types import Dialogue

SENSES = ("asr", "text")
CONTENT_ORDER = (("gold", "other_line"), ("gold", "impostor"), ("gold", "wrong_text"))
FEWEST_OTHERS = 10
"""Other lines from which the rank means something: below, one line moves it by more than 0.1."""


class Cp(MeanMetric):
    """Cosine of the sentence embeddings of reply and gold line: the paper's slot."""

    card: ClassVar = MetricCard("cp", "cosine", -1.0, 1.0, True, 0.0, CONTENT_ORDER, SENSES)

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the cosine; none where nothing was understood."""
        text = response.clip.transcript.text
        if not text.strip():
            return Score(reason="no_words_heard")
        reply, gold = self.listener.text_vectors([text, dialogue.target.text])
        return Score(value=float(reply @ gold))


class CpAuc(MeanMetric):
    """P(the reply is nearer to the gold line than to another line of the same character); 0.5 is chance.

    The other lines share voice, vocabulary and topic, so only what fits *here* counts. With the contexts shuffled it
    must return to 0.5, or something leaks.
    """

    card: ClassVar = MetricCard("cp_auc", "probability", 0.0, 1.0, True, 0.0, CONTENT_ORDER, SENSES)

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the share of 50 other lines that are further from the reply than the gold line is; ties half."""
        text, others = response.clip.transcript.text, self.gallery.other_texts(dialogue)
        if not text.strip():
            return Score(reason="no_words_heard")
        if len(others) < FEWEST_OTHERS:
            return Score(reason="too_few_other_lines")
        reply, gold, *rest = self.listener.text_vectors([text, dialogue.target.text, *others])
        return Score(value=probability_above(float(reply @ gold), np.stack(rest) @ reply))


def probability_above(value: float, others: np.ndarray) -> float:
    """Return the share of `others` below `value`, ties counting half."""
    return float(np.mean(others < value) + 0.5 * np.mean(others == value))
