import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM

from audiorole.errors import ConfigError, InputError, WeightsError
from audiorole.experiments.small.codec.codec import load_codec
from audiorole.experiments.small.codec.config import CodecPlan
from audiorole.experiments.small.export import export
from audiorole.experiments.small.run import SmallOptions, SmallTraining
from audiorole.experiments.small.voice import load_network, load_parts, load_voice
from audiorole.training.backend import TRAINERS, Rights, backend_of_run, mark_run
from audiorole.training.fit.plan import FitPlan
from tests.training.glm.tiny_parts import audio, lines

from .tiny import write_base

CODEC = CodecPlan(
    size="tiny", ears="", levels=(4, 4), steps=2, rows=2, window_codes=25, crop_frames=32, perturb=(), save_every=0
)
FIT = FitPlan(rank=2, steps=2, capacity=900, packs_per_step=1, report_to="none")
RIGHTS = Rights("a synthetic cast", "CC0")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def run(base, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    return SmallTraining(SmallOptions(base=str(base)), lines(), audio, out).run(FIT, CODEC), out


def test_a_dataset_becomes_a_voice(run):
    result, out = run
    assert result.reference == f"small@{out}"
    assert (result.examples, result.dropped) == (12 + 10, {})
    assert {"show/Joe/text", "show/Lola/audio", "all/audio"} <= result.fit.perplexity.keys()
    assert json.loads((out / "small.json").read_text())["characters"] == ["show/Joe", "show/Lola"]
    assert not any("e03" in line and "#read" in line for line in (out / "examples.jsonl").read_text().splitlines())


def test_lines_are_read_aloud_at_other_speeds_too(base, tmp_path):
    options = SmallOptions(base=str(base), speeds=(2.0,))
    training = SmallTraining(options, lines(), audio, tmp_path)
    training.run(FIT, CODEC)
    examples, _ = training.examples()
    said = {example.id: example for example in examples}
    line = lines()[0].id
    slow, fast = said[f"{line}#read"], said[f"{line}#read@2.0"]
    assert fast.messages[0].speech[0].text == f"Read aloud at 2.0 times the pace: {lines()[0].text}"
    codes = training.codes([slow, fast], load_codec(tmp_path / "codec"))
    assert len(codes[f"{line}@2.0"]) == pytest.approx(len(codes[line]) / 2, abs=1)


def test_the_voice_answers_and_streams_the_same(run, monkeypatch):
    monkeypatch.setattr("audiorole.experiments.small.thinking.LONGEST_WORDS", 5)
    monkeypatch.setattr("audiorole.experiments.small.thinking.LONGEST_CODES", 120)
    monkeypatch.setattr("audiorole.experiments.small.voice.BLOCK", 2)
    _, out = run
    voice = load_voice(str(out))
    turns = [{"character": "Lola", "text": "Hi", "audio": audio("a"), "sample_rate": 16_000}]
    answers = [voice.reply(turns, "Joe", "en", seed) for seed in (0, 0, 2)]
    pieces = list(voice.stream(turns, "Joe", 0))
    assert answers[0]["sample_rate"] == voice.sample_rate == 12_000
    assert np.array_equal(answers[0]["audio"], answers[1]["audio"])
    assert not np.array_equal(answers[0]["audio"], answers[2]["audio"])
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), answers[0]["audio"])
    assert len(pieces) > 2
    assert len(answers[0]["audio"]) % 240 == 0


def test_replies_thought_at_once_are_those_thought_alone(run, monkeypatch):
    monkeypatch.setattr("audiorole.experiments.small.thinking.LONGEST_CODES", 60)
    voice = load_voice(str(run[1]))
    turns = [{"character": "Lola", "text": "Hi", "audio": audio("a"), "sample_rate": 16_000}]
    asked = [(turns, "Joe", 1), ([{**turns[0], "text": "Where were you, Joe?"}], "Joe", 2), (turns[:0], "Lola", 3)]
    for answer, (said, character, seed) in zip(voice.replies(asked), asked, strict=True):
        alone = voice.reply(said, character, "en", seed)
        assert answer["text"] == alone["text"]
        np.testing.assert_allclose(answer["audio"], alone["audio"], atol=1e-5)


