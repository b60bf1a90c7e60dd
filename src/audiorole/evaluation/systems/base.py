"""What a speech system is: it gets the turns so far, a character and perhaps its voice, and gives a reply."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.errors import AudioroleError
from audiorole.types import Record, Turn

Waveform = NDArray[np.float32]


class NoReplyError(AudioroleError):
    """A system has no reply to this item (a file is absent, say): the row is `missing`, not `error`."""


@dataclass(frozen=True)
class Prompt:
    """What a system is given. It never sees the last turn.

    item: the item's id, only to find a prepared reply by. turns: the context, oldest first. seed: asks for one of
    several replies. turn_audio: waveform of a turn, float32 mono 16 kHz. reference_audio: 5–15 s of the character's
    voice, the same format, or None.
    """

    item: str
    turns: tuple[Turn, ...]
    character: str
    language: str
    seed: int
    turn_audio: Callable[[Turn], Waveform]
    reference_audio: Waveform | None = None


@dataclass(frozen=True)
class Reply:
    """What a system gives. audio: float32 mono `(num_samples,)` in [-1, 1] at `sample_rate` Hz.

    text: what it says it said, None where it does not tell. seconds: how long it took, None where the caller's clock
    tells; nan where nobody knows. first_audio: seconds until the first sample could be played; None: unknown, the
    whole time is taken.
    """

    audio: Waveform
    sample_rate: int
    text: str | None = None
    first_audio: float | None = None
    seconds: float | None = None
    meta: dict[str, str] = field(default_factory=dict)


OK, MISSING, ERROR = "ok", "missing", "error"


class ReplyNote(Record, frozen=True):
    """What lies beside a reply's FLAC: enough to score it again without asking the system again.

    status: `ok`, `missing` or `error`; detail: why there is no reply. sha256: of the FLAC file, as hex; seal: of all
    fields, so that damage to either is noticed. Notes of earlier versions have neither, and are taken as they are.
    """

    status: str
    text: str | None = None
    detail: str = ""
    sample_rate: int = 0
    sha256: str = ""
    seal: str = ""

    def sealed(self) -> ReplyNote:
        """Return the note with its seal."""
        bare = msgspec.structs.replace(self, seal="")
        return msgspec.structs.replace(self, seal=hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:32])

    @property
    def whole(self) -> bool:
        """Whether the note is what was written."""
        return not self.seal or self.seal == self.sealed().seal


class SpeechSystem(Protocol):
    """Built as `System(location)`, where `location` is what stands behind `@` in its reference."""

    @property
    def sample_rate(self) -> int:
        """Hz of the replies, 0 where it differs from reply to reply."""
        ...

    def respond(self, prompt: Prompt) -> Reply:
        """Return the reply. Raises NoReplyError where there is none; anything else it raises makes the row `error`."""
        ...

    def close(self) -> None:
        """Free what the system holds: processes, connections."""
        ...


@runtime_checkable
class ManyAtOnce(SpeechSystem, Protocol):
    """A system that is faster when it is asked many prompts at once."""

    @property
    def at_once(self) -> int:
        """How many prompts it wants at once."""
        ...

    def respond_all(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """Return a reply to each; what it raises ends the run."""
        ...
