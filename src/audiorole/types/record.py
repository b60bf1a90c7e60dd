"""The base of everything that touches disk: frozen, strict, and fast to decode."""

from __future__ import annotations

from typing import TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A frozen record; an unknown field in its JSON is an error, a default value is not written."""


RecordT = TypeVar("RecordT", bound=Record)


def narrowed(record: Record, kind: type[RecordT]) -> RecordT:
    """Return `record`, which must be of `kind`. Raises TypeError where it is another record."""
    if not isinstance(record, kind):
        raise TypeError(f"{type(record).__name__} where {kind.__name__} belongs")
    return record


class Dropped(Record, frozen=True):
    """What a stage left out, and why; kept in `dropped/` beside the stage's output.

    reason: a registry-like name (`too_short`, `text_mismatch`), counted in the report's waterfall.
    detail: the figure or fact behind it, for a person.
    record: the record as it was when it was dropped, as JSON.
    """

    id: str
    reason: str
    detail: str = ""
    record: msgspec.Raw = msgspec.Raw(b"{}")

    @classmethod
    def of(cls, record: Record, reason: str, detail: str = "") -> Dropped:
        """Drop `record` (anything with an `id`) for `reason`."""
        return cls(id=getattr(record, "id", ""), reason=reason, detail=detail, record=encode(record))


def encode(record: Record) -> msgspec.Raw:
    """Return `record` as one line of JSON, without the newline. Field order is the class's: bytes are stable."""
    return msgspec.Raw(msgspec.json.encode(record))
