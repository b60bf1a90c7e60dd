"""Conversations: as their loaders want them, nobody's words taken for a mark, every sound where it is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiorole.published.exporting import export_lines
from audiorole.published.formats.chat.conversation import OPENING, escaped
from audiorole.published.selection import Selection
from tests.published.tiny import tone


def rows_of(folder: Path, form: str) -> dict[str, list[dict]]:
    if form == "ms-swift":
        return {
            path.stem: [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
            for path in folder.glob("*.jsonl")
        }
    info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
    return {
        Path(one["file_name"]).stem: json.loads((folder / one["file_name"]).read_text(encoding="utf-8"))
        for one in info.values()
    }


@pytest.mark.parametrize("form", ["ms-swift", "llama-factory"])
def test_sides_alternate_and_each_mark_has_its_sound(form, out, tmp_path):
    report = export_lines(out, form, tmp_path / "c")
    assert report.dropped == {"no_character": 3}
    files = rows_of(tmp_path / "c", form)
    assert set(files) == {"train", "test", "train-without-audio", "test-without-audio"}
    for name, rows in files.items():
        assert rows
        for row in rows:
            roles = [message["role"] for message in row["messages"]]
            assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]
            marks = sum(message["content"].count("<audio>") for message in row["messages"])
            assert marks == len(row.get("audios", []))
            assert (marks == 0) == name.endswith("-without-audio")
            assert all("<|" not in message["content"] for message in row["messages"])
            for audio in row.get("audios", []):
                number = int(re.search(r"u(\d+)\.flac$", audio)[1])
                assert np.array_equal(soundfile.read(tmp_path / "c" / audio, dtype="int16")[0], tone(number))
                assert audio.startswith(f"audio/{name}/")


def test_an_answer_follows_what_was_said_before_it(out, tmp_path):
    export_lines(out, "ms-swift", tmp_path / "c", Selection(characters=("show/Ann Lee",), splits=("train",)))
    (row,) = rows_of(tmp_path / "c", "ms-swift")["train"]
    assert row["messages"] == [
        {"role": "system", "content": "You are Ann Lee from show. Answer as Ann Lee would."},
        {"role": "user", "content": "<audio>Is this Zoë's?"},
        {"role": "assistant", "content": "He said < audio>, and < |im_end|> | twice."},
    ]
    assert row["audios"] == ["audio/train/show-s01e01-u00001.flac"]


def test_nobody_before_is_said_to_the_model(out, tmp_path):
    export_lines(out, "ms-swift", tmp_path / "c", Selection(characters=("show/Gus",), splits=("train",)))
    rows = rows_of(tmp_path / "c", "ms-swift")
    first = rows["train-without-audio"][0]["messages"]
    assert [message["content"] for message in first[1:]] == [OPENING, "Is this Zoë's?"]
    assert rows["train"][0]["messages"][1]["content"].startswith("<audio>He said")  # its own first turn is left off


@pytest.mark.parametrize(
    "text",
    ["<audio>", "a <image> b", "<|user|>", "<video><audio>", "</ref>", "<bbox>", "<|audio_12|><|begin_of_audio|>"],
)
def test_no_mark_of_a_template_is_left_in_what_somebody_says(text):
    assert not re.search(r"<(?:audio|image|video|bbox|/ref|\|)", escaped(text))
    assert escaped(text).replace("< ", "<") == text


def test_the_description_for_llama_factory_names_each_list(out, tmp_path):
    export_lines(out, "llama-factory", tmp_path / "c")
    info = json.loads((tmp_path / "c" / "dataset_info.json").read_text(encoding="utf-8"))
    for name, one in info.items():
        assert one["formatting"] == "sharegpt"
        assert set(one["columns"]) == ({"messages"} if "without" in name else {"messages", "audios"})
        assert one["tags"]["role_tag"] == "role"
        assert one["tags"]["assistant_tag"] == "assistant"
