"""One bad reply is one row, whatever it is; a kept reply that is damaged is asked for again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audiorole.errors import InputError
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.replies import Interviewer
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.border import BadReplyError, checked
from audiorole.evaluation.systems.folder import FolderSystem
from audiorole.evaluation.systems.function import FunctionSystem

from .conftest import TONE, scored

N = len(TONE)


def answer(audio: Any = TONE, sample_rate: Any = 16_000, **more: Any) -> dict[str, Any]:
    return {"audio": audio, "sample_rate": sample_rate, **more}


class Sabotage:
    """An array-like that fails when it is looked at."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("the device is gone")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def leave(*_: Any) -> Any:
    sys.exit(3)


def fail(*_: Any) -> Any:
    raise Unspeakable


MIXED: dict[str, Any] = {
    "one channel first": answer(TONE[None]),
    "two channels first": answer(np.stack([TONE, TONE])),
    "two channels last": answer(np.stack([TONE, TONE], axis=1)),
    "batch and channel": answer(TONE[None, None]),
    "batch and two channels": answer(np.stack([TONE, TONE])[None]),
    "doubles": answer(TONE.astype(np.float64)),
    "halves": answer(TONE.astype(np.float16)),
    "int16": answer((TONE * 32767).astype(np.int16)),
    "int32": answer((TONE * 2147483000).astype(np.int32)),
    "uint8": answer((TONE * 127 + 128).astype(np.uint8)),
    "a list": answer(TONE.tolist()),
    "a rate of numpy": answer(sample_rate=np.int64(16_000)),
    "a rate as float": answer(sample_rate=16_000.0),
    "a rate that FLAC has not": answer(np.repeat(TONE, 6), 96_001),
    "text that is no ASCII": answer(text="Ça va — 你好"),
}

FLOORED: dict[str, tuple[Any, str]] = {
    "800 kHz": (answer(sample_rate=800_000), "sample rate"),
    "1 Hz": (answer(sample_rate=1), "sample rate"),
    "rate 0": (answer(sample_rate=0), "sample rate"),
    "a negative rate": (answer(sample_rate=-16_000), "sample rate"),
    "a rate of nan": (answer(sample_rate=float("nan")), "sample rate"),
    "a rate in words": (answer(sample_rate="16 kHz"), "sample rate"),
    "a rate of None": (answer(sample_rate=None), "sample rate"),
    "half a Hz": (answer(sample_rate=16_000.5), "sample rate"),
    "text 5": (answer(text=5), "text"),
    "text as bytes": (answer(text=b"hi"), "text"),
    "text as a list": (answer(text=["hi"]), "text"),
    "half a surrogate": (answer(text="\ud83d"), "text"),
    "a book": (answer(text="x" * 1_000_000), "text"),
    "first_audio in words": (answer(first_audio="soon"), "first_audio"),
    "first_audio nan": (answer(first_audio=float("nan")), "first_audio"),
    "nan": (answer(np.full(N, np.nan, np.float32)), "finite"),
    "one infinity": (answer(np.append(TONE, np.inf)), "finite"),
    "beyond float32": (answer(np.full(N, 1e300)), "finite"),
    "unscaled": (answer(TONE * 32768), "beyond"),
    "complex": (answer(TONE.astype(np.complex64)), "complex"),
    "booleans": (answer(TONE > 0), "bool"),
    "words": (answer("RIFF"), "type"),
    "bytes": (answer(b"RIFF" * 100), "type"),
    "None": (answer(None), "audio"),
    "objects": (answer(np.array([{}, {}])), "audio"),
    "a ragged list": (answer([[0.1], [0.1, 0.2]]), "audio"),
    "no axis": (answer(np.float32(0.5)), "shape"),
    "three axes": (answer(np.zeros((2, 2, 100))), "shape"),
    "a hundred channels": (answer(np.zeros((100, 200))), "shape"),
    "an array that fails": (answer(Sabotage()), "device is gone"),
    "no audio at all": ({"sample_rate": 16_000}, "audio"),
    "no rate": ({"audio": TONE}, "sample_rate"),
    "a tuple": ((TONE, 16_000), "tuple"),
    "a bare array": (TONE, "ndarray"),
    "a function that leaves": (leave, "SystemExit"),
    "an error without words": (fail, "Unspeakable"),
}

EMPTY = {
    "no sample": answer(np.zeros(0, np.float32)),
    "an empty list": answer([]),
    "a channel of nothing": answer(np.zeros((1, 0))),
    "nothing in two channels": answer(np.zeros((0, 2))),
}


def giving(what: Any) -> FunctionSystem:
    return FunctionSystem.of(what if callable(what) else lambda *_: what)


def test_every_odd_reply_is_one_row_and_the_run_is_summed_up(evaluation: Evaluation, tmp_path: Path) -> None:
    odd = {"good": answer(), **MIXED, **{name: what for name, (what, _) in FLOORED.items()}, **EMPTY}
    found = scored(evaluation, tmp_path, {name: giving(what) for name, what in odd.items()})
    rows = len(evaluation.items.items)
    for name in ("good", *MIXED):
        assert "error" not in found[name].statuses, name
        assert "missing" not in found[name].statuses, name
    for name, (_, said) in FLOORED.items():
        assert found[name].statuses == {"error": rows}, name
        assert all(said in row.detail for row in read_rows(tmp_path, name)), name
        assert found[name].metrics["ap_norm"].value == 0.0
    for name in EMPTY:
        assert found[name].statuses == {"missing": rows}, name


