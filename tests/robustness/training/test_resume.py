"""A resume that is refused changes no file; one that is right goes on."""

import dataclasses
import shutil

import msgspec
import numpy as np
import pytest

from audiorole.errors import ConfigError
from audiorole.training.backend import mark_run
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.tokens.token_cache import TokenCache
from tests.training.glm.tiny_parts import audio, lines

from .conftest import PLAN, everything


def other_names():
    return [
        msgspec.structs.replace(line, naming=msgspec.structs.replace(line.naming, character=f"{line.character}y"))
        for line in lines()
    ]


def other_words():
    return [msgspec.structs.replace(line, text=line.text.upper()) for line in lines()]


def louder(line):
    return 2 * audio(line)


def one_louder(line):
    return 2 * audio(line) if line.endswith("s01e02/u00003") else audio(line)


OTHERS = {
    "another plan": ({}, {"learning_rate": 5e-4}, "another plan"),
    "more steps": ({}, {"steps": 9}, "another plan"),
    "other characters": ({"characters": ("Joe",)}, {}, "other data"),
    "other names": ({"taught": other_names()}, {}, "other data"),
    "other words": ({"taught": other_words()}, {}, "other data"),
    "fewer lines": ({"taught": lines()[:7]}, {}, "other data"),
    "another persona": ({"persona": "You are {character}."}, {}, "other data"),
    "other sound": ({"sound": louder}, {}, "another sound"),
    "other sound of one line": ({"sound": one_louder}, {}, "another sound"),
}


@pytest.fixture(scope="module")
def finished(parts, tmp_path_factory):
    """A folder in which a run has finished; every test gets a copy."""
    from audiorole.training.glm.run import GlmTraining, read_options

    out = tmp_path_factory.mktemp("finished") / "out"
    options = read_options({"weights": parts / "base", "speech_tokenizer": parts / "ears"})
    GlmTraining(options, lines(), audio, out).run(PLAN)
    return out


@pytest.fixture
def out(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "out")


@pytest.mark.parametrize("name", OTHERS)
def test_a_refused_resume_changes_no_file(out, training, name):
    made, plan, said = OTHERS[name]
    before = everything(out)
    with pytest.raises(ConfigError, match=said):
        training(**made).run(dataclasses.replace(PLAN, **plan))
    assert everything(out) == before


def test_a_run_of_an_earlier_version_keeps_its_examples(out, training):
    (out / "fit" / "claim.json").unlink()
    (out / "tokens" / "lines.keys").unlink()
    examples = (out / "examples.jsonl").read_bytes()
    with pytest.raises(ConfigError, match="another plan or other data"):
        training(taught=other_names()).run(PLAN)
    assert (out / "examples.jsonl").read_bytes() == examples


def test_another_backend_is_refused_and_writes_nothing(out):
    mark_run(out, "glm-4-voice")
    before = everything(out)
    mark_run(out, "glm-4-voice")
    with pytest.raises(ConfigError, match="was made with base"):
        mark_run(out, "talker")
    assert everything(out) == before


def test_the_same_run_goes_on(out, training):
    first = {path.name: (path / "adapter_model.safetensors").read_bytes() for path in checkpoints(out / "fit")}
    shutil.rmtree(checkpoints(out / "fit")[-1])
    training().run(PLAN)
    again = {path.name: (path / "adapter_model.safetensors").read_bytes() for path in checkpoints(out / "fit")}
    assert again == first


def test_before_the_first_checkpoint_a_run_may_be_changed(training, tmp_path):
    training().run(dataclasses.replace(PLAN, steps=1, save_every=0))
    for checkpoint in checkpoints(tmp_path / "out" / "fit"):
        shutil.rmtree(checkpoint)
    training(taught=other_words()).run(dataclasses.replace(PLAN, steps=1, save_every=0))
    assert b"WORDS" in (tmp_path / "out" / "examples.jsonl").read_bytes()


@pytest.mark.parametrize("suffix", [".u16", ".json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damaged_codes_are_found_again(out, training, suffix, damage):
    (shard,) = (out / "tokens").glob(f"*{suffix}")
    whole = {path.name: path.read_bytes() for path in (out / "tokens").iterdir()}
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 4
    shard.write_bytes(bytes(data[: len(data) // 2] if damage == "cut" else data))
    if damage == "gone":
        shard.unlink()
    made = training()
    codes = made.codes(made.examples()[0])
    assert {path.name: path.read_bytes() for path in (out / "tokens").iterdir()} == whole
    assert all(isinstance(code, np.ndarray) and len(code) == 7 for code in codes.values())
    assert len(TokenCache(out / "tokens")) > 0, "the next run would find them again"


@pytest.mark.parametrize("ended", [True, False])
def test_what_a_killed_run_left_of_checkpoints_goes_and_nothing_else(out, training, ended):
    last = checkpoints(out / "fit")[-1]
    before = {path.name for path in (out / "fit").glob("checkpoint-*")}
    for name in ("checkpoint-000001", "checkpoint-000003.tmp"):  # half removed, and half written
        shutil.copytree(last, out / "fit" / name)
        (out / "fit" / name / "state.json").unlink()
    for name in ("checkpoint-mine", "checkpoint-000001.bak"):
        (out / "fit" / name).mkdir()
    if not ended:
        shutil.rmtree(last)
    training().run(PLAN)
    assert {path.name for path in (out / "fit").glob("checkpoint-*")} == before | {
        "checkpoint-mine",
        "checkpoint-000001.bak",
    }
