from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from audiorole.cli.evaluation.evaluate import command
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.systems.base import NoReplyError, Prompt
from audiorole.evaluation.systems.cascade import CascadeSystem, chat_messages
from audiorole.evaluation.systems.folder import FolderSystem
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.evaluation.systems.glm4voice import Glm4VoiceSystem
from audiorole.evaluation.systems.http import Connection, HttpError, HttpSystem, UnreachableError, knock, post_json
from audiorole.evaluation.systems.minicpm import MiniCpmSystem
from audiorole.evaluation.systems.sound import mono, wav_base64, write_flac
from audiorole.evaluation.systems.worker import WorkerError, WorkerSystem
from audiorole.evaluation.workers import minicpm_environment, minicpm_o
from audiorole.types import Turn

TONE = (0.3 * np.sin(np.arange(8000) / 10)).astype(np.float32)


def prompt(seed: int = 0) -> Prompt:
    turns = (Turn(("a",), "Dan", "Where?", 0, 1), Turn(("b",), "Ada", "Here.", 1, 2), Turn(("c",), "Dan", "Why?", 2, 3))
    return Prompt("toy/e1/u1", turns, "Ada", "en", seed, lambda turn: TONE, TONE)


def test_a_folder_prefers_the_seeds_own_file_and_reads_the_text(tmp_path: Path) -> None:
    write_flac(tmp_path / "toy/e1/u1.flac", TONE, 16000)
    write_flac(tmp_path / "toy/e1/u1.1.flac", TONE[:4000], 22050)
    (tmp_path / "toy/e1/u1.txt").write_text("Because.\n")
    system = FolderSystem(str(tmp_path))
    assert (len(system.respond(prompt(0)).audio), system.respond(prompt(0)).text) == (8000, "Because.")
    assert (len(system.respond(prompt(1)).audio), system.respond(prompt(1)).sample_rate) == (4000, 22050)


def test_a_missing_file_is_missing_and_a_broken_one_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoReplyError, match="no file"):
        FolderSystem(str(tmp_path)).respond(prompt())
    (tmp_path / "toy__e1__u1.wav").write_bytes(b"no audio")
    with pytest.raises(InputError, match="not a readable audio file"):
        FolderSystem(str(tmp_path)).respond(prompt())


@pytest.mark.parametrize(
    "bad", [np.full(10, np.nan), np.zeros((2, 2, 2)), np.full(10, 3000.0)], ids=["nan", "three axes", "unscaled"]
)
def test_what_is_no_audio_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="audio"):
        mono(bad)


def test_int16_and_stereo_become_float_mono() -> None:
    found = mono(np.array([[32767, 0], [-32768, 0]], dtype=np.int16))
    assert found == pytest.approx([0.5, -0.5], abs=1e-4)


@pytest.fixture
def worker() -> Iterator[WorkerSystem]:
    system = WorkerSystem(str(Path(__file__).parent / "worker_echo.py"), reply_seconds=60)
    yield system
    system.close()


def test_a_worker_answers_dies_and_is_started_again(worker: WorkerSystem) -> None:
    first = worker.respond(prompt(0))
    assert (len(first.audio), first.text, worker.sample_rate) == (8000, "hello", 16000)
    with pytest.raises(WorkerError, match="out of memory"):
        worker.respond(prompt(7))
    with pytest.raises(WorkerError, match="no such voice"):
        worker.respond(prompt(8))
    assert worker.respond(prompt(1)).text == "hello"


