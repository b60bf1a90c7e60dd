"""A run's examples in the published model's tokens: the published tokenizer gives back every id, 13 and 26 in turn."""

from __future__ import annotations

import json
import re

import pytest

from audiorole.errors import InputError
from audiorole.training.backend import Rights
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.export import export
from audiorole.training.glm.run import GlmTraining, read_options
from audiorole.training.glm.text_tokenizer import load_tokenizer
from audiorole.training.glm.token_rows import rendered, write_token_rows
from audiorole.training.tokens.interleave import separate

from .tiny_parts import audio, lines, write_parts

RIGHTS = Rights("our own voices", "ours")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    parts = write_parts(tmp_path_factory.mktemp("parts"))
    out = tmp_path_factory.mktemp("run") / "out"
    options = read_options({"weights": parts / "base", "speech_tokenizer": parts / "ears"})
    plan = FitPlan(rank=2, steps=1, capacity=400, packs_per_step=1, report_to="none")
    GlmTraining(options, lines(), audio, out).run(plan)
    return parts, out


@pytest.fixture(scope="module")
def rows(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "tokens"
    export(trained[1], folder, "tokens", RIGHTS)
    return {path.stem: [json.loads(row) for row in path.read_text().splitlines()] for path in folder.glob("*.jsonl")}


def test_the_tokenizer_gives_back_every_token(trained, rows):
    tokenizer = load_tokenizer(trained[0] / "base")
    count = 0
    for own in rows.values():
        for row in own:
            again = tokenizer.encode(rendered(row["messages"]), add_special_tokens=False).ids
            assert again == row["input_ids"]
            assert len(row["labels"]) == len(row["input_ids"])
            learned = [label for label in row["labels"] if label != -100]
            assert learned
            assert row["input_ids"][-len(learned) :] == learned
            count += 1
    assert count == 12
    assert set(rows) == {"train", "validation"}


def test_text_and_sound_take_turns_of_13_and_26(trained, rows):
    tokenizer = load_tokenizer(trained[0] / "base")
    first = tokenizer.token_to_id("<|audio_0|>")
    for row in (row for own in rows.values() for row in own):
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]
        assert re.fullmatch(
            r"(<\|begin_of_audio\|>(<\|audio_\d+\|>)*<\|end_of_audio\|>)+", row["messages"][1]["content"]
        )
        reply = [label for label in row["labels"] if label != -100][:-1]
        text, sound = separate(reply, first)
        runs = [len(run) for run in re.findall(r"t+|a+", "".join("a" if token >= first else "t" for token in reply))]
        whole = min(len(text) // 13, len(sound) // 26)
        assert runs[: 2 * whole] == [13, 26] * whole if whole and len(text) % 13 else True
        assert "13 text token followed by 26 audio tokens" in row["messages"][0]["content"]


def test_a_folder_that_is_no_run_is_one_sentence(trained, tmp_path):
    with pytest.raises(InputError, match="finished training run"):
        write_token_rows(tmp_path, trained[0] / "base", tmp_path)


def test_an_adapter_names_the_published_base_and_no_folder_of_ours(trained, tmp_path):
    card = export(trained[1], tmp_path / "adapter", "adapter", Rights("me/lines", "ours")).read_text()
    assert card.startswith('---\nbase_model:\n- "zai-org/glm-4-voice-9b"\nlibrary_name: peft\n')
    assert 'datasets:\n- "me/lines"' in card
    assert "pipeline_tag: audio-to-audio" in card
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "zai-org/glm-4-voice-9b"
