"""The page and its three calls. Loopback only, and only with the token that was printed when it started."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from audiorole.chat.sessions import Sessions, Speaker
from audiorole.chat.wav import marked_wav

HOSTS = ["127.0.0.1", "localhost", "testserver"]
"""Names the server answers to: a page elsewhere that resolves its own name to this machine gets nothing."""

HEARD_RATE = 16_000
LONGEST_REQUEST = 8_000_000
"""Bytes: two minutes of speech as base64."""


def chat_app(speaker: Speaker, token: str, mark: str) -> Starlette:
    """Return the application. mark: the provenance that every saved answer carries, e.g. the model's reference."""
    sessions = Sessions(speaker)

    def allowed(request: Request) -> bool:
        given = request.headers.get("x-audiorole-token") or request.query_params.get("token", "")
        return hmac.compare_digest(given.encode(), token.encode())

    async def page(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        return HTMLResponse(files("audiorole.chat").joinpath("page.html").read_text(encoding="utf-8"))

    async def characters(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        return JSONResponse({"characters": speaker.characters, "sample_rate": speaker.sample_rate, "mark": mark})

    async def say(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        if int(request.headers.get("content-length") or LONGEST_REQUEST + 1) > LONGEST_REQUEST:
            return JSONResponse({"error": "Too long: at most two minutes at once."}, 413)
        try:
            asked = _asked(await request.json(), speaker)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"Not understood: {error}"}, 400)
        lines = _lines(sessions.answer(*asked, HEARD_RATE))
        return StreamingResponse(iterate_in_threadpool(lines), media_type="application/x-ndjson")

    async def saved(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        samples = sessions.of(request.path_params["session"]).answer
        return Response(marked_wav(samples, speaker.sample_rate, mark), media_type="audio/wav")

    routes = [
        Route("/", page),
        Route("/characters", characters),
        Route("/say", say, methods=["POST"]),
        Route("/answer/{session}.wav", saved),
    ]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)])


def _asked(body: dict[str, Any], speaker: Speaker) -> tuple[str, str, str, Any]:
    """Return session, character, text and samples of a request. Raises ValueError for what cannot be answered."""
    character, text = str(body["character"]), str(body.get("text", ""))
    if character not in speaker.characters:
        raise ValueError(f"there is no character {character!r}")
    heard = (
        np.frombuffer(base64.b64decode(body.get("audio", ""), validate=True), dtype="<i2").astype(np.float32) / 32768
    )
    if not text.strip() and not len(heard):
        raise ValueError("nothing was said")
    return str(body["session"])[:64], character, text, heard


def _lines(pieces: Iterator[Any]) -> Iterator[str]:
    """Yield one line of JSON a piece: its text, and its samples as base64 int16."""
    for piece in pieces:
        samples = (np.clip(piece.samples, -1, 1) * 32767).astype("<i2").tobytes()
        yield json.dumps({"text": piece.text, "samples": base64.b64encode(samples).decode()}) + "\n"


def _refused() -> Response:
    return JSONResponse({"error": "Open the address that audiorole chat printed: it carries the token."}, 403)
