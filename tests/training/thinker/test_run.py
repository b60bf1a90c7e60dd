"""A dataset becomes characters that think and speak: training, the run folder, replies, export."""

import dataclasses
import json
import shutil
import threading

import numpy as np
import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.models.talker.voice import load_voice as read_voice
from audiorole.training.backend import DEFAULT, TRAINERS, Rights, backend_of_run
from audiorole.training.fit.finite import NotFiniteError
from audiorole.training.thinker.cast import load_cast
from audiorole.training.thinker.export import export
from audiorole.training.thinker.parts import read_parts

from .tiny import FIT, RIGHTS, phonemes, train, typed, without_weights, write_base


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def run(base, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, without_weights(patch):
        out = tmp_path_factory.mktemp("run") / "out"
        return train(base, out), out


@pytest.fixture
def tiny(monkeypatch):
    with without_weights(monkeypatch):
        yield


def asked(text="Hello there."):
    return [typed("show/Lola", "Who is it?"), typed("show/Joe", "Me."), typed("you", text)]


def test_a_dataset_becomes_a_cast(run):
    result, out = run
    assert result.reference == f"talker@{out}"
    assert {"show/Joe/text", "show/Lola/text", "all/text"} <= result.fit.perplexity.keys()
    parts = read_parts(out)
    assert list(parts.cards) == ["show/Joe", "show/Lola"] == list(parts.voices)
    assert read_voice(out / parts.voices["show/Joe"]).name == "show/Joe"
    assert parts.cards["show/Joe"].knows == ("Lola",)
    learned = [json.loads(line) for line in (out / "examples.jsonl").read_text().splitlines()]
    assert all("You are" in one["persona"] for one in learned)
    assert not any("/e03" in one["episode"] or one["split"] == "test" for one in learned)
    assert (out / "rights.toml").is_file()
    card = (out / "README.md").read_text()
    assert "not to be passed on" not in card
    assert "15 lines, SHA-256" in card
    assert "| Lola | began with af_heart, lines 7 |" in card


def test_every_target_is_learned_once(run, base, tmp_path):
    from audiorole.training.thinker.options import TalkerOptions
    from audiorole.training.thinker.run import TalkerTraining
    from tests.training.glm.tiny_parts import audio, lines

    made = TalkerTraining(TalkerOptions(text_model=str(base), context_turns=1), lines(), audio, tmp_path)
    examples, _ = made.examples()
    targets = [
        (example.character, line)
        for example in examples
        for place in made._taught[example.id]
        for part in example.messages[place].speech
        for line in part.utterances
    ]
    assert len(targets) == len(set(targets))
    documents = made.documents(examples, 2000, [])
    assert sum((document.labels >= 0).sum() for document in documents.train) > 50


def test_a_stopped_run_goes_on_to_the_same_bytes(base, tmp_path, tiny):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(base, whole)
    train(base, parts)
    newest = sorted((parts / "fit").glob("checkpoint-*"))[-1]
    shutil.rmtree(newest)
    (parts / "talker.json").unlink()
    train(base, parts)
    for name in ("talker.json", "examples.jsonl", f"fit/{newest.name}/adapter_model.safetensors"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name


def test_another_plan_is_refused(run, base, tiny):
    with pytest.raises(ConfigError, match="another plan"):
        train(base, run[1], dataclasses.replace(FIT, rank=3))


def test_a_loss_that_is_no_number_ends_the_run(base, tmp_path, tiny):
    with pytest.raises(NotFiniteError):
        train(base, tmp_path / "run", dataclasses.replace(FIT, learning_rate=1e30, steps=8, max_grad_norm=1e30))
    assert not (tmp_path / "run" / "talker.json").exists()


@pytest.mark.parametrize("form", ["", "#untrained", "#one-shot", "#greedy", "#untrained+greedy"])
def test_every_form_answers_sentence_by_sentence(run, tiny, form):
    cast = load_cast(f"{run[1]}{form}")
    assert cast.characters == ["show/Joe", "show/Lola"]
    assert cast.sample_rate == 24_000
    pieces = list(cast.stream(asked(), "show/Joe", 1))
    reply = cast.reply(asked(), "show/Joe", "en", 1)
    again = load_cast(f"{run[1]}{form}").reply(asked(), "show/Joe", "en", 1)
    if reply is None:  # nothing that can be said: letters of a random model
        assert again is None
        return
    assert reply["text"] == again["text"]
    assert np.array_equal(reply["audio"], again["audio"])
    said = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in pieces)])
    assert said.dtype == np.float32
    assert abs(len(said) - len(reply["audio"])) < 0.1 * reply["sample_rate"]
    assert " ".join(piece.text for piece in pieces).split()[:2] == reply["text"].split()[:2]


def test_a_reply_does_not_depend_on_its_company(run, tiny):
    cast = load_cast(str(run[1]))
    requests = [(asked(), "show/Joe", 1), (asked("A much longer question, is it not?"), "show/Lola", 2)]
    together = cast.replies(requests)
    alone = [cast.replies([one])[0] for one in requests]
    assert [one["text"] for one in together] == [one["text"] for one in alone]
    greedy = load_cast(f"{run[1]}#greedy")
    assert greedy.replies(requests)[0]["text"] == greedy.replies([requests[0]])[0]["text"]


