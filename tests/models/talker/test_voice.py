from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from audiorole.errors import ConfigError, InputError, UnknownNameError
from audiorole.models.talker.tensor_file import write_tensor_file
from audiorole.models.talker.voice import FORMAT, MOST_BYTES, TalkerVoice, load_voice, save_voice, stock_voice

safetensors = pytest.importorskip("safetensors")


def voice(**changes: object) -> TalkerVoice:
    style = np.random.default_rng(0).normal(size=(510, 256)).astype(np.float16).astype(np.float32)
    made = TalkerVoice(
        "Zoë", style, {"decoder.encode.norm1.fc.bias": np.ones(4, np.float32)}, 1.25, "ab12", {"lines": "12"}
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def same(one: TalkerVoice, other: TalkerVoice) -> bool:
    arrays = [(one.style, other.style), *((one.changes[key], other.changes[key]) for key in one.changes)]
    facts = [(v.name, v.pace, v.base, dict(v.provenance), sorted(v.changes)) for v in (one, other)]
    return facts[0] == facts[1] and all(np.array_equal(a, b) for a, b in arrays)


def test_a_voice_comes_back_from_its_file_and_its_bytes_are_reproducible(tmp_path: Path) -> None:
    for name in ("a.safetensors", "b.safetensors"):
        save_voice(tmp_path / name, voice())
    assert same(load_voice(tmp_path / "a.safetensors"), voice())
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert (tmp_path / "a.safetensors").stat().st_size < 1_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.safetensors", "b.safetensors"]


def test_the_style_goes_by_the_length_of_the_line() -> None:
    made = voice()
    for symbols, row in ((0, 0), (1, 0), (40, 39), (510, 509), (600, 509)):
        assert np.array_equal(made.style_of(symbols), made.style[row])
    assert np.array_equal(voice(style=made.style[:1]).style_of(77), made.style[0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"style": np.zeros((0, 256), np.float32)}, "not float32 rows"),
        ({"style": np.zeros(256, np.float32)}, "not float32 rows"),
        ({"style": np.zeros((1, 256))}, "float64"),
        ({"style": np.full((1, 256), np.nan, np.float32)}, "no numbers"),
        ({"changes": {"x": np.array([np.inf], np.float32)}}, "no numbers"),
        ({"pace": 0.0}, "pace"),
        ({"pace": float("nan")}, "pace"),
    ],
)
def test_a_voice_that_cannot_be_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        voice(**changes)


def damaged(path: Path, kind: str) -> None:
    save_voice(path, voice())
    good = path.read_bytes()
    style = {"style": np.zeros((1, 256), np.float16)}
    facts = {"format": FORMAT, "name": "x", "base": "", "pace": "1.0", "provenance": "{}"}
    if kind == "cut short":
        path.write_bytes(good[: len(good) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        path.write_bytes(b"\x80\x04\x95" + good)
    elif kind == "header beyond the end":
        path.write_bytes(struct.pack("<Q", 1 << 40) + good[8:])
    elif kind == "huge":
        path.write_bytes(good + b"\0" * MOST_BYTES)
    elif kind == "no metadata":
        write_tensor_file(path, style)
    elif kind == "another format":
        write_tensor_file(path, style, facts | {"format": "voice-9"})
    elif kind == "no style":
        write_tensor_file(path, {"change.x": style["style"]}, facts)
    elif kind == "pace is text":
        write_tensor_file(path, style, facts | {"pace": "quick"})
    elif kind == "provenance is a list":
        write_tensor_file(path, style, facts | {"provenance": "[1]"})
    elif kind == "not finite":
        write_tensor_file(path, {"style": np.full((1, 256), np.inf, np.float16)}, facts)
    elif kind == "integers":
        header = json.dumps({"__metadata__": facts, "style": {"dtype": "I8", "shape": [1, 4], "data_offsets": [0, 4]}})
        path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0" * 4)


@pytest.mark.parametrize(
    "kind",
    [
        "cut short", "empty", "pickle", "header beyond the end", "huge", "no metadata", "another format", "no style",
        "pace is text", "provenance is a list", "not finite", "integers",
    ],
)  # fmt: skip
def test_a_damaged_file_is_an_input_error_that_names_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "voice.safetensors"
    damaged(path, kind)
    with pytest.raises(InputError, match=r"voice\.safetensors"):
        load_voice(path)


def test_a_missing_file_and_a_folder_are_input_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError):
            load_voice(path)


def test_an_unknown_stock_voice_is_named() -> None:
    with pytest.raises(UnknownNameError, match="am_adam"):
        stock_voice("am_adan")
