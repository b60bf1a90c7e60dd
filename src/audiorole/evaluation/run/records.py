"""What an evaluation leaves on disk, line by line."""

from __future__ import annotations

import msgspec

from audiorole.evaluation.gates import ClosedGate
from audiorole.evaluation.metrics.base import Score
from audiorole.evaluation.systems.base import ERROR, MISSING, OK, ReplyNote
from audiorole.types import Record

__all__ = ["ERROR", "GATED", "MISSING", "OK", "ReplyNote", "Row", "Timing"]

GATED = "gated:"


class Row(Record, frozen=True):
    """One item × seed of one system. status: `ok`, `missing`, `error` or `gated:<why>`.

    detail: the sentence of an error. heard: what the recogniser understood. scores: by metric, before any floor.
    """

    item: str
    seed: int
    character: str
    episode: str
    status: str
    detail: str = ""
    duration: float = 0.0
    text: str | None = None
    heard: str = ""
    gates: tuple[ClosedGate, ...] = ()
    scores: dict[str, Score] = msgspec.field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the row counts with its own scores; every other one takes the floors."""
        return self.status == OK


class Timing(Record, frozen=True):
    """How long a reply took: kept apart from the rows, which are the same bytes on every machine.

    wall: seconds for the whole reply; first_audio: seconds to its first sample; duration: of its audio.
    """

    item: str
    seed: int
    wall: float
    first_audio: float
    duration: float
