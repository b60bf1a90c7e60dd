"""Response quality: is it understood, in the right language, does it sound well? A profile, never one number."""

from __future__ import annotations

import re
from typing import ClassVar

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.evaluation.words import character_edits, plain_text, word_edits, words
from audiorole.types import Dialogue

READ_ORDER = (("gold", "wrong_text"), ("gold", "reversed"))

AI_PHRASES = re.compile(
    r"\bas an? (?:ai|artificial intelligence|language model|virtual assistant)\b|\bi(?:'m| am) (?:just )?an? "
    r"(?:ai|language model|virtual assistant|chatbot)\b|\bhow (?:can|may) i (?:assist|help) you(?: today)?\b"
    r"|作为一个?(?:人工智能|ai|语言模型)|我是一个?(?:人工智能|ai|语言模型)",
    re.IGNORECASE,
)
"""What an assistant says and a character does not: self-descriptions of chat models, English and Chinese."""


class Wer(MeanMetric):
    """Word error rate of the recogniser against the system's own text: corpus rate, edits over words."""

    card: ClassVar = MetricCard("wer", "edits per word", 0.0, 2.0, False, 1.0, READ_ORDER, ("asr",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the rate with its words as weight; none for a system that gives no text."""
        if response.text is None:
            return Score(reason="no_text")
        reference, heard = words(response.text), words(response.clip.transcript.text)
        count = max(1, len(reference))
        edits = word_edits(reference, heard)
        return Score(value=edits / count, weight=float(count), components={"edits": float(edits)})

    def weight(self, dialogue: Dialogue) -> float:
        """Return the words of the gold line: an item without a reply must not count as one word."""
        return float(max(1, len(words(dialogue.target.text))))


class WerUtterance(Wer):
    """The mean over replies of each one's word error rate, held at 1: short replies weigh as much as long ones."""

    card: ClassVar = MetricCard("wer_utterance", "edits per word", 0.0, 1.0, False, 1.0, READ_ORDER, ("asr",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the reply's own rate, at most 1."""
        found = super().score(dialogue, response)
        return found if found.value is None else Score(value=min(1.0, found.value))

    def weight(self, dialogue: Dialogue) -> float:
        """Return 1: every reply counts alike."""
        return 1.0


class Cer(MeanMetric):
    """Character error rate against the system's own text: corpus rate, for languages without spaces and for names."""

    card: ClassVar = MetricCard("cer", "edits per character", 0.0, 2.0, False, 1.0, READ_ORDER, ("asr",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the rate with its characters as weight; none for a system that gives no text."""
        if response.text is None:
            return Score(reason="no_text")
        count = letters(response.text)
        edits = character_edits(response.text, response.clip.transcript.text)
        return Score(value=edits / count, weight=float(count), components={"edits": float(edits)})

    def weight(self, dialogue: Dialogue) -> float:
        """Return the characters of the gold line."""
        return float(letters(dialogue.target.text))


def letters(text: str) -> int:
    """Return the characters of the plain words, without spaces; at least 1."""
    return max(1, len(plain_text(text).replace(" ", "")))


class LanguageMismatch(MeanMetric):
    """Share of replies that the recogniser hears in another language than the item's."""

    card: ClassVar = MetricCard("language_mismatch", "share", 0.0, 1.0, False, 1.0, (), ("asr",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return 1 or 0; none where item or recogniser name no language."""
        heard = response.clip.transcript.language
        if not heard or not dialogue.language:
            return Score(reason="language_unknown")
        return Score(value=float(heard != dialogue.language))


class MosMetric(MeanMetric):
    """Overall quality from 1 to 5 by the suite's model. Read it beside the gold anchor: a series has noise and music.

    second: by the second model of the suite.
    """

    card: ClassVar = MetricCard("mos", "MOS", 1.0, 5.0, True, 1.0, (("gold", "noise"),), ("quality",))

    def __init__(self, gallery: Gallery, listener: Listener, second: bool = False) -> None:
        super().__init__(gallery, listener)
        self.second = second

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the overall score, with speech and background as components where the model tells them."""
        mos = response.clip.mos_by(self.second)
        if mos is None:
            return Score(reason="no_audio")
        parts = {"speech": mos.speech, "background": mos.background}
        return Score(value=mos.overall, components={name: part for name, part in parts.items() if part is not None})


class MosGap(MosMetric):
    """That, less the gold line's: 0 sounds as good as the series does."""

    card: ClassVar = MetricCard("mos_gap", "MOS", -4.0, 4.0, True, -4.0, (("gold", "noise"),), ("quality",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return the difference."""
        gold = self.listener.hear(self.gallery.corpus.audio(dialogue.id)).mos_by(self.second)
        mos = response.clip.mos_by(self.second)
        if mos is None or gold is None:
            return Score(reason="no_audio")
        return Score(value=mos.overall - gold.overall)


class AiPhrase(MeanMetric):
    """Share of replies that speak as an assistant ("As an AI …"), in what is heard or in the system's own text."""

    card: ClassVar = MetricCard("ai_phrase", "share", 0.0, 1.0, False, 1.0, (), ("asr",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        """Return 1 or 0."""
        said = f"{response.clip.transcript.text} \n {response.text or ''}"
        return Score(value=float(bool(AI_PHRASES.search(said))))
