"""Let characters speak: a trained run, or the real lines of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.marked import marked_wav
from audiorole.chat.retrieval import RetrievalVoice
from audiorole.chat.speaker import USER, AnswerPart, Speaker, join_parts
from audiorole.core.disk import write_atomic
from audiorole.errors import ConfigError, UnknownNameError
from audiorole.evaluation.published import open_published
from audiorole.training.backend import MARK, TRAINERS, backend_of_run
from audiorole.types import find_character
from audiorole.types.conversation import HeardTurn

Turn = tuple[str, str]
"""(who, what was said); `you` is the person who talks with the character."""

Sentence = tuple[str, NDArray[np.float32]]
"""What is said, and its sound: float32 `(num_samples,)` at the voice's `sample_rate`."""


@dataclass(frozen=True)
class SpokenReply:
    """What a character answered. samples: float32 `(num_samples,)`, in [-1, 1], at `sample_rate` Hz.

    mark: what saved sound says of where it comes from.
    """

    text: str
    samples: NDArray[np.float32]
    sample_rate: int
    mark: str = ""

    def save(self, path: str | Path) -> None:
        """Write the sound as a WAV that says in its metadata where it comes from."""
        write_atomic(Path(path), marked_wav(self.samples, self.sample_rate, self.mark))


@dataclass(frozen=True)
class Voice:
    """Characters that answer: a trained run, or the real lines of a dataset. mark: what goes into saved sound.

    character: who is meant where a call names nobody; "" for none.
    """

    speaker: Speaker
    mark: str
    character: str = ""

    @property
    def characters(self) -> list[str]:
        """Who can be talked with, by written form (`show/Gus`)."""
        return self.speaker.characters

    @property
    def sample_rate(self) -> int:
        """Hz of what they say."""
        return self.speaker.sample_rate

    def reply(self, text: str, character: str = "", before: Sequence[Turn] = (), seed: int = 0) -> SpokenReply:
        """Return what `character` answers to `text`. before: the turns so far, oldest first.

        character: the written form, or the name alone where one series has it. Raises UnknownNameError for one that it
        was not taught, AmbiguousCharacterError for a name that two series share.
        """
        pieces = list(self._pieces(text, character, before, seed))
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
        said = join_parts(piece.text for piece in pieces).strip()
        return SpokenReply(said, samples, self.sample_rate, self.mark)

    def answer(self, text: str, character: str = "", before: Sequence[Turn] = (), seed: int = 0) -> Iterator[Sentence]:
        """Yield what `reply` returns sentence by sentence, each as soon as it can be heard."""
        for piece in self._pieces(text, character, before, seed):
            yield piece.text, piece.samples

    def say(self, text: str, character: str = "") -> Iterator[Sentence]:
        """Yield `text` itself in the voice of `character`, sentence by sentence.

        Raises ConfigError where the voice only has real lines, and errors as `reply` does.
        """
        asked = self._asked(character)
        if not isinstance(self.speaker, Reader):
            raise ConfigError("These characters answer with real lines: only a run of the base talker says any text.")
        for piece in self.speaker.say(text, asked):
            yield piece.text, piece.samples

    def _pieces(self, text: str, character: str, before: Sequence[Turn], seed: int) -> Iterator[AnswerPart]:
        asked, named = self._asked(character), character or self.character
        turns = [_typed(asked if who == named else who, said) for who, said in (*before, (USER, text))]
        return self.speaker.stream(turns, asked, seed)

    def _asked(self, character: str) -> str:
        return find_character(character or self.character, self.characters)


@runtime_checkable
class Reader(Protocol):
    """A speaker that says any text."""

    def say(self, text: str, character: str) -> Iterator[AnswerPart]:
        """Yield pieces with text and samples."""
        ...


def _typed(character: str, text: str) -> HeardTurn:
    """Return a turn that nobody spoke."""
    return {"character": character, "text": text, "audio": np.zeros(0, np.float32), "sample_rate": 16_000}


def load_voice(source: str | Path, character: str = "") -> Voice:
    """Return the voices of a trained run, its folder or `NAME@RUN`, or the retrieval voice of a dataset folder.

    character: who speaks where a call names nobody. A retrieval voice answers with real lines of the characters and
    needs no weights. Raises UserError.
    """
    voice = _load(str(source))
    return replace(voice, character=find_character(character, voice.characters)) if character else voice


def _load(source: str) -> Voice:
    name, at, location = source.partition("@")
    if at and name in TRAINERS.names():
        if not location:
            raise ConfigError(f"System {source!r} cannot speak: give NAME@RUN, a folder of audiorole train.")
        return _trained(name, location)
    run = Path(source.partition("#")[0])
    if (run / MARK).is_file():
        return _trained(backend_of_run(run), source)
    if at and not Path(source).exists():
        raise UnknownNameError("base", name, TRAINERS.names())
    corpus = open_published(Path(source))
    voice = RetrievalVoice(corpus.lines.values(), corpus.audio)
    return Voice(voice, f"real lines of {corpus.name}, chosen by audiorole")


def _trained(name: str, location: str) -> Voice:
    run = Path(location.partition("#")[0]).absolute().name
    return Voice(TRAINERS.load(name)().load(location), f"synthetic speech, generated by {name}@{run} with audiorole")
