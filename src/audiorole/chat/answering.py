"""An answer on its way to the page: one line of JSON an event, as soon as it is known.

{"place": 4}                         the number of the turn that was said; a later one may be said instead of it
{"waiting": 1}                       so many answers were under way before this one
{"text": "Well.", "samples": "…"}    a part: its words, its sound as base64 of int16
{"error": "…"}                       the answer broke off
{"done": true}                       all was said; without it the answer was stopped
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass

import anyio
import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Send

from audiorole.chat.floor import Floor
from audiorole.chat.sessions import Conversation
from audiorole.chat.speaker import AnswerPart, Speaker, gap_before
from audiorole.types.conversation import HeardTurn

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/x-ndjson"


@dataclass(frozen=True)
class ReplyRequest:
    """What was said to whom. place: the turn that it is said instead of, with all that followed; None: after all."""

    conversation: Conversation
    character: str
    said: HeardTurn
    place: int | None = None


class AnswerResponse(StreamingResponse):
    """Streams the events of an answer. When the page has gone, what makes the answer is ended before anything else."""

    async def stream_response(self, send: Send) -> None:
        """Send all events."""
        try:
            await super().stream_response(send)
        finally:
            with anyio.CancelScope(shield=True):
                await self.body_iterator.aclose()  # type: ignore[attr-defined]  # `answer_events` is a generator


async def answer_events(asked: ReplyRequest, speaker: Speaker, floor: Floor) -> AsyncIterator[str]:
    """Yield the lines of an answer until it is said, stopped or broken off."""
    conversation = asked.conversation
    conversation.asked += 1
    mine = conversation.asked
    async with floor.taken_part() as before, conversation.busy:
        if asked.place is not None:
            conversation.back_to(asked.place)
        yield _line({"place": conversation.place})
        if before:
            yield _line({"waiting": before})
        pieces = conversation.answered(speaker, asked.character, asked.said)
        try:
            async for line in _parts(pieces, floor, lambda: conversation.asked == mine):
                yield line
        except Exception as error:  # the page is open and waits, whatever the model does
            log.exception("an answer broke off")
            yield _line({"error": f"The answer broke off: {type(error).__name__}: {error}"[:500]})
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(_close, pieces)


def _close(pieces: Generator[AnswerPart, None, None]) -> None:
    """End what makes an answer; a server that ends in the middle of a piece leaves it to its thread."""
    with suppress(ValueError):
        pieces.close()


async def _parts(pieces: Iterator[AnswerPart], floor: Floor, wanted: Callable[[], bool]) -> AsyncIterator[str]:
    said = ""
    while wanted() and (piece := await floor.next(pieces)) is not None:
        text = gap_before(piece.text, said) + piece.text
        said += text
        yield _line({"text": text, "samples": encoded_samples(piece)})
    if wanted():
        yield _line({"done": True})


def encoded_samples(piece: AnswerPart) -> str:
    """Return the samples of a part as base64 of little-endian int16."""
    samples = (np.clip(piece.samples, -1, 1) * 32767).astype("<i2").tobytes()
    return base64.b64encode(samples).decode()


def _line(event: dict[str, object]) -> str:
    return json.dumps(event) + "\n"
