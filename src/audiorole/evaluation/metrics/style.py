"""Way of speaking, and parroting: on the recogniser's text of the reply, no gold line needed."""

from __future__ import annotations

from typing import ClassVar

from audiorole.evaluation.gallery.gallery import VERBATIM_WORDS, WORDS_PER_SECOND
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.evaluation.words import words
from audiorole.types import Dialogue

STYLE_ORDER = (("gold", "impostor"), ("other_line", "impostor"))
SENSES = ("asr",)


class CpStyle(MeanMetric):
    """Is it this character's way of speaking? 0 is another character's line, 1 another real line of this one."""

    card: ClassVar = MetricCard(
        "cp_style", "0 another character … 1 real line", 0.0, 1.0, True, 0.0, STYLE_ORDER, SENSES, clip_character=True
    )

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return where the reply's likelihood advantage lies; none for a character whose style cannot be told."""
        character, said = dialogue.target.character, words(response.clip.transcript.text)
        scale = self.gallery.style_scales.get(character)
        if scale is None or not scale.separable:
            return Score(reason="not_separable")
        if not said:
            return Score(reason="no_words_heard")
        advantage = self.gallery.style.advantage(response.clip.transcript.text, character)
        seconds = len(said) / WORDS_PER_SECOND
        return Score(value=scale.normalise(advantage, seconds), components={"advantage": advantage})


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
