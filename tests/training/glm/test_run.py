import json

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import GlmForCausalLM

import audiorole
from audiorole.errors import ConfigError, InputError
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.dialogues.windows import window_dialogues
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.convert import convert_to_native
from audiorole.training.glm.export import Rights, export
from audiorole.training.glm.run import GlmTraining, read_options
from audiorole.training.glm.voice import load_voice, sample

from .tiny_parts import audio, lines, write_parts

PLAN = FitPlan(rank=2, steps=2, capacity=400, packs_per_step=1, report_to="none")
VOICES = DecoderPlan(steps=1, save_every=0)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return write_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def run(parts, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    options = read_options(
        {"weights": parts / "base", "speech_tokenizer": parts / "ears", "decoder": parts / "decoder"}
    )
    return GlmTraining(options, lines(), audio, out).run(PLAN, VOICES), out


def test_a_dataset_becomes_a_voice(run):
    result, out = run
    assert result.reference == f"glm-4-voice@{out}"
    assert (result.examples, result.dropped) == (12, {})
    assert {"show/Joe/text", "show/Lola/audio", "all/audio"} <= result.fit.perplexity.keys()
    assert sorted(path.name for path in (out / "flows").iterdir()) == ["show_Joe", "show_Lola"]
    assert len((out / "examples.jsonl").read_text().splitlines()) == 12
    assert json.loads((out / "voice.json").read_text())["flows"]["show/Joe"] == "flows/show_Joe"


def test_the_public_face_lets_a_trained_run_answer_what_was_typed(run, monkeypatch):
    from audiorole.training.glm import voice as module

    monkeypatch.setattr(module, "LONGEST_REPLY", 30)
    voice = audiorole.load_voice(run[0].reference)
    reply = voice.reply("Where is the airport?", "Joe", before=[("Lola", "Hello."), ("Joe", "Yes?")], seed=1)
    assert (reply.sample_rate, reply.samples.dtype) == (22_050, np.float32)
    assert (
        voice.reply("Where is the airport?", "Joe", before=[("Lola", "Hello."), ("Joe", "Yes?")], seed=1).text
        == reply.text
    )


def test_the_voice_answers_and_streams_the_same(run):
    _, out = run
    voice = load_voice(str(out))
    turns = [{"character": "Lola", "text": "Hi", "audio": audio("a"), "sample_rate": 16_000}]
    from audiorole.training.glm import voice as module

    module.LONGEST_REPLY, longest = 60, module.LONGEST_REPLY
    try:
        answers = [voice.reply(turns, "Joe", "en", seed) for seed in (1, 1, 2)]
        pieces = list(voice.stream(turns, "Joe", 1))
    finally:
        module.LONGEST_REPLY = longest
    assert answers[0]["sample_rate"] == 22_050
    assert np.array_equal(answers[0]["audio"], answers[1]["audio"])
    assert not np.array_equal(answers[0]["audio"], answers[2]["audio"])
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), answers[0]["audio"])


def test_tokens_are_found_once(run, parts):
    _, out = run
    calls = []

    def counted(line):
        calls.append(line)
        return audio(line)

    options = read_options({"weights": parts / "base", "speech_tokenizer": parts / "ears"})
    again = GlmTraining(options, lines(), counted, out)
    before = sorted((out / "tokens").glob("*.u16"))
    codes = again.codes(again.examples()[0])
    assert sorted((out / "tokens").glob("*.u16")) == before
    assert {len(code) for code in codes.values()} == {7}


def test_unknown_characters_and_fields_are_refused(parts, tmp_path):
    table = {"weights": parts / "base", "speech_tokenizer": parts / "ears"}
    with pytest.raises(ConfigError, match="No dialogue to train on"):
        GlmTraining(read_options(table | {"characters": ("Nobody",)}), lines(), audio, tmp_path).run(PLAN)
    with pytest.raises(ConfigError, match="no field 'bass'"):
        read_options(table | {"bass": "x"})
    with pytest.raises(ConfigError, match="weights"):
        read_options({"speech_tokenizer": "x"})


def test_a_folder_without_a_voice_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"voice\.json"):
        load_voice(str(tmp_path))


def test_every_turn_but_the_first_is_a_target_once():
    dialogues = list(window_dialogues(lines(), context_turns=2))
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues) == 12
    assert [len(dialogue.turns) for dialogue in dialogues[:4]] == [2, 3, 3, 3]
    assert all(len({line.rpartition("/")[0] for t in d.turns for line in t.utterances}) == 1 for d in dialogues)


def test_sampling_keeps_to_the_likeliest():
    logits = torch.tensor([0.0, 5.0, 4.9, -3.0])
    drawn = {sample(logits, torch.Generator().manual_seed(seed), 1.0, 0.9) for seed in range(40)}
    assert drawn == {1, 2}
    assert sample(logits, torch.Generator().manual_seed(0), 0.001, 0.5) == 1


RIGHTS = Rights("a synthetic cast", "CC0")


@pytest.mark.parametrize("form", ["native", "published"])
def test_an_exported_network_is_base_plus_adapter(run, parts, tmp_path, form):
    _, out = run
    export(out, tmp_path / "model", form, RIGHTS)
    if form == "published":
        convert_to_native(tmp_path / "model", tmp_path / "native")
    merged = GlmForCausalLM.from_pretrained(tmp_path / ("native" if form == "published" else "model"))
    adapted = PeftModel.from_pretrained(GlmForCausalLM.from_pretrained(out / "base"), checkpoints(out / "fit")[-1])
    ids = torch.arange(20)[None]
    with torch.inference_mode():
        torch.testing.assert_close(merged(ids).logits, adapted(ids).logits, rtol=1e-4, atol=1e-4)
    assert (tmp_path / "model/tokenizer.json").is_file()
    assert (tmp_path / "model/voices/show_Joe/flow.safetensors").is_file()


def test_an_exported_adapter_comes_with_its_card(run, tmp_path):
    _, out = run
    card = export(out, tmp_path / "model", "adapter", RIGHTS).read_text()
    assert {"adapter_model.safetensors", "adapter_config.json", "voices", "README.md"} == {
        path.name for path in (tmp_path / "model").iterdir()
    }
    assert "Speaks as Joe, Lola." in card
    assert "a synthetic cast" in card
    assert "| rank | 2 |" in card


@pytest.mark.parametrize(
    ("form", "rights", "message"), [("onnx", RIGHTS, "not one of"), ("native", Rights(" ", "CC0"), "where the speech")]
)
def test_an_export_that_cannot_be_is_refused(run, tmp_path, form, rights, message):
    with pytest.raises(ConfigError, match=message):
        export(run[1], tmp_path / "model", form, rights)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("absent", [["weights"], ["decoder"], ["speech-tokenizer", "decoder"]])
def test_every_part_that_is_not_there_is_said_before_any_work(parts, tmp_path, absent):
    given = {"weights": parts / "base", "speech-tokenizer": parts / "ears", "decoder": parts / "decoder"}
    given |= {name: tmp_path / name for name in absent}
    options = read_options({name.replace("-", "_"): path for name, path in given.items()})
    with pytest.raises(ConfigError) as raised:
        GlmTraining(options, lines(), audio, tmp_path / "out").run(PLAN, VOICES)
    assert str(raised.value).endswith(" ".join(f"--{name} FOLDER" for name in absent))
    assert all(str(tmp_path / name) in str(raised.value) for name in absent)
    assert list((tmp_path / "out").iterdir()) == []
