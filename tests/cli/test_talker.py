"""The way of `make speak` on tiny random weights: train, a dry run, an answer to hear, rights before an export."""

from __future__ import annotations

import re

import pytest

from audiorole.testing.series import write_series

pytest.importorskip("torch")
pytest.importorskip("inflect")

import soundfile

from tests.training.thinker.tiny import without_weights, write_base

# peft 0.21 asks transformers 5.23 for a name that the latter calls deprecated; neither is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

FIT = ("fit.rank=2", "fit.steps=2", "fit.capacity=1500", "fit.packs_per_step=1", "fit.report_to=none")


@pytest.fixture
def dataset(tmp_path, shell):
    write_series(tmp_path / "in")
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    return tmp_path / "out" / "dataset"


@pytest.fixture
def train(tmp_path, shell, dataset, monkeypatch):
    base = write_base(tmp_path / "base")

    def run(*words):
        given = (*FIT, f"train.text_model={base}", "train.held_out=test", "train.most=2")
        settings = [word for setting in given for word in ("--set", setting)]
        return shell("train", dataset, "--out", tmp_path / "run", *settings, *words)

    with without_weights(monkeypatch):
        yield run


def test_a_dataset_becomes_a_character_that_answers_aloud(shell, train, tmp_path):
    run = tmp_path / "run"
    assert train("--dry-run") == 0
    assert "Taught: " in shell.said
    assert re.search(r"Voices: \d+ in \d+ steps each: about .+ (of one core|on one GPU)\.", shell.said)
    assert "steps" in shell.said
    assert not run.exists()
    assert train() == 0, shell.complained
    assert f"audiorole chat --system talker@{run}" in shell.said
    assert shell("chat", "--system", run, "--say", "Is it morning already?", "--out", tmp_path / "a.wav") == 0
    with soundfile.SoundFile(tmp_path / "a.wav") as sound:
        assert sound.samplerate == 24_000
        assert "synthetic speech" in sound.comment
    assert shell("chat", "--system", f"talker@{run}#untrained", "--say", "Well?", "--character", "Nobody") == 2
    assert "Nobody" in shell.complained
    assert shell("export", run, "--as", "voices", "--out", tmp_path / "voices") == 2
    assert "rights.toml" in shell.complained
    rights = ("--source", "tones", "--licence", "CC0", "--permission", "synthetic")
    assert shell("export", run, "--as", "voices", "--out", tmp_path / "voices", *rights) == 0
    assert "tones" in (tmp_path / "voices" / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--backend", "glm-4-voice"), "--backend is --base now"),
        (("--base", "small"), "'talker' took its place"),
        (("--base", "models/glm"), "--base glm-4-voice --weights models/glm"),
        (("--base", "talkr"), "Did you mean 'talker'"),
        (("--set", "train.steps=3"), "[train] has no field 'steps'"),
        (("--set", "codec.steps=3"), "has no table [codec]"),
    ],
)
def test_a_wrong_word_answers_with_the_right_one(shell, train, words, said):
    assert train(*words) == 2
    assert said in shell.complained