@pytest.mark.parametrize("name", ["one channel first", "two channels first", "two channels last", "batch and channel"])
def test_channels_are_mixed_wherever_they_are(name: str, prompt: Prompt) -> None:
    reply = giving(MIXED[name]).respond(prompt)
    assert reply.audio.shape == (N,)
    assert reply.audio == pytest.approx(TONE, abs=1e-6)


def test_different_channels_become_their_mean(prompt: Prompt) -> None:
    for layout in (np.stack([TONE, -TONE / 2]), np.stack([TONE, -TONE / 2], axis=1)):
        assert giving(answer(layout)).respond(prompt).audio == pytest.approx(TONE / 4, abs=1e-6)


def test_tensors_are_taken_as_they_are(prompt: Prompt) -> None:
    torch = pytest.importorskip("torch")
    tone = torch.from_numpy(TONE)
    for odd in (tone.bfloat16(), tone.half(), tone.clone().requires_grad_(), tone[None].double(), tone[None, None]):
        reply = giving(answer(odd, torch.tensor(16_000))).respond(prompt)
        assert (reply.audio.dtype, reply.sample_rate) == (np.float32, 16_000)
        assert reply.audio == pytest.approx(TONE, abs=4e-3)
    with pytest.raises(BadReplyError, match="complex"):
        giving(answer(torch.complex(tone, tone))).respond(prompt)


def test_a_reply_that_a_system_makes_itself_is_checked_too(evaluation: Evaluation, tmp_path: Path) -> None:
    class Own:
        sample_rate = 0

        def __init__(self, make: Callable[[], Any]) -> None:
            self.make = make

        def respond(self, prompt: Prompt) -> Any:
            return self.make()

        def close(self) -> None:
            raise OSError("the device is busy")

    made = {
        "stereo": lambda: Reply(np.stack([TONE, TONE]), 16_000),
        "number": lambda: Reply(TONE, 16_000, text=5),  # type: ignore[arg-type]
        "none": lambda: None,
        "seconds": lambda: Reply(TONE, 16_000, seconds=-1.0),
        "elsewhere": lambda: Reply(TONE, 16_000, seconds=float("nan")),
    }
    found = scored(evaluation, tmp_path, {name: Own(make) for name, make in made.items()})
    errors = {name for name, system in found.items() if "error" in system.statuses}
    assert errors == {"number", "none", "seconds"}


def test_the_samples_are_counted_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiorole.evaluation.systems.sound.MOST_SAMPLES", 20_000)
    assert len(checked(Reply(TONE, 16_000)).audio) == N
    with pytest.raises(BadReplyError, match="samples"):
        checked(Reply(np.zeros(30_000, np.float32), 16_000))
    soundfile.write(tmp_path / "x.flac", np.zeros((15_000, 2)), 16_000)
    with pytest.raises(Exception, match="more than a reply may have"):
        FolderSystem(str(tmp_path)).respond(Prompt("x", (), "Ada", "en", 0, lambda turn: TONE))


def test_one_sample_is_a_reply_and_none_is_not() -> None:
    assert len(checked(Reply(TONE[:1], 48_000)).audio) == 1
    with pytest.raises(NoReplyError, match="empty"):
        checked(Reply(TONE[:0], 48_000))


@pytest.mark.parametrize("kind", [".flac", ".json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone", "other"])
def test_a_damaged_kept_reply_is_asked_for_again(prompt: Prompt, tmp_path: Path, kind: str, damage: str) -> None:
    asked: list[int] = []

    def ask(*_: Any) -> Any:
        asked.append(1)
        return answer(text="hello there")

    interviewer = Interviewer(FunctionSystem.of(ask), tmp_path)
    first = interviewer.ask(prompt)
    path = tmp_path / f"{prompt.item}.0{kind}"
    whole = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    cut = {"cut": data[: len(data) // 2], "flip": data, "empty": b"", "other": b"[]", "gone": b""}[damage]
    path.write_bytes(bytes(cut))
    if damage == "gone":
        path.unlink()
    again = interviewer.ask(prompt)
    assert len(asked) == 2
    assert again[0] == first[0]
    assert np.array_equal(again[1], first[1])
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == whole
    assert interviewer.ask(prompt)[0] == first[0]
    assert len(asked) == 2, "a whole reply was asked for again"


def test_many_at_once_that_fail_are_asked_one_by_one(tmp_path: Path, prompt: Prompt) -> None:
    class Eager(FunctionSystem):
        at_once = 4

        def respond_all(self, prompts: Any) -> list[Reply]:
            raise MemoryError("too many at once")

    system = Eager.__new__(Eager)
    system.function = lambda *_: answer()
    prompts = [Prompt(f"s/e/u{at}", (), "Ada", "en", 0, lambda turn: TONE) for at in range(3)]
    assert [note.status for note in Interviewer(system, tmp_path).ask_all(prompts)] == ["ok"] * 3


def test_a_folder_of_replies_is_checked_like_any_system(prompt: Prompt, tmp_path: Path) -> None:
    Interviewer(FunctionSystem.of(lambda *_: answer(text="hello")), tmp_path).ask(prompt)
    folder, stem = FolderSystem(str(tmp_path)), tmp_path / f"{prompt.item}.0"
    assert folder.respond(prompt).text == "hello"
    sound, note = stem.with_suffix(".0.flac"), stem.with_suffix(".0.json")
    for path in (sound, note):
        data = path.read_bytes()
        path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
        with pytest.raises(InputError, match=r"not as it was written|not the note"):
            folder.respond(prompt)
        path.write_bytes(data)
    note.unlink()
    stem.with_suffix(".0.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        folder.respond(prompt)
