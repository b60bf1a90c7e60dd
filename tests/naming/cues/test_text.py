"""Words in any script, names called, and a series whose words alone give the speaker away."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming.cues.wording import Said, Wording, grams, name_keys, units


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("Thanks, Joe!", {"thanks", "joe", "thanks joe"}),
        ("安欣 你来", {"安", "安欣", "欣"}),
        ("C’est l'Été", {"c’est", "l'été"}),
        ("Ahoj, Kapitáne", {"ahoj", "kapitáne"}),
        ("ありがとう", {"あり", "とう"}),
        ("Ｊｏｅ", {"joe"}),
        ("привет, Саша", {"саша"}),
    ],
)
def test_tokens_of_many_scripts(text: str, some: set[str]) -> None:
    assert some <= set(grams(units(text)))


def test_no_words_no_tokens() -> None:
    assert grams(units("♪ … !?")) == []


def test_rare_and_common_words_are_left_out() -> None:
    matrix = Wording.read(["the red fox", "the red hen", *["the end"] * 98], [], most=0.5).words
    assert matrix.shape[0] == 100
    assert matrix.shape[1] == 2  # "red" and "the red"; all others are in too many lines or in one only
    assert matrix[0].nnz == 2


def test_a_family_name_that_two_share_calls_neither() -> None:
    keys = [name_keys("Ann Bell", ()), name_keys("Bob Bell", ())]
    named = Wording.read(["Mr Bell?", "Ann, come", "Bob Bell!"], keys).named.toarray()
    assert named.tolist() == [[0, 0], [1, 0], [0, 1]]


def test_aliases_and_brackets() -> None:
    assert "sparky" in name_keys("Samuel (old)", ("Sparky",))
    assert "old" not in name_keys("Samuel (old)", ())


def test_mentions_keep_their_shape_without_hits() -> None:
    assert Wording.read(["a", "b"], [{"zed"}]).named.shape == (2, 1)
    assert np.all(Wording.read([], [{"zed"}]).named.shape == (0, 1))


@pytest.mark.parametrize("who", [(0, 1, 2), (0, 1), (0, 2), (2, 0), (1,), ()])
def test_what_was_read_once_says_of_other_candidates_what_reading_again_would(who: tuple[int, ...]) -> None:
    """With one Bell left out, the family name is the other one's."""
    keys = [name_keys("Ann Bell", ()), name_keys("Bob Bell", ()), name_keys("Zoë (old)", ("Zed", "钱阿姨"))]
    texts = [
        "Mr Bell?",
        "Ann, come, Bell",
        "Bob Bell!",
        "",
        "zed and ZOË",
        "钱阿姨好",
        "nobody",
        "Ann Bell and Ann",
    ] * 3
    some = [keys[k] for k in who]
    again, once = Wording.read(texts, some), Said.read(texts, set().union(*keys)).by(some)
    assert np.array_equal(again.named.toarray(), once.named.toarray())
    for name in ("words", "begins", "ends"):
        assert np.array_equal(getattr(again, name).toarray(), getattr(once, name).toarray())
    for name in ("several", "length", "digest"):
        assert np.array_equal(getattr(again, name), getattr(once, name))
