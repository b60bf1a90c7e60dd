"""The review page and its calls, behind the guard that all pages have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiorole.errors import UserError
from audiorole.review.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.review.sound import line_sound
from audiorole.types import Episode
from audiorole.web.guard import Guard, page

LONGEST_REQUEST = 1_000_000


def review_app(session: ReviewSession, token: str) -> Guard:
    """Return the application for one series under review."""

    async def show(request: Request) -> Response:
        return page(request, "audiorole.review")

    async def state(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(session.state))

    async def answer(request: Request) -> Response:
        return await _changed(request, lambda body: session.decide(_asked(body)))

    async def undo(request: Request) -> Response:
        return await _changed(request, lambda _: session.undo())

    async def _changed(request: Request, change: Callable[[dict[str, Any]], object]) -> Response:
        try:
            body = await request.json()
            await run_in_threadpool(change, body)
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return JSONResponse({"error": f"Not understood: {error}"}, 400)
        return JSONResponse(await run_in_threadpool(session.state))

    async def sound(request: Request) -> Response:
        record = session.records.get(request.query_params.get("line", ""))
        if record is None:
            return JSONResponse({"error": "There is no such line."}, 404)
        (episode,) = session.context.records(record.episode, "probe", Episode)
        found = await run_in_threadpool(line_sound, session.plan, record, episode)
        if found is None:
            return JSONResponse({"error": "The sound of this line is neither published nor in the media folder."}, 404)
        return Response(found[0], media_type=found[1])

    routes = [
        Route("/", show),
        Route("/state", state),
        Route("/decide", answer, methods=["POST"]),
        Route("/undo", undo, methods=["POST"]),
        Route("/sound", sound),
    ]
    return Guard(Starlette(routes=routes), token, "audiorole review", LONGEST_REQUEST)


def _asked(body: dict[str, Any]) -> Answer:
    lines, kept = body.get("lines", []), body.get("kept", [])
    for ids in (lines, kept):
        if not isinstance(ids, list) or not all(isinstance(line, str) for line in ids):
            raise ValueError("lines and kept must be lists of ids")
    kind, subject, value = body["kind"], body["subject"], body.get("value", "")
    if not all(isinstance(part, str) for part in (kind, subject, value)):
        raise ValueError("kind, subject and value must be text")
    return Answer(
        kind, subject, value.strip(), tuple(lines), body.get("random") is True, tuple(kept), body.get("new") is True,
        _span(body.get("span")),
    )  # fmt: skip


def _span(asked: object) -> tuple[float, float] | None:
    if asked is None:
        return None
    if not isinstance(asked, list) or len(asked) != 2 or not all(type(each) in (int, float) for each in asked):
        raise ValueError("span must be two numbers of seconds")
    return float(asked[0]), float(asked[1])
