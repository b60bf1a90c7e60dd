"""Two shows with a Joe and a Lola each, learned by one voice: four people."""

from __future__ import annotations

import json

import msgspec
import pytest

from audiorole.errors import AmbiguousCharacterError
from audiorole.experiments.small.codec.codec import load_codec
from audiorole.experiments.small.run import SmallOptions, SmallTraining
from audiorole.experiments.small.voice import load_voice
from tests.training.glm.tiny_parts import audio, lines

from .test_run import CODEC, FIT
from .tiny import write_base


def both():
    return [*lines(), *(msgspec.structs.replace(line, id="other" + line.id[4:]) for line in lines())]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base"))


def test_each_has_a_persona_a_voice_and_examples_of_its_own(base, tmp_path):
    SmallTraining(SmallOptions(base=str(base)), both(), audio, tmp_path).run(FIT, CODEC)
    examples = [json.loads(row) for row in (tmp_path / "examples.jsonl").read_text().splitlines()]
    four = ["other/Joe", "other/Lola", "show/Joe", "show/Lola"]
    assert sorted({example["character"] for example in examples}) == four
    for example in examples:
        series, _, name = example["character"].partition("/")
        assert example["id"].startswith(f"{series}/")
        assert example["persona"].startswith(f"You are {name} from {series}.")
    assert sorted(load_codec(tmp_path / "codec").config.speakers) == four
    voice = load_voice(str(tmp_path))
    assert voice.characters == four
    turns = [{"character": "you", "text": "Hi", "audio": [], "sample_rate": 16_000}]
    told = [voice._chat.tokenizer.decode(voice._prompt(turns, who)) for who in ("other/Joe", "show/Joe")]
    assert told[0] != told[1]


def test_one_of_them_is_taught_alone(base, tmp_path):
    examples, _ = SmallTraining(
        SmallOptions(base=str(base), characters=("other/Joe",)), both(), audio, tmp_path
    ).examples()
    assert {example.character for example in examples} == {"other/Joe"}
    with pytest.raises(AmbiguousCharacterError, match=r"other/Joe, show/Joe\."):
        SmallTraining(SmallOptions(base=str(base), characters=("Joe",)), both(), audio, tmp_path).examples()