def test_a_text_is_said_in_a_characters_voice(run, tiny):
    cast = load_cast(str(run[1]))
    first, second = list(cast.say("Dr. Lee is here. Who are you?", "show/Joe"))
    assert (first.text, second.text) == ("Dr. Lee is here.", "Who are you?")
    assert len(first.samples) > 1000
    assert not np.array_equal(first.samples, next(cast.say("Dr. Lee is here.", "show/Lola")).samples)
    assert list(cast.say("…", "show/Joe")) == []


@pytest.mark.parametrize(
    ("thought", "first", "rest"),
    [
        ("I would take the boat, but it sank. Sorry.", "I would take the boat,", ["but it sank.", "Sorry."]),
        ("No, it sank. We swam, all of us.", "No, it sank.", ["We swam, all of us."]),
        ("Then we wait here", "Then we wait here", []),
        ('"Take the boat," he said. Who?', '"Take the boat,"', ["he said.", "Who?"]),
    ],
)
def test_the_first_clause_is_said_before_the_sentence_is_whole(run, tiny, monkeypatch, thought, first, rest):
    cast, heard = load_cast(str(run[1])), threading.Event()

    def growing(*asked):
        for end in range(1, len(thought) + 1):
            assert not rest or end <= len(first) + 2 or heard.wait(60), "nothing was said before the sentence was whole"
            yield thought[:end]

    monkeypatch.setattr(cast, "_growing", growing)
    stream = cast.stream(asked(), "show/Joe", 1)
    assert next(stream).text == first
    heard.set()
    assert [piece.text for piece in stream if piece.text] == rest


def test_the_second_sentence_is_thought_while_the_first_is_said(run, tiny, monkeypatch):
    cast, thought = load_cast(str(run[1])), threading.Event()

    def growing(*asked):
        yield "One."
        yield "One. Two."
        thought.set()

    monkeypatch.setattr(cast, "_growing", growing)
    stream = cast.stream(asked(), "show/Joe", 1)
    assert next(stream).text == "One."
    assert thought.wait(60)
    assert [piece.text for piece in stream if piece.text] == ["Two."]


def test_what_wakes_a_cast_is_what_its_first_answer_needs(run, tiny):
    cast = load_cast(str(run[1]))
    cast.wake()
    assert list(cast._openings) == cast.characters
    before = [piece.text for piece in cast.stream(asked(), "show/Joe", 1)]
    assert before == [piece.text for piece in load_cast(str(run[1])).stream(asked(), "show/Joe", 1)]


def test_a_reply_that_is_given_up_leaves_nothing_held(run, tiny):
    cast = load_cast(str(run[1]))
    begun = cast.stream(asked(), "show/Joe", 3)
    next(begun, None)
    begun.close()
    assert [piece.text for piece in cast.stream(asked(), "show/Joe", 3)] == [
        piece.text for piece in load_cast(str(run[1])).stream(asked(), "show/Joe", 3)
    ]


def test_an_unknown_form_and_a_folder_that_is_no_run(run, tmp_path):
    with pytest.raises(InputError, match="untrained, one-shot, greedy"):
        load_cast(f"{run[1]}#clever")
    with pytest.raises(InputError, match="finished run of the base talker"):
        load_cast(str(tmp_path))


@pytest.mark.parametrize("form", ["adapter", "voices"])
def test_an_export_wants_its_rights(run, tmp_path, form):
    target = tmp_path / "out"
    (run[1] / "rights.toml").write_text('source = "a cast"\nlicence = ""\n')
    with pytest.raises(ConfigError, match=r"licence, permission in .*rights\.toml.*--licence … --permission …"):
        export(run[1], target, form, Rights())
    with pytest.raises(ConfigError, match="permission"):
        export(run[1], target, form, Rights("x", "CC0", "  "))
    assert not target.exists()
    card = export(run[1], target, form, Rights("", "CC0", "synthetic")).read_text()
    assert "a cast" in card
    assert "CC0" in card
    assert "synthetic" in card
    assert "af_heart" in card
    assert (target / "adapter_model.safetensors").exists() == (form == "adapter")
    names = json.loads((target / "voices/voices.json").read_text())
    assert read_voice(target / names["show/Lola"]).name == "show/Lola"
    assert str(run[1]) not in card
    with pytest.raises(InputError, match="exists already"):
        export(run[1], target, form, RIGHTS)


def test_what_is_no_voice_file_does_not_go_out(run, tmp_path):
    copy = shutil.copytree(run[1], tmp_path / "copy")
    parts = read_parts(copy)
    (copy / parts.voices["show/Joe"]).write_bytes(b"not a voice")
    with pytest.raises(InputError):
        export(copy, tmp_path / "out", "voices", RIGHTS)
    assert not (tmp_path / "out").exists()


def test_the_default_base_is_talker(tmp_path):
    assert DEFAULT == "talker"
    assert "talker" in TRAINERS.names()
    assert backend_of_run(tmp_path) == "glm-4-voice", "runs of earlier versions do not say what made them"
    assert phonemes()("Joe")
