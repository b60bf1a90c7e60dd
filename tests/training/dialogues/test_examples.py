import pytest

from audiorole.errors import AmbiguousCharacterError, ConfigError
from audiorole.training.dialogues.examples import chosen_characters, prepare_examples, utterance_ids
from audiorole.types import Dialogue, Dropped, Naming, Turn, Utterance


def dialogue(speakers, id="show/s01e01/d0001", split="train"):
    turns = tuple(
        Turn(utterances=(f"show/s01e01/u{i:05d}",), character=who, text=f"line {i}", start=i, end=i + 0.5)
        for i, who in enumerate(name and f"show/{name}" for name in speakers)
    )
    return Dialogue(id=id, series="show", episode=id.rpartition("/")[0], turns=turns, split=split)


def roles(example):
    return [(message.role, [speech.text for speech in message.speech]) for message in example.messages]


def test_the_character_is_the_assistant_and_everyone_else_the_user():
    (example,) = prepare_examples([dialogue(["Lola", "Joe", "Rico", "", "Joe"])])
    assert roles(example) == [
        ("user", ["line 0"]),
        ("assistant", ["line 1"]),
        ("user", ["line 2", "line 3"]),
        ("assistant", ["line 4"]),
    ]
    assert (example.character, example.split, example.episode) == ("show/Joe", "train", "show/s01e01")
    assert example.persona == "You are Joe from show. Answer as Joe would, in Joe's voice. "
    assert utterance_ids([example, example]) == [f"show/s01e01/u{i:05d}" for i in range(5)]


def test_only_the_last_turns_are_context_and_the_user_begins():
    (example,) = prepare_examples([dialogue(["Rico", "Joe", "Rico", "Joe"])], context_turns=2)
    assert roles(example) == [("user", ["line 2"]), ("assistant", ["line 3"])]


@pytest.mark.parametrize(
    ("speakers", "reason"),
    [
        (["Joe", ""], "no_character"),
        (["Joe", "Rico"], "other_character"),
        (["Joe"], "no_context"),
        (["Joe", "Joe"], "no_context"),
    ],
)
def test_what_gives_no_example_is_dropped_with_its_reason(speakers, reason):
    (dropped,) = prepare_examples([dialogue(speakers)], characters=["show/Joe"])
    assert isinstance(dropped, Dropped)
    assert dropped.reason == reason


def test_an_episode_in_two_splits_is_refused():
    pair = [dialogue(["Lola", "Joe"]), dialogue(["Lola", "Joe"], id="show/s01e01/d0002", split="test")]
    with pytest.raises(ConfigError, match=r"'show/s01e01' is in two splits, 'train' and 'test'"):
        list(prepare_examples(pair))


def test_a_name_of_one_series_is_enough_and_of_two_is_asked_back():
    def said(series, name):
        return Utterance(f"{series}/s01e01/u00001", 0, 1, "Hm.", naming=Naming(name, 1.0))

    lines = [said("bakery", "Gus"), said("garage", "Gus"), said("garage", "Joe")]
    assert chosen_characters(["Joe", "bakery/Gus"], lines) == ("garage/Joe", "bakery/Gus")
    with pytest.raises(AmbiguousCharacterError, match=r"Say which one: bakery/Gus, garage/Gus\."):
        chosen_characters(["Gus"], lines)
    with pytest.raises(ConfigError, match="Unknown character 'bakery/Joe'"):
        chosen_characters(["bakery/Joe"], lines)
