"""The border: whatever a system hands over becomes a valid reply, or one sentence that says what is wrong with it.

Nothing is kept and nothing is heard that has not come through here, so one bad reply is one row and never a run.
"""

from __future__ import annotations

import json
import math
import numbers
import reprlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from audiorole.errors import AudioroleError
from audiorole.evaluation.systems.base import NoReplyError, Reply
from audiorole.evaluation.systems.sound import mono
from audiorole.types.plain import JsonObject

LOWEST_RATE, HIGHEST_RATE = 4_000, 384_000
"""Hz. Below there is no speech left, above no converter works: such a number is a mistake."""

LONGEST_TEXT = 100_000
"""Characters of what a system says it said: an hour of speech."""


class BadReplyError(AudioroleError):
    """What a system handed over is no reply; the message says what was wrong."""


def reply_of(answer: object) -> Reply:
    """Return the reply in `{audio, sample_rate, text?, first_audio?}` or in a Reply, checked.

    Raises BadReplyError for another shape, NoReplyError for no sample at all.
    """
    if isinstance(answer, Reply):
        return checked(answer)
    if not isinstance(answer, Mapping):
        raise BadReplyError(f"the answer is {_kind(answer)}; wanted a dict with audio and sample_rate")
    for name in ("audio", "sample_rate"):
        if name not in answer:
            raise BadReplyError(f"the answer has no {name!r}; it has {', '.join(map(str, answer)) or 'nothing'}")
    return checked(Reply(answer["audio"], answer["sample_rate"], answer.get("text"), answer.get("first_audio")))


def checked(reply: Reply) -> Reply:
    """Return `reply` with its parts as documented: mixed to mono, plain numbers and text.

    Raises BadReplyError for a part that is not what it has to be, NoReplyError for no sample at all.
    """
    if not isinstance(reply, Reply):
        raise BadReplyError(f"the reply is {_kind(reply)}; wanted a Reply")
    try:
        audio = mono(reply.audio)
    except ValueError as error:
        raise BadReplyError(str(error)) from error
    if not len(audio):
        raise NoReplyError("the reply's audio is empty")
    return replace(
        reply,
        audio=audio,
        sample_rate=whole_rate(reply.sample_rate),
        text=_text(reply.text),
        first_audio=_seconds("first_audio", reply.first_audio),
        seconds=reply.seconds if _is_nan(reply.seconds) else _seconds("seconds", reply.seconds),
    )


def json_object(data: bytes) -> JsonObject | None:
    """Return the JSON object that `data` is, also where it holds NaN or Infinity, as Python writes them; else None."""
    for decode in (partial(msgspec.json.decode, type=JsonObject), json.loads):
        try:
            found = decode(data)
        except (ValueError, RecursionError):
            continue
        return found if isinstance(found, dict) else None
    return None


def whole_rate(value: object) -> int:
    """Return a sample rate in Hz. Raises BadReplyError for what is none."""
    number = _number(value)
    if number is None or number != round(number) or not LOWEST_RATE <= number <= HIGHEST_RATE:
        raise BadReplyError(
            f"the sample rate is {_shown(value)}; wanted a whole number of Hz from {LOWEST_RATE:,} to {HIGHEST_RATE:,}"
        )
    return int(number)


def _text(value: object) -> str | None:
    """Return what the system says it said; None where it does not tell."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadReplyError(f"the text is {_shown(value)}, {_kind(value)}; wanted text or None")
    if len(value) > LONGEST_TEXT:
        raise BadReplyError(f"the text has {len(value):,} characters; wanted at most {LONGEST_TEXT:,}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadReplyError(f"the text is not Unicode: {error.reason} at character {error.start + 1}") from error
    return str(value)


def _seconds(name: str, value: object) -> float | None:
    """Return a time in seconds; None where nobody tells."""
    if value is None:
        return None
    number = _number(value)
    if number is None or number < 0:
        raise BadReplyError(f"{name} is {_shown(value)}; wanted seconds or None")
    return number


def _number(value: Any) -> float | None:
    """Return a finite number of any library, also in an array of one; None for anything else."""
    if hasattr(value, "item"):
        try:
            value = value.item()
        except (TypeError, ValueError, RuntimeError):
            return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"


def _shown(value: object) -> str:
    return reprlib.repr(value)
