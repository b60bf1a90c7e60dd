"""A Python callable as a system: `callable@package.module:function`, or any function by `FunctionSystem.of`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from audiorole.errors import ConfigError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.border import reply_of
from audiorole.types.conversation import HeardTurn, SystemReply

Answer = SystemReply | None
Respond = Callable[..., Answer]


class FunctionSystem:
    """`respond(turns, character, reference_audio, seed) -> {audio, sample_rate, text?, first_audio?}`, or None.

    turns: a list of {character, text, audio (float32), sample_rate}. The module is sought in the working folder too.
    """

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        module, colon, attribute = (location or "").partition(":")
        if not (module and colon and attribute):
            raise ConfigError(f"System 'callable' wants callable@module:function, not {location!r}.")
        self.function: Respond = _load(module, attribute)

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where there is no such function."""
        cls(location)

    @classmethod
    def of(cls, function: Respond) -> FunctionSystem:
        """Return `function` as a system."""
        system = cls.__new__(cls)
        system.function = function
        return system

    def respond(self, prompt: Prompt) -> Reply:
        """Call the function. Raises BadReplyError for what is no reply, NoReplyError for None or no sample."""
        answer = self.function(turns_as_data(prompt), prompt.character, prompt.reference_audio, prompt.seed)
        if answer is None:
            raise NoReplyError("the function returned None")
        return reply_of(answer)

    def close(self) -> None:
        """Nothing is held."""


def turns_as_data(prompt: Prompt) -> list[HeardTurn]:
    """Return the context as plain data with waveforms."""
    return [
        {"character": turn.character, "text": turn.text, "audio": prompt.turn_audio(turn), "sample_rate": 16_000}
        for turn in prompt.turns
    ]


def _load(module: str, attribute: str) -> Respond:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a module may fail in any way when it is imported
        raise ConfigError(
            f"callable@{module}:{attribute} cannot be loaded: {type(error).__name__}: {error}."
        ) from error
    if not callable(found):
        raise ConfigError(f"callable@{module}:{attribute} is no function.")
    return found  # type: ignore[no-any-return]