def test_a_typed_turn_needs_no_sound(run, monkeypatch):
    monkeypatch.setattr("audiorole.experiments.small.thinking.LONGEST_CODES", 10)
    voice = load_voice(str(run[1]))
    assert len(
        voice.reply([{"character": "you", "text": "Hi", "audio": [], "sample_rate": 16_000}], "Joe", "", 0)["audio"]
    )


def test_untrained_is_the_run_without_what_it_learned(run):
    assert load_voice(f"{run[1]}#untrained").parts.adapter == ""
    with pytest.raises(InputError, match="#untrained"):
        load_voice(f"{run[1]}#other")


def test_a_run_goes_on_to_the_same_weights(base, tmp_path):
    options, data = SmallOptions(base=str(base)), (lines(), audio)
    sizes = {"rank": 2, "steps": 4, "capacity": 900, "packs_per_step": 1}
    halves = FitPlan(save_every=2, keep=9, audio_hidden=0.3, report_to="none", **sizes)
    whole = SmallTraining(options, *data, tmp_path / "whole").run(halves, CODEC)
    again = SmallTraining(options, *data, tmp_path / "again")
    again.run(halves, CODEC)
    shutil.rmtree(tmp_path / "again/fit/checkpoint-000004")  # as if it had been stopped after step 2
    again.run(halves, CODEC)
    first, second = (
        folder / "fit/checkpoint-000004/adapter_model.safetensors"
        for folder in (tmp_path / "whole", tmp_path / "again")
    )
    assert first.read_bytes() == second.read_bytes()
    assert whole.fit.steps == 4


def test_an_exported_network_is_base_plus_what_was_learned(run, tmp_path):
    _, out = run
    card = export(out, tmp_path / "model", "native", RIGHTS).read_text()
    merged = LlamaForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    own = load_network(out, load_parts(out), (4, 4))
    ids = torch.randint(0, 258 + 2 + 16, (1, 40), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(merged(ids).logits, own(ids).logits, rtol=1e-4, atol=1e-4)
    assert "a synthetic cast" in card
    assert "Answer as {character} would" in card
    assert (tmp_path / "model/codec/codec.safetensors").is_file()


def test_other_methods_forms_and_folders_are_refused(run, base, tmp_path):
    with pytest.raises(ConfigError, match="'lora'"):
        SmallTraining(SmallOptions(base=str(base)), lines(), audio, tmp_path).run(FitPlan(method="full"), CODEC)
    with pytest.raises(ConfigError, match="not one of adapter, native"):
        export(run[1], tmp_path / "x", "published", RIGHTS)
    with pytest.raises(InputError, match=r"small\.json"):
        load_voice(str(tmp_path))


def test_backends_are_found_by_name_and_by_run(tmp_path):
    assert TRAINERS.names() == ["glm-4-voice", "small"]
    assert TRAINERS.load("small")().tables == ("train", "codec", "fit")
    mark_run(tmp_path, "small")
    assert backend_of_run(tmp_path) == "small"
    with pytest.raises(ConfigError, match="made by backend 'small'"):
        mark_run(tmp_path, "glm-4-voice")


def test_every_weight_that_is_not_there_is_said_before_any_work(base, tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path / "home"))
    plan = dataclasses.replace(CODEC, ears="whisper-base")
    for options, names in (
        (SmallOptions(), "smollm2-135m-instruct-q4_1.gguf whisper-base"),
        (SmallOptions(base=str(base)), "whisper-base"),
    ):
        with pytest.raises(WeightsError, match=f"Run: audiorole models pull {names}$"):
            SmallTraining(options, lines(), audio, tmp_path / "out").run(FIT, plan)
        assert list((tmp_path / "out").iterdir()) == []
