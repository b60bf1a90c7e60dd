"""A character without a model: answers with the real line whose own prompt was most like what was just said.

It needs no weights and no GPU, so the page works everywhere; every answer is a copy, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiorole.errors import ConfigError
from audiorole.training.dialogues.windows import window_dialogues
from audiorole.types import Dialogue, Utterance
from audiorole.types.conversation import HeardTurn

Waveform = npt.NDArray[np.float32]
GRAMS = 3
"""Letters of a gram: trigrams stand up to inflection and typing errors, and need no word list of any language."""


@dataclass(frozen=True)
class Copy:
    """A real line as an answer."""

    text: str
    samples: Waveform


class RetrievalVoice:
    """Answers from the training lines of a dataset. audio: from a line's id to its samples at `sample_rate`."""

    sample_rate = 16_000

    def __init__(self, lines: Iterable[Utterance], audio: Callable[[str], Waveform]) -> None:
        self._audio = audio
        known = [line for line in lines if line.split != "test"]
        self._texts = {line.id: line.text for line in known}
        dialogues = [item for item in window_dialogues(known) if item.target.character]
        if not dialogues:
            raise ConfigError("The dataset has no line with a character that answers another: nothing to talk with.")
        self._answers: dict[str, list[Dialogue]] = {}
        for dialogue in dialogues:
            self._answers.setdefault(dialogue.target.character, []).append(dialogue)
        self.language = Counter(item.language for item in dialogues).most_common(1)[0][0]
        self._rarity = _rarity([dialogue.turns[-2].text for dialogue in dialogues])

    @property
    def characters(self) -> list[str]:
        """Who can be talked with, by written form, those with most lines first."""
        return sorted(self._answers, key=lambda name: (-len(self._answers[name]), name))

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[Copy]:
        """Yield the one answer, line by line. What was said already is not said again while there is anything else."""
        said = {_plain(turn["text"]) for turn in turns if turn["character"] == character}
        known = self._answers[character]
        fresh = [dialogue for dialogue in known if _plain(dialogue.target.text) not in said] or known
        best = max(fresh, key=lambda dialogue: self._likeness(turns[-1]["text"], dialogue.turns[-2].text))
        for line in best.target.utterances:
            yield Copy(self._texts[line], self._audio(line))

    def _likeness(self, first: str, second: str) -> float:
        """Return the cosine of two texts' letter grams, rare grams counting more; in [0, 1]."""
        a, b = _grams(first), _grams(second)
        dot = sum(count * b[gram] * self._weight(gram) for gram, count in a.items() if gram in b)
        return dot / (self._length(a) * self._length(b) + 1e-9)

    def _length(self, grams: Counter[str]) -> float:
        return float(np.sqrt(sum(count * count * self._weight(gram) for gram, count in grams.items())))

    def _weight(self, gram: str) -> float:
        return self._rarity.get(gram, 1.0)


def _plain(text: str) -> str:
    return "".join(text.split())


def _grams(text: str) -> Counter[str]:
    padded = f"  {text.casefold()} "
    return Counter(padded[place : place + GRAMS] for place in range(len(padded) - GRAMS + 1))


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    """Return gram → squared inverse document frequency, in (0, 1]."""
    documents = Counter(gram for text in texts for gram in set(_grams(text)))
    total = np.log(1 + len(texts))
    return {gram: float((np.log((1 + len(texts)) / count) / total) ** 2) for gram, count in documents.items()}
