"""A chat that is served for a test, and the fakes that it listens with."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path

import numpy as np
import soundfile

from audiorole.chat.hearing import Ear
from audiorole.chat.server import chat_app
from audiorole.chat.sessions import Sessions
from audiorole.chat.speaker import Speaker
from audiorole.sample import known_speech
from audiorole.testing.models import PITCH
from audiorole.web.serve import listening, server

TOKEN = "secret"
FAKE_EAR = Ear("fake", "", "fake")
"""Hears tones as names, see `audiorole.testing.models`; inside `fake_models()`."""

READY = "document.querySelectorAll('#who option').length > 0"


class Served:
    """A chat at `address`, until it is ended; `again` serves it anew at the same port."""

    def __init__(self, speaker: Speaker, ear: Ear | None = None, token: str = TOKEN) -> None:
        self.app, self.port = chat_app(speaker, token, "a test", ear, hosts=("chat.example",)), 0
        self.sessions: Sessions = self.app.app.routes[0].endpoint.__self__.sessions  # type: ignore[attr-defined]
        self.again()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={TOKEN}"

    def again(self) -> None:
        self._held = listening(self.port)
        socket = self._held.__enter__()
        self.port = socket.getsockname()[1]
        self._server = server(self.app)
        self._thread = threading.Thread(target=self._server.run, args=([socket],))
        self._thread.start()

    def end(self) -> None:
        """End the server as a kill does: every connection breaks."""
        while self._thread.is_alive():
            self._server.should_exit = True
            for connection in list(self._server.server_state.connections):
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                    connection.loop.call_soon_threadsafe(connection.transport.abort)
            self._thread.join(0.1)
        self._held.__exit__(None, None, None)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def tones(*names: str, pause: float = 1.0, rate: int = 16_000, seconds: float = 0.6) -> np.ndarray:
    """Return the tones of `names` (`PITCH`), each with a pause before and after it."""
    time, still = np.arange(int(seconds * rate)) / rate, np.zeros(int(pause * rate))
    parts = [part for name in names for part in (still, 0.3 * np.sin(2 * np.pi * PITCH[name] * time))]
    return np.concatenate([*parts, still]).astype(np.float32)


def spoken(*lines: str, pause: float = 1.0) -> tuple[np.ndarray, int]:
    """Return lines of the first bundled episode, a pause after each, and their sample rate."""
    truth, folder = known_speech()
    facts = {line["id"]: line for line in json.loads(truth.read_text(encoding="utf-8"))["lines"]}
    (media,) = folder.glob("*E01.opus")
    sound, rate = soundfile.read(media, dtype="float32")
    spans = [(int(facts[line]["start"] * rate), int(facts[line]["end"] * rate)) for line in lines]
    still = np.zeros(int(pause * rate), np.float32)
    return np.concatenate([part for start, end in spans for part in (sound[start:end], still)]), rate


def microphone(path: Path, sound: np.ndarray, rate: int = 16_000) -> list[str]:
    """Return the switches of a Chromium whose microphone brings `sound` once."""
    soundfile.write(path, sound, rate, subtype="PCM_16")
    return [
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}%noloop",
    ]  # fmt: skip
