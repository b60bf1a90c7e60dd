"""Names that fold to one folder are told apart; what is passed on tells nothing of this machine's folders."""

import dataclasses
import json

import msgspec
import pytest

from audiorole.core.folder_names import folder_names
from audiorole.training.backend import Rights
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.glm.export import export
from audiorole.training.glm.run import GlmTraining, read_options
from tests.training.glm.tiny_parts import audio, lines

from .conftest import PLAN

TWINS = [
    ("Dr. Lee", "Dr Lee"),
    ("Dr. Lee", "Dr Lee", "Dr_Lee", "Dr.  Lee"),
    ("LEE", "Lee", "lee"),
    ("Jos\u00e9", "Jose\u0301"),
    ("?", "!", "..", "/"),
    ("a/b", "a\\b", "a b"),
    ("x" * 300, "x" * 301),
    ("straße", "strasse"),
]


@pytest.mark.parametrize("names", TWINS)
def test_twins_are_told_apart(names):
    found = folder_names(names)
    assert list(found) == list(names)
    assert len({folder.casefold() for folder in found.values()}) == len(names)
    for folder in found.values():
        assert folder not in ("", ".", "..")
        assert "/" not in folder
        assert len(folder.encode()) <= 255
    assert folder_names(reversed(names)) == found


def test_names_of_their_own_stay_as_they_are():
    assert folder_names(["Joe", "Captain Hook", "李"]) == {"Joe": "Joe", "Captain Hook": "Captain_Hook", "李": "李"}


def named(first, second):
    names = {"Joe": first, "Lola": second}
    return [
        msgspec.structs.replace(line, naming=msgspec.structs.replace(line.naming, character=names[line.character]))
        for line in lines()
    ]


@pytest.fixture(scope="module")
def doctors(parts, tmp_path_factory):
    """A finished run with two characters whose names fold to one."""
    out = tmp_path_factory.mktemp("doctors") / "out"
    options = {"weights": parts / "base", "speech_tokenizer": parts / "ears", "decoder": parts / "decoder"}
    training = GlmTraining(read_options(options), named("Dr. Lee", "Dr Lee"), audio, out)
    training.run(dataclasses.replace(PLAN, steps=1, report_to="none"), DecoderPlan(steps=1, save_every=0))
    return out


def test_two_doctors_have_two_voices(doctors):
    flows = json.loads((doctors / "voice.json").read_text())["flows"]
    assert set(flows) == {"show/Dr. Lee", "show/Dr Lee"}
    assert len(set(flows.values())) == 2
    fitted = {(doctors / flow / "flow.safetensors").read_bytes() for flow in flows.values()}
    assert len(fitted) == 2, "one voice for both"


def tells(folder, *places):
    """Return the files below `folder` that tell one of these places."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 3
    return [path for path in files for place in places if str(place).encode() in path.read_bytes()]


@pytest.mark.parametrize("form", ["adapter", "native", "published"])
def test_no_exported_file_tells_a_path_of_this_machine(doctors, parts, tmp_path, form):
    export(doctors, tmp_path / "model", form, Rights("a synthetic cast", "CC0"))
    assert tells(tmp_path / "model", doctors.parent, parts, tmp_path) == []
    voices = json.loads((tmp_path / "model" / "voices" / "voices.json").read_text())
    assert len(set(voices.values())) == 2
    if form == "adapter":
        settings = json.loads((tmp_path / "model" / "adapter_config.json").read_text())
        assert settings["base_model_name_or_path"] == "zai-org/glm-4-voice-9b"


def test_no_file_of_a_checkpoint_tells_a_path_of_this_machine(doctors, parts):
    (checkpoint,) = checkpoints(doctors / "fit")
    assert tells(checkpoint, doctors.parent, parts) == []
