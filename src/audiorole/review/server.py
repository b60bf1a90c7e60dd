"""The review page and its calls. Loopback only, and only with the token that was printed when it started."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from audiorole.errors import UserError
from audiorole.review.session import Answer, ReviewSession
from audiorole.review.sound import line_sound
from audiorole.types import Episode

HOSTS = ["127.0.0.1", "localhost", "testserver"]
"""Names the server answers to: a page elsewhere that resolves its own name to this machine gets nothing."""

LONGEST_REQUEST = 1_000_000


def review_app(session: ReviewSession, token: str) -> Starlette:
    """Return the application for one series under review."""

    def allowed(request: Request) -> bool:
        given = request.headers.get("x-audiorole-token") or request.query_params.get("token", "")
        return hmac.compare_digest(given.encode(), token.encode())

    async def page(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        nonce = secrets.token_urlsafe(12)
        text = files("audiorole.review").joinpath("page.html").read_text(encoding="utf-8")
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; media-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return HTMLResponse(text.replace("NONCE", nonce), headers=headers)

    async def state(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(session.state)) if allowed(request) else _refused()

    async def answer(request: Request) -> Response:
        return await _changed(request, lambda body: session.decide(_asked(body)))

    async def undo(request: Request) -> Response:
        return await _changed(request, lambda _: session.undo())

    async def _changed(request: Request, change: Callable[[dict[str, Any]], object]) -> Response:
        if not allowed(request):
            return _refused()
        if int(request.headers.get("content-length") or LONGEST_REQUEST + 1) > LONGEST_REQUEST:
            return JSONResponse({"error": "Too long."}, 413)
        try:
            body = await request.json()
            await run_in_threadpool(change, body)
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JSONResponse({"error": f"Not understood: {error}"}, 400)
        return JSONResponse(await run_in_threadpool(session.state))

    async def sound(request: Request) -> Response:
        if not allowed(request):
            return _refused()
        record = session.records.get(request.query_params.get("line", ""))
        if record is None:
            return JSONResponse({"error": "There is no such line."}, 404)
        (episode,) = session.context.records(record.episode, "probe", Episode)
        found = await run_in_threadpool(line_sound, session.plan, record, episode)
        if found is None:
            return JSONResponse({"error": "The sound of this line is neither published nor in the media folder."}, 404)
        return Response(found[0], media_type=found[1], headers={"Cache-Control": "private, max-age=3600"})

    routes = [
        Route("/", page),
        Route("/state", state),
        Route("/decide", answer, methods=["POST"]),
        Route("/undo", undo, methods=["POST"]),
        Route("/sound", sound),
    ]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)])


def _asked(body: dict[str, Any]) -> Answer:
    lines, kept = body.get("lines", []), body.get("kept", [])
    for ids in (lines, kept):
        if not isinstance(ids, list) or not all(isinstance(line, str) for line in ids):
            raise ValueError("lines and kept must be lists of ids")
    kind, subject, value = body["kind"], body["subject"], body.get("value", "")
    if not all(isinstance(part, str) for part in (kind, subject, value)):
        raise ValueError("kind, subject and value must be text")
    return Answer(
        kind, subject, value.strip(), tuple(lines), body.get("random") is True, tuple(kept), body.get("new") is True
    )


def _refused() -> Response:
    return JSONResponse({"error": "Open the address that audiorole review printed: it carries the token."}, 403)
