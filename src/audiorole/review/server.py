"""The review page and its calls, behind the guard that all pages have."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiorole.errors import UserError
from audiorole.review import views
from audiorole.review.clips import Clips, SoundClip
from audiorole.review.pages import desk_page, static_file
from audiorole.review.requests import answer_of, body_of, filter_of, seconds_of, who_of, window_of
from audiorole.review.session import ReviewSession
from audiorole.types.plain import JsonObject
from audiorole.web.guard import Guard

LONGEST_REQUEST = 1_000_000
MOST_QUESTIONS = 6

Endpoint = Callable[[Request], Awaitable[Response]]


def review_app(session: ReviewSession, token: str, hosts: Sequence[str] = ()) -> Guard:
    """Return the application for one series under review. hosts: names that it answers to besides this machine's."""
    calls = _Calls(session)

    async def page(request: Request) -> Response:
        return desk_page(request, token)

    async def static(request: Request) -> Response:
        return static_file(request)

    asked = ("state", "changes", "questions", "lines", "place", "line")
    routes = [
        Route("/", page),
        Route("/static/{name:path}", static),
        Route("/decide", _changed(calls.decide), methods=["POST"]),
        Route("/undo", _changed(calls.undo), methods=["POST"]),
        *(Route(f"/{name}", _answered(getattr(calls, name))) for name in asked),
        *(Route(f"/{name}", _served(getattr(calls, name))) for name in ("sound", "reference", "picture")),
    ]
    return Guard(Starlette(routes=routes), token, "audiorole review", LONGEST_REQUEST, hosts=hosts)


def _answered(call: Callable[[Request], JsonObject]) -> Endpoint:
    """Answer with JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(call, request))
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _changed(call: Callable[[JsonObject], JsonObject]) -> Endpoint:
    """Take a body, and answer with JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(call, await body_of(request)))
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _served(cut: Callable[[Request], Response | None]) -> Endpoint:
    """Answer with sound or a picture."""

    async def endpoint(request: Request) -> Response:
        try:
            found = await run_in_threadpool(cut, request)
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400)
        return found or JSONResponse({"error": "There is no such sound or picture, or its media is not here."}, 404)

    return endpoint


class _Calls:
    """What each address does."""

    def __init__(self, session: ReviewSession) -> None:
        self.session = session
        self.clips = Clips(session)
        threading.Thread(target=session.lines.fold, name="fold", daemon=True).start()

    def state(self, request: Request) -> JsonObject:
        self.session.refresh()
        self.session.live.begin()
        return views.state(self.session, who_of(request.query_params))

    def changes(self, request: Request) -> JsonObject:
        self.session.refresh()
        return views.changes(self.session)

    def questions(self, request: Request) -> JsonObject:
        skipped = set(request.query_params.getlist("skip"))
        found = [views.question(self.session, one) for one in self.session.ask(skipped, MOST_QUESTIONS)]
        is_open = self.session.is_open(request.query_params.get("shown", ""))
        about = {"ranked": self.session.questions is not None, "open": is_open}
        return {**views.changes(self.session), "questions": found, **about}

    def lines(self, request: Request) -> JsonObject:
        first, count = window_of(request.query_params)
        return views.page_of_lines(self.session, filter_of(request.query_params), first, count)

    def place(self, request: Request) -> JsonObject:
        wanted = filter_of(request.query_params)
        if request.query_params.get("at"):
            row = self.session.at_time(wanted.episode, seconds_of(request.query_params, "at"))
            return {"line": self.session.lines.id_of(row) if row >= 0 else ""}
        return {"place": views.place_in_list(self.session, wanted, request.query_params.get("line", ""))}

    def line(self, request: Request) -> JsonObject:
        row = self._row(request)  # a page may still show an added line that somebody has just taken back
        return views.line(self.session, row) if row >= 0 else {"gone": True}

    def decide(self, body: JsonObject) -> JsonObject:
        who = who_of(body)
        return self._done(views.decision_words(self.session.decide(answer_of(body), who, wait=False)))

    def undo(self, body: JsonObject) -> JsonObject:
        wanted = body.get("decision", "")
        if not isinstance(wanted, str):
            raise UserError("Not understood: decision must be an id.")
        return self._done(views.decision_words(self.session.undo(who_of(body), wanted, wait=False)))

    def _done(self, decision: JsonObject) -> JsonObject:
        return {**views.changes(self.session), "decision": decision}

    def sound(self, request: Request) -> Response | None:
        row = self._row(request)
        return _sound(self.clips.line(row, seconds_of(request.query_params, "pad"))) if row >= 0 else None

    def reference(self, request: Request) -> Response | None:
        return _sound(self.clips.reference(request.query_params.get("name", "")))

    def picture(self, request: Request) -> Response | None:
        row = self._row(request)
        found = self.clips.picture(row) if row >= 0 else None
        return Response(found, media_type="image/jpeg") if found else None

    def _row(self, request: Request) -> int:
        return self.session.lines.row_of(request.query_params.get("line", ""))


def _sound(clip: SoundClip | None) -> Response | None:
    if clip is None:
        return None
    return Response(clip.data, media_type=clip.media_type, headers={"x-start": f"{clip.start:.4f}"})
