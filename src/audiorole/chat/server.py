"""The chat page and its calls, behind the guard that all pages have."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import anyio
import numpy as np
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audiorole.audio.marked import marked_wav
from audiorole.chat.answering import MEDIA_TYPE, AnswerResponse, ReplyRequest, answer_events
from audiorole.chat.floor import Floor
from audiorole.chat.hearing import LONGEST_BLOCK, RATES, SAMPLE_RATE, Ear, Microphone, Microphones
from audiorole.chat.sessions import Sessions
from audiorole.chat.speaker import USER, Speaker, Waveform
from audiorole.errors import AudioroleError, UserError
from audiorole.types import find_character, shown_names
from audiorole.types.conversation import HeardTurn
from audiorole.types.plain import JsonObject
from audiorole.web.guard import Guard, page, page_file

log = logging.getLogger(__name__)

LONGEST_REQUEST = 8_000_000
"""Bytes: the longest block of sound at the highest rate."""

LONGEST_TEXT = 10_000
"""Letters of one turn: a quarter of an hour of speech."""

WORKLET = "microphone-worklet.js"


def chat_app(speaker: Speaker, token: str, mark: str, ear: Ear | None = None, hosts: Sequence[str] = ()) -> Guard:
    """Return the application. mark: the provenance that every saved answer carries, e.g. the model's reference.

    ear: who understands what is said into the microphone; without one, or where its weights are missing, all is typed.
    hosts: names that the page answers to beside those of this machine. Raises ConfigError for what is no name.
    """
    app = _Chat(speaker, mark, ear).app()
    return Guard(app, token, "audiorole chat", LONGEST_REQUEST, scripts=(f"/{WORKLET}",), hosts=hosts)


class _Chat:
    """The state of one server, and its calls."""

    def __init__(self, speaker: Speaker, mark: str, ear: Ear | None) -> None:
        self.speaker, self.mark = speaker, mark
        self.deaf = "This server was started without a recogniser of speech." if ear is None else ear.problem
        self.sessions, self.floor = Sessions(), Floor()
        self.microphones, self.hearing = Microphones(ear or Ear()), anyio.Lock()

    def app(self) -> Starlette:
        routes = [
            Route("/", self.show),
            Route(f"/{WORKLET}", self.worklet),
            Route("/characters", self.characters),
            Route("/alive", self.alive),
            Route("/say", self.say, methods=["POST"]),
            Route("/stop", self.stop, methods=["POST"]),
            Route("/hear", self.hear, methods=["POST"]),
            Route("/answer/{session}.wav", self.saved),
        ]
        return Starlette(routes=routes)

    async def show(self, request: Request) -> Response:
        return page(request, "audiorole.chat")

    async def worklet(self, request: Request) -> Response:
        return Response(page_file("audiorole.chat", WORKLET), media_type="text/javascript")

    async def characters(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.told), background=BackgroundTask(self.wake))

    def told(self) -> dict[str, object]:
        """Return what a page has to know; a voice that is not loaded yet is loaded for it."""
        known = list(self.speaker.characters)
        told = {"characters": known, "names": shown_names(known), "sample_rate": self.speaker.sample_rate}
        return {**told, "mark": self.mark, "deaf": self.deaf, "longest": LONGEST_TEXT}

    def wake(self) -> None:
        """Let the speaker load what its first answer needs, while the first words are still being found."""
        try:
            getattr(self.speaker, "wake", lambda: None)()
        except Exception:  # the answer will fail in the same way, and then somebody is there to be told
            log.exception("the voice could not be loaded")

    async def alive(self, request: Request) -> Response:
        return Response(status_code=204)

    async def say(self, request: Request) -> Response:
        try:
            asked = self._question(await request.json())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return _refused(error)
        if self.floor.full:
            return JSONResponse({"error": "Too many people are answered at once. Try again in a moment."}, 503)
        return AnswerResponse(answer_events(asked, self.speaker, self.floor), media_type=MEDIA_TYPE)

    async def stop(self, request: Request) -> Response:
        try:
            body = await request.json()
            self.sessions.of(_page(body["session"]), self._character(body["character"])).asked += 1
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return _refused(error)
        return Response(status_code=204)

    async def hear(self, request: Request) -> Response:
        query, body = request.query_params, await request.body()
        try:
            name, (rate, block) = _page(query.get("session")), _sound(query.get("rate", ""), body)
        except ValueError as error:
            return _refused(error)
        if self.deaf:
            return JSONResponse({"error": self.deaf}, 409)
        microphone = self.microphones.of(name)
        try:
            async with self.hearing:
                text = await run_in_threadpool(microphone.take, block, rate, query.get("last") == "1")
        except AudioroleError as error:
            return JSONResponse({"error": str(error)[:500]}, 409)
        return JSONResponse(_heard(text, microphone))

    async def saved(self, request: Request) -> Response:
        try:
            who = self._character(request.query_params.get("character", ""))
            samples = self.sessions.of(_page(request.path_params["session"]), who).answer
        except ValueError as error:
            return _refused(error)
        return Response(marked_wav(samples, self.speaker.sample_rate, self.mark), media_type="audio/wav")

    def _character(self, name: object) -> str:
        """Return the written form of whom a page asks for. Raises ValueError where that is nobody, or two."""
        try:
            return find_character(str(name), list(self.speaker.characters))
        except UserError as error:
            raise ValueError(str(error)) from error

    def _question(self, body: JsonObject) -> ReplyRequest:
        """Return what a page asks. Raises ValueError for what cannot be answered."""
        name, text, place = _page(body["session"]), _text(body.get("text", "")), body.get("place")
        character = self._character(body["character"])
        if place is not None and (not isinstance(place, int) or place < 0):
            raise ValueError("place must be the number of a turn")
        conversation = self.sessions.of(name, character)
        sound = self.microphones.of(name).said(text)
        said: HeardTurn = {"character": USER, "text": text, "audio": sound, "sample_rate": SAMPLE_RATE}
        return ReplyRequest(conversation, character, said, place)


def _page(name: object) -> str:
    """Return the name that a page gave itself. Raises ValueError for none."""
    if not isinstance(name, str) or not 1 <= len(name) <= 64:
        raise ValueError("session must be the name of a page, at most 64 letters")
    return name


def _text(said: object) -> str:
    """Return what was said. Raises ValueError for what no voice can read."""
    if not isinstance(said, str) or not said.strip():
        raise ValueError("nothing was said")
    if len(said) > LONGEST_TEXT:
        raise ValueError(f"at most {LONGEST_TEXT:,} letters at once")
    if any("\ud800" <= letter <= "\udfff" for letter in said):
        raise ValueError("the text holds half of a letter")
    return said


def _sound(rate: str, body: bytes) -> tuple[int, Waveform]:
    """Return the rate and the samples of a block of sound. Raises ValueError for what is none."""
    if not (rate.isdecimal() and RATES[0] <= int(rate) <= RATES[1]):
        raise ValueError(f"rate must be {RATES[0]:,} to {RATES[1]:,} Hz")
    if len(body) % 2 or len(body) > 2 * LONGEST_BLOCK * int(rate):
        raise ValueError(f"sound is int16, at most {LONGEST_BLOCK:.0f} s at once")
    return int(rate), np.frombuffer(body, dtype="<i2").astype(np.float32) / np.float32(32768)


def _heard(text: str, microphone: Microphone) -> dict[str, object]:
    return {"text": text, "speaking": microphone.speaking, "quiet": round(microphone.quiet, 2)}


def _refused(error: Exception) -> Response:
    return JSONResponse({"error": f"Not understood: {error}"[:500]}, 400)
