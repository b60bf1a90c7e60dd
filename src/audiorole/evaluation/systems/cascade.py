"""A cascade: an OpenAI-compatible chat model writes the reply, an OpenAI-compatible speech endpoint speaks it.

Recipe (`cascade@cascade.toml`):

    [chat]
    url = "http://localhost:8000/v1"
    model = "qwen3-8b"
    key_variable = "OPENAI_API_KEY"     # name of the environment variable, never the key itself
    omit = ["seed"]                     # of temperature, seed, max_tokens: what the server does not take
    parameters = { max_completion_tokens = 2000 }   # sent as they are
    [speech]
    url = "http://localhost:8001/v1"
    model = "kokoro"
    [voices]
    default = "af_heart"
    Joe = "am_michael"
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.config import read_recipe
from audiorole.errors import AmbiguousCharacterError, ConfigError, InputError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.border import checked
from audiorole.evaluation.systems.completion import Endpoint, answer_text, complete, without_thinking
from audiorole.evaluation.systems.http import Connection, HttpError, check_reachable
from audiorole.evaluation.systems.sound import from_wav_bytes
from audiorole.types import Record, spoken_name

INSTRUCTION = (
    "You play {character} in a television series. Answer the last line as {character} would, in {language}, with one "
    "short spoken reply. Give only the words that are said: no name, no stage direction, no quotation marks."
)


class CascadeRecipe(Record, frozen=True):
    """The whole recipe.

    voices: character → voice name of the speech endpoint; `default` serves the others. A character is its written form
    (`show/Gus`), or its name alone where one series has it.
    """

    chat: Endpoint
    speech: Endpoint
    voices: dict[str, str] = msgspec.field(default_factory=dict)


class CascadeSystem:
    """Text first, then speech: no voice of the character's own unless the speech endpoint has one."""

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location:
            raise ConfigError("System 'cascade' wants a recipe: cascade@cascade.toml.")
        try:
            self.recipe = msgspec.convert(read_recipe(Path(location)), CascadeRecipe)
        except (msgspec.ValidationError, ValueError) as error:
            raise InputError(location, str(error)) from error
        for endpoint in (self.recipe.chat, self.recipe.speech):
            endpoint.check()
        self.line = Connection()
        self._by_name: dict[str, str] = {}

    @classmethod
    def check(cls, location: str | None) -> None:
        """Raise ConfigError where nobody is at one of the recipe's addresses."""
        recipe = cls(location).recipe
        for address in (recipe.chat.url, recipe.speech.url):
            check_reachable(address)

    def respond(self, prompt: Prompt) -> Reply:
        """Ask the chat model, then the speech endpoint. Raises HttpError, BadReplyError, NoReplyError for no words."""
        text = self._write(prompt)
        if not text:
            raise NoReplyError("the chat model gave no words to say")
        audio, rate = self._speak(text, prompt.character)
        return checked(Reply(audio, rate, text))

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, prompt: Prompt) -> str:
        chat = self.recipe.chat
        defaults = {"temperature": chat.temperature, "seed": prompt.seed, "max_tokens": 200}
        answer = complete(self.line.post, chat, chat_messages(prompt), **defaults)
        return without_thinking(answer_text(answer, chat.url))

    def _speak(self, text: str, character: str) -> tuple[Any, int]:
        speech = self.recipe.speech
        body = {
            "model": speech.model,
            "input": text,
            "voice": self._voice(character),
            "response_format": "wav",
            **speech.parameters,
        }
        address = f"{speech.url.rstrip('/')}/audio/speech"
        data = self.line.post(address, body, speech.key)
        try:
            return from_wav_bytes(data)
        except ValueError as error:
            raise HttpError(f"{address}: {error}; the answer begins {data[:40]!r}") from error

    def _voice(self, character: str) -> str:
        """Return the voice of a character. Raises AmbiguousCharacterError for a name that two series share."""
        voices, name = self.recipe.voices, spoken_name(character)
        if character in voices or name not in voices:
            return voices.get(character, voices.get("default", "alloy"))
        meant = self._by_name.setdefault(name, character)
        if meant != character:
            raise AmbiguousCharacterError(name, (meant, character))
        return voices[name]


def chat_messages(prompt: Prompt) -> list[dict[str, str]]:
    """Return the context as chat messages: the character's own turns are the assistant's, others say their name."""
    name, language = spoken_name(prompt.character), prompt.language or "the language of the others"
    system = INSTRUCTION.format(character=name, language=language)
    turns = [
        {"role": "assistant", "content": turn.text}
        if turn.character == prompt.character
        else {"role": "user", "content": f"{spoken_name(turn.character)}: {turn.text}"}
        for turn in prompt.turns
    ]
    return [{"role": "system", "content": system}, *turns]
