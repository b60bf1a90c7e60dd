"""Scripted voices for the chat: what they say, and when, is known beforehand.

    from audiorole.chat.server import chat_app
    chat_app(ScriptedVoice({"Joe": ["Well.", "Who are you?"]}), token, "a test")

`RespondingVoice` lets any speech system of an evaluation speak there, such as those of `audiorole.testing.systems`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiorole.testing.systems import SAMPLE_RATE, Respond, Waveform
from audiorole.types.conversation import HeardTurn


@dataclass(frozen=True)
class Said:
    """A sentence and its sound, float32 `(num_samples,)`."""

    text: str
    samples: Waveform


@dataclass
class ScriptedVoice:
    """Says the sentences of its script, each as a tone, whatever it is told.

    script: character → sentences; seconds: how long each one sounds; wait: a sentence after the first is not made
    before it is set. asked, made, closed: the turns of every answer, every sentence made so far, answers that were
    ended before their end.
    """

    script: Mapping[str, Sequence[str]]
    seconds: float = 0.2
    wait: threading.Event | None = None
    sample_rate: int = SAMPLE_RATE
    asked: list[Sequence[HeardTurn]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    @property
    def characters(self) -> list[str]:
        """Who has a script."""
        return list(self.script)

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[Said]:
        """Yield the sentences; the tone's pitch tells the character."""
        self.asked.append(turns)
        try:
            for number, sentence in enumerate(self.script[character]):
                if number and self.wait is not None:
                    self.wait.wait(30)
                self.made.append(sentence)
                yield Said(sentence, self._tone(character))
        except GeneratorExit:
            self.closed.append(character)
            raise

    def _tone(self, character: str) -> Waveform:
        time = np.arange(int(self.seconds * self.sample_rate)) / self.sample_rate
        return np.asarray(0.2 * np.sin(2 * np.pi * 220 * (1 + self.characters.index(character)) * time), np.float32)


@dataclass(frozen=True)
class RespondingVoice:
    """Speaks with a `respond` function of an evaluation: its whole reply is one part. characters: whom it plays."""

    respond: Respond
    characters: list[str]
    sample_rate: int = SAMPLE_RATE

    def stream(self, turns: Sequence[HeardTurn], character: str, seed: int) -> Iterator[Said]:
        """Yield the reply; nothing where the system gives none."""
        reply = self.respond([dict(turn) for turn in turns], character, None, seed)
        if reply is not None:
            yield Said(str(reply.get("text") or ""), np.asarray(reply["audio"], np.float32))
