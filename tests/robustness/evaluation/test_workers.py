"""The worker zoo: whatever a worker does, the run ends soon, in little memory, and everybody else is scored."""

from __future__ import annotations

import resource
import shlex
import sys
import time
from pathlib import Path

import pytest

from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import Prompt, SpeechSystem
from audiorole.evaluation.systems.worker import WorkerError, WorkerSystem

from .conftest import RUN, children, scored

ZOO = Path(__file__).with_name("worker_zoo.py")

FAIL = {
    "never_ready": "no answer within",
    "rate_in_words": "sample rate is 'fast'",
    "rate_without_end": "sample rate is",
    "never_reads": "no answer within",
    "mute": "no answer within",
    "deaf_to_signals": "no answer within",
    "stops_itself": "no answer within",
    "dies": "CUDA error: out of memory",
    "crashes": "the worker ended",
    "closes_stdin": "no answer within",
    "closes_stdout": "the worker ended",
    "chatters": "no answer within",
    "never_ends_the_line": "a line of more than",
    "half_a_line": "no answer within",
    "drips": "no answer within",
    "answers_another": "the worker answered",
    "error_of_a_book": "no voice",
    "audio_is_a_number": "type int",
    "audio_is_no_file": "cannot be read",
    "text_is_a_number": "the text is 5",
    "time_is_no_number": "first_audio is nan",
    "dies_and_leaves_the_pipes_open": "the worker ended",
}
"""What each misbehaviour comes to: one error a row, with a sentence that holds these words."""
ANSWER = ("good", "answers_twice", "brackets_first", "floods_stderr", "leaves_children", "leaves_daemons")

SECONDS = 0.4
MEGABYTES = 200


def worker(name: str) -> WorkerSystem:
    patient = SECONDS if FAIL.get(name) == "no answer within" else 20.0
    start = SECONDS if name == "never_ready" else 20.0
    return WorkerSystem(shlex.join([sys.executable, "-S", str(ZOO), name]), reply_seconds=patient, start_seconds=start)


@pytest.mark.usefixtures("no_child_is_left")
def test_every_misbehaviour_is_rows_and_the_others_are_scored(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiorole.evaluation.systems.child.LONGEST_LINE", 1 << 20)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    zoo: dict[str, SpeechSystem] = {name: worker(name) for name in (*FAIL, *ANSWER)}
    found = scored(evaluation, tmp_path, zoo)
    items = len(evaluation.items.items)
    for name, said in FAIL.items():
        assert found[name].statuses == {"error": items}, name
        details = [row.detail for row in read_rows(tmp_path, name)]
        assert all(said in detail and len(detail) <= 500 for detail in details), (name, details)
    for name in ANSWER:
        assert not {"error", "missing"} & set(found[name].statuses), name
        assert found[name].rows == items
    assert time.monotonic() - begun < 90
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


@pytest.mark.usefixtures("no_child_is_left")
def test_one_clock_runs_over_writing_and_reading(prompt: Prompt) -> None:
    system = worker("never_reads")
    begun = time.monotonic()
    with pytest.raises(WorkerError, match="no answer within"):
        system.respond(prompt)
    assert time.monotonic() - begun < SECONDS + 20
    system.close()


@pytest.mark.usefixtures("no_child_is_left")
def test_a_worker_that_hangs_is_not_waited_for_at_every_item(prompt: Prompt) -> None:
    system, waited = worker("mute"), []
    for _ in range(8):
        begun = time.monotonic()
        with pytest.raises(WorkerError, match="no answer within"):
            system.respond(prompt)
        waited.append(time.monotonic() - begun)
    assert min(waited[:3]) >= SECONDS
    assert sum(waited[3:]) < len(waited[3:]) * SECONDS


@pytest.mark.usefixtures("no_child_is_left")
def test_a_worker_that_leaves_after_its_answer_is_started_again(prompt: Prompt) -> None:
    system = worker("answers_one_and_leaves")
    system.reply_seconds = 20.0
    for _ in range(3):
        assert system.respond(prompt).text == "hello"
        assert system._child
        deadline = time.monotonic() + 20
        while not system._child.ended and time.monotonic() < deadline:
            time.sleep(0.01)
    system.close()


@pytest.mark.usefixtures("no_child_is_left")
def test_a_worker_that_fails_once_is_asked_again(tmp_path: Path, prompt: Prompt) -> None:
    script = tmp_path / "moody.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ZOO.parent)!r})\nimport os\nfrom worker_zoo import *\n"
        f"first = not os.path.exists({str(tmp_path / 'seen')!r})\nopen({str(tmp_path / 'seen')!r}, 'w')\n"
        "stops_itself() if first else good()\n"
    )
    system = WorkerSystem(str(script), reply_seconds=5.0)
    system.reply_seconds = SECONDS
    with pytest.raises(WorkerError, match="no answer within"):
        system.respond(prompt)
    system.reply_seconds = 20.0
    assert system.respond(prompt).text == "hello"
    system.close()


def test_a_child_that_is_left_would_be_seen(monkeypatch: pytest.MonkeyPatch, prompt: Prompt) -> None:
    monkeypatch.setenv(RUN, "seen")
    system = worker("leaves_daemons")
    assert system.respond(prompt).text == "hello"
    assert len(children("seen")) == 2, "the worker and the daemon that it left"
    system.close()
    assert children("seen") == set()
