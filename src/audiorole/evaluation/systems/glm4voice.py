"""GLM-4-Voice, base or ARP-Model, through a backend that someone else provides: `glm-4-voice@<checkpoint>`.

The evaluation knows the shape of a role-play dialogue, not of a checkpoint. A backend is any object with
`reply(turns, character, language, seed, reference_audio) -> {audio, sample_rate, text}`; it registers under the entry
point group `audiorole.glm4voice` (name: `backend`), or is handed over by the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from audiorole.core.registry import Registry
from audiorole.errors import ConfigError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply, Waveform
from audiorole.evaluation.systems.border import reply_of
from audiorole.evaluation.systems.function import turns_as_data
from audiorole.types.conversation import HeardTurn, SystemReply

Opener = Callable[[str | None], "VoiceModel"]
"""Opens the model at a location."""

BACKENDS: Registry[Opener] = Registry("GLM-4-Voice backend", {}, group="audiorole.glm4voice")
TALKER: Registry[Opener] = Registry(
    "talker", {"backend": "audiorole.training.thinker.cast:load_cast"}, group="audiorole.talker"
)
"""By name: the evaluation imports nothing of training."""


class VoiceModel(Protocol):
    """A loaded GLM-4-Voice: speech tokenizer, LLM (with or without a character's adapter), speech decoder."""

    def reply(
        self, turns: list[HeardTurn], character: str, language: str, seed: int, reference_audio: Waveform | None
    ) -> SystemReply | None:
        """Return {audio: float32 `(num_samples,)`, sample_rate, text, first_audio?}, or None for no audio tokens.

        turns: {character, text, audio, sample_rate}, oldest first; the character's own are the assistant's turns.
        """
        ...


class Glm4VoiceSystem:
    """The adapter. The backend is loaded at the first prompt, since it is 19 GB."""

    sample_rate = 22_050
    name, backends = "glm-4-voice", BACKENDS

    def __init__(self, location: str | None = None, backend: Callable[[str], VoiceModel] | None = None) -> None:
        if not location:
            raise ConfigError(f"System {self.name!r} wants a checkpoint: {self.name}@runs/arp.")
        self.location, self._backend = location, backend
        self._model: VoiceModel | None = None

    def respond(self, prompt: Prompt) -> Reply:
        """Ask the model. Raises NoReplyError where it gives no audio token."""
        turns = turns_as_data(prompt)
        answer = self._loaded().reply(turns, prompt.character, prompt.language, prompt.seed, prompt.reference_audio)
        if answer is None:
            raise NoReplyError("the model gave no audio token")
        return reply_of(answer)

    def close(self) -> None:
        """Let the model go."""
        self._model = None

    def _loaded(self) -> VoiceModel:
        if self._model is None:
            make = self._backend or self.backends.load("backend")
            self._model = make(self.location)
        return self._model


class TalkerSystem(Glm4VoiceSystem):
    """`talker@RUN`, a run of the base talker; `#untrained`, `#one-shot` and `#greedy` behind it are its other forms."""

    name, backends = "talker", TALKER
    sample_rate = 0

    @property
    def at_once(self) -> int:
        """How many prompts the model wants at once."""
        model: Any = self._loaded()
        return int(model.at_once)

    def respond_all(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Ask the model for all replies at once."""
        asked = [(turns_as_data(prompt), prompt.character, prompt.seed) for prompt in prompts]
        model: Any = self._loaded()
        answers = model.replies(asked)
        return [Reply(answer["audio"], answer["sample_rate"], answer["text"]) for answer in answers]
