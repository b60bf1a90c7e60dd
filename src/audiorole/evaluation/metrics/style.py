"""Way of speaking, and parroting: on the recogniser's text of the reply, no gold line needed."""

from __future__ import annotations

from typing import ClassVar

from audiorole.evaluation.gallery.gallery import VERBATIM_WORDS, spoken_seconds
from audiorole.evaluation.gallery.scale import bucket
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.evaluation.metrics.content import probability_above
from audiorole.evaluation.words import words
from audiorole.types import Dialogue

STYLE_ORDER = (("gold", "impostor"), ("other_line", "impostor"))
SENSES = ("asr",)
FEWEST_RIVALS = 20
"""Lines of others from which a rank among them means something: below, one line moves it by more than 0.05."""


class CpStyle(MeanMetric):
    """P(the reply is more in the character's way of speaking than another character's real line); 0.5 is chance.

    The other lines are of the same length. Real lines of the character say how far up it goes: read it beside them.
    """

    card: ClassVar = MetricCard("cp_style", "probability", 0.0, 1.0, True, 0.0, STYLE_ORDER, SENSES)

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the share of other characters' lines that are less in the character's manner; ties half."""
        character, heard = dialogue.target.character, response.clip.transcript.text
        rivals = self.gallery.style_rivals[character]
        same = rivals.values[rivals.buckets == bucket(spoken_seconds(heard))]
        others = same if len(same) >= FEWEST_RIVALS else rivals.values
        if len(others) < FEWEST_RIVALS:
            return Score(reason="too_few_other_lines")
        if not words(heard):
            return Score(reason="no_words_heard")
        advantage = self.gallery.style.advantage(heard, character)
        return Score(value=probability_above(advantage, others), components={"advantage": advantage})


class CpId(MeanMetric):
    """Share of replies whose likeliest speaker by style alone is the character."""

    card: ClassVar = MetricCard("cp_id", "share", 0.0, 1.0, True, 0.0, STYLE_ORDER, SENSES)

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return 1 or 0; none where nothing was understood."""
        text = response.clip.transcript.text
        if not words(text):
            return Score(reason="no_words_heard")
        return Score(value=float(self.gallery.style.nearest(text) == dialogue.target.character))


class CpVerbatim(MeanMetric):
    """Share of the reply's words inside a run of eight that the training lines have too. Lower is better."""

    card: ClassVar = MetricCard("cp_verbatim", "share", 0.0, 1.0, False, 1.0, (("gold", "retrieval"),), SENSES)

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the share; 0 for a reply under eight words, which cannot parrot."""
        said = words(response.clip.transcript.text)
        known = self.gallery.verbatim(dialogue.target.character)
        starts = [at for at in range(len(said) - VERBATIM_WORDS + 1) if tuple(said[at : at + VERBATIM_WORDS]) in known]
        copied = {at + offset for at in starts for offset in range(VERBATIM_WORDS)}
        return Score(value=len(copied) / max(1, len(said)), weight=float(max(1, len(said))))

    def weight(self, dialogue: Dialogue) -> float:
        """Return the words of the gold line."""
        return float(max(1, len(words(dialogue.target.text))))