class Server(BaseHTTPRequestHandler):
    """A system, a chat model and a speech endpoint at once; busy at the first call."""

    calls: list[tuple[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        self.calls.append((self.path, body))
        if self.path == "/refuse":
            self._answer(403, b"no key")
        elif self.path == "/busy" and len(self.calls) == 1:
            self._answer(503, b"busy")
        elif self.path == "/v1/chat/completions":
            self._answer(200, msgspec.json.encode({"choices": [{"message": {"content": " Because I said so. "}}]}))
        elif self.path == "/v1/audio/speech":
            self._answer(200, base64.b64decode(wav_base64(TONE, 24000)))
        else:
            self._answer(200, msgspec.json.encode({"audio": wav_base64(TONE, 16000), "text": "ok"}))

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Server.calls.clear()
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_http_replies_and_a_busy_server_is_asked_again(address: str) -> None:
    assert HttpSystem(f"{address}/respond").respond(prompt()).text == "ok"
    Server.calls.clear()
    assert b"audio" in post_json(f"{address}/busy", {}, pause=0.01)
    assert len(Server.calls) == 2


def test_http_refusals_are_told_and_not_repeated(address: str) -> None:
    with pytest.raises(HttpError, match="403: no key"):
        HttpSystem(f"{address}/refuse").respond(prompt())
    assert len(Server.calls) == 1


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}/respond"


def test_a_dead_server_is_tried_once_in_full_and_then_not_waited_for() -> None:
    line, gone, waited = Connection(pause=0.05), free_address(), []
    for _ in range(20):
        begun = time.monotonic()
        with pytest.raises(UnreachableError, match=r"cannot be reached: .*refused"):
            line.post(gone, {})
        waited.append(time.monotonic() - begun)
    assert waited[0] > 0.05 * (1 + 2 + 4), "the first post was not repeated"
    assert sum(waited[1:]) < waited[0], "later ones waited for a server that is not there"


def test_a_server_that_comes_back_is_asked_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Connection(pause=0.0, lost=0.0)
    with monkeypatch.context() as broken:
        broken.setattr("audiorole.evaluation.systems.exchange.Exchange.answer", refused)
        for _ in range(2):
            with pytest.raises(UnreachableError, match="pulled the plug"):
                line.post(f"{address}/respond", {})
    assert b"audio" in line.post(f"{address}/respond", {})


def refused(*_: object, **__: object) -> None:
    raise UnreachableError("http://here cannot be reached: somebody pulled the plug")


def test_a_server_that_does_not_like_to_be_knocked_at_is_there(address: str) -> None:
    assert knock(f"{address}/respond") == ""  # BaseHTTPRequestHandler answers HEAD with 501
    HttpSystem.check(f"{address}/respond")
    with pytest.raises(ConfigError, match=r"cannot be reached: .*refused.* Start the server"):
        HttpSystem.check(free_address())


def test_a_cascade_writes_then_speaks_in_the_characters_voice(address: str, tmp_path: Path) -> None:
    recipe = tmp_path / "cascade.toml"
    recipe.write_text(
        f'[chat]\nurl = "{address}/v1"\nmodel = "m"\n'
        f'[speech]\nurl = "{address}/v1"\nmodel = "t"\n[voices]\nAda = "af"\n'
    )
    reply = CascadeSystem(str(recipe)).respond(prompt())
    assert (reply.text, reply.sample_rate, len(reply.audio)) == ("Because I said so.", 24000, 8000)
    assert Server.calls[1][1]["voice"] == "af"
    assert Server.calls[1][1]["input"] == "Because I said so."


def test_the_characters_own_turns_are_the_assistants() -> None:
    roles = [(message["role"], message["content"]) for message in chat_messages(prompt())[1:]]
    assert roles == [("user", "Dan: Where?"), ("assistant", "Here."), ("user", "Dan: Why?")]


def test_a_function_that_returns_none_is_missing() -> None:
    with pytest.raises(NoReplyError):
        FunctionSystem.of(lambda *_: None).respond(prompt())


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("callable@nowhere:respond", "cannot be loaded"),
        ("callable@json:respond", "cannot be loaded"),
        ("worker@no-such-program --device cuda", "no program on this machine"),
        ("cascade@{cascade}", "cannot be reached"),
        ("http@{dead}", "cannot be reached"),
        ("minicpm-o@/nowhere/python", "minicpm_environment"),
    ],
)
def test_a_system_that_cannot_be_asked_is_noticed_before_any_work(reference: str, said: str, tmp_path: Path) -> None:
    cascade = tmp_path / "cascade.toml"
    dead = free_address()
    cascade.write_text(f'[chat]\nurl = "{dead}"\nmodel = "m"\n[speech]\nurl = "{dead}"\nmodel = "t"\n')
    system = reference.format(cascade=cascade, dead=dead)
    found = CliRunner().invoke(command, ["no/such/dataset", "--system", system, "--out", str(tmp_path / "out")])
    assert isinstance(found.exception, ConfigError), "the dataset was looked at first"
    assert said in str(found.exception)
    assert not (tmp_path / "out").exists()


def test_a_worker_that_never_gets_ready_is_not_started_for_every_item(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text(f"open({str(tmp_path / 'starts')!r}, 'a').write('x')\nraise SystemExit('no weights')")
    system = WorkerSystem(str(script))
    for _ in range(6):
        with pytest.raises(WorkerError, match="no weights"):
            system.respond(prompt())
    assert (tmp_path / "starts").read_text() == "xxx"


@pytest.mark.parametrize(
    "kind", [FolderSystem, FunctionSystem, HttpSystem, WorkerSystem, CascadeSystem, Glm4VoiceSystem]
)
def test_a_system_without_its_location_says_what_it_wants(kind: Any) -> None:
    with pytest.raises(ConfigError, match="wants"):
        kind(None)


def test_glm4voice_goes_through_its_backend() -> None:
    class Model:
        def reply(self, turns: list[dict[str, Any]], *rest: Any) -> dict[str, Any]:
            assert [turn["character"] for turn in turns] == ["Dan", "Ada", "Dan"]
            return {"audio": TONE, "sample_rate": 22050, "text": "Hm."}

    system = Glm4VoiceSystem("checkpoint", backend=lambda location: Model())
    assert system.respond(prompt()).sample_rate == 22050


def test_minicpm_without_its_environment_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="minicpm_environment"):
        MiniCpmSystem(str(tmp_path / "python"))
    commands = minicpm_environment.commands(tmp_path)
    assert "transformers==4.44.2" in commands[1]


def test_the_minicpm_worker_survives_a_failing_item() -> None:
    written: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        if request["id"] == "bad":
            raise RuntimeError("no audio")
        return {"audio": "x", "text": "y"}

    minicpm_o.serve(answer, ['{"id": "bad"}', '{"id": "good"}'], written.append)
    assert written == [
        {"id": "bad", "audio": None, "error": "RuntimeError: no audio"},
        {"id": "good", "audio": "x", "text": "y"},
    ]
