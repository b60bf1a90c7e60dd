"""The page and its three calls, behind the guard that all pages have."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from audiorole.chat.sessions import AnswerPart, Sessions, Speaker, Waveform
from audiorole.chat.wav import marked_wav
from audiorole.errors import UserError
from audiorole.types import find_character, shown_names
from audiorole.types.plain import JsonObject
from audiorole.web.guard import Guard, page

log = logging.getLogger(__name__)

HEARD_RATE = 16_000
LONGEST_REQUEST = 8_000_000
"""Bytes: two minutes of speech as base64."""
LONGEST_TEXT = 10_000
"""Letters of one turn: a quarter of an hour of speech."""


def chat_app(speaker: Speaker, token: str, mark: str) -> Guard:
    """Return the application. mark: the provenance that every saved answer carries, e.g. the model's reference."""
    sessions, hears = Sessions(speaker), bool(getattr(speaker, "hears", True))

    async def show(request: Request) -> Response:
        return page(request, "audiorole.chat")

    async def characters(request: Request) -> Response:
        told = {
            "characters": speaker.characters,
            "names": shown_names(speaker.characters),
            "sample_rate": speaker.sample_rate,
            "mark": mark,
        }
        return JSONResponse({**told, "hears": hears})

    async def say(request: Request) -> Response:
        try:
            asked = _question(await request.json(), speaker, hears)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return JSONResponse({"error": f"Not understood: {error}"}, 400)
        lines = _lines(sessions.answer(*asked, HEARD_RATE))
        return StreamingResponse(iterate_in_threadpool(lines), media_type="application/x-ndjson")

    async def saved(request: Request) -> Response:
        samples = sessions.of(request.path_params["session"]).answer
        return Response(marked_wav(samples, speaker.sample_rate, mark), media_type="audio/wav")

    routes = [
        Route("/", show),
        Route("/characters", characters),
        Route("/say", say, methods=["POST"]),
        Route("/answer/{session}.wav", saved),
    ]
    return Guard(Starlette(routes=routes), token, "audiorole chat", LONGEST_REQUEST)


def _question(body: JsonObject, speaker: Speaker, hears: bool) -> tuple[str, str, str, Waveform]:
    """Return session, character, text and samples of a request. Raises ValueError for what cannot be answered."""
    character, text = _asked(str(body["character"]), speaker), str(body.get("text", ""))
    heard = np.frombuffer(base64.b64decode(body.get("audio", ""), validate=True), dtype="<i2").astype(
        np.float32
    ) / np.float32(32768)
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"at most {LONGEST_TEXT:,} letters at once")
    if not text.strip() and not len(heard):
        raise ValueError("nothing was said")
    if not text.strip() and not hears:
        raise ValueError("nobody listens here: the answers are chosen by typed words")
    return str(body["session"])[:64], character, text, heard


def _asked(name: str, speaker: Speaker) -> str:
    """Return the written form of whom the page asks for. Raises ValueError where that is nobody, or two."""
    try:
        return find_character(name, speaker.characters)
    except UserError as error:
        raise ValueError(str(error)) from error


def _lines(pieces: Iterator[AnswerPart]) -> Iterator[str]:
    """Yield one line of JSON a piece: its text, and its samples as base64 int16; or an error that the page can show."""
    try:
        yield from _told(pieces)
    except Exception as error:  # the page is open and waits, whatever the model does
        log.exception("an answer broke off")
        yield json.dumps({"error": f"The answer broke off: {type(error).__name__}: {error}"[:500]}) + "\n"


def _told(pieces: Iterator[AnswerPart]) -> Iterator[str]:
    for piece in pieces:
        samples = (np.clip(piece.samples, -1, 1) * 32767).astype("<i2").tobytes()
        yield json.dumps({"text": piece.text, "samples": base64.b64encode(samples).decode()}) + "\n"
