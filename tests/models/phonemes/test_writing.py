"""What is written and how it is said: figures, abbreviations, symbols; and where a text is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("inflect")

from audiorole.models.phonemes.letters import LetterRules, letter_rules, units, window, with_one_stress
from audiorole.models.phonemes.pieces import ended, spoken_pieces
from audiorole.models.phonemes.writing import MARKS, spoken_text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,250.5", "one thousand two hundred fifty point five"),
        ("1985", "nineteen eighty-five"),
        ("in 2004", "in two thousand four"),
        ("1900", "nineteen hundred"),
        ("the 1990s", "the nineteen nineties"),
        ("21st", "twenty-first"),
        ("3:05", "three oh five"),
        ("12:00", "twelve o'clock"),
        ("$3.50", "three dollars and fifty cents"),
        ("$1", "one dollar"),
        ("£2m", "two million pounds"),
        ("50%", "fifty percent"),
        ("1/2", "one half"),
        ("2 3/4", "two and three quarters"),
        ("007", "oh oh seven"),
        ("-5", "minus five"),
        ("5-7", "five to seven"),
        ("2020-12-25", "December twenty-fifth twenty twenty"),
        ("Jan. 5", "January fifth"),
        ("10 km", "ten kilometers"),
        ("555-1234", "five five five, one two three four"),
        ("R2D2", "R two D two"),
        ("٣", "three"),
        ("Mr. and Mrs. Lee", "mister and missus Lee"),
        ("No. 5? No.", "number five? No."),
        ("e.g. this", "for example this"),
        ("the U.S.A. now", "the U S A now"),
        ("this & that", "this and that"),
        ("Café naïve", "Cafe naive"),
        ("what -- no...", "what—no…"),
        ("it’s", "it's"),
        ("w-what", "what"),
        ("[sighs] *so*", "sighs so"),
    ],
)
def test_how_it_is_said(written: str, said: str) -> None:
    assert spoken_text(written) == said


@given(text=st.text(max_size=100))
@settings(deadline=None, max_examples=200)
def test_nothing_but_letters_and_marks(text: str) -> None:
    said = spoken_text(text)
    assert all((one.isascii() and (one.isalpha() or one in "' -")) or one in MARKS for one in said), said


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Dr. Lee is here. Who? You!", ["Dr. Lee is here.", "Who?", "You!"]),
        ("Well… maybe. J. R. came.", ["Well… maybe.", "J. R. came."]),
        ('He said "Go." Then he went.', ['He said "Go."', "Then he went."]),
        ("", []),
        ("... !!", []),
        ("3.14 is pi. Yes.", ["3.14 is pi.", "Yes."]),
    ],
)
def test_where_a_text_is_cut(text: str, pieces: list[str]) -> None:
    assert spoken_pieces(text) == pieces


@given(words=st.lists(st.sampled_from(["dog", "house,", "and", "x" * 90, "end.", "what?!", "—", "no;"]), max_size=60))
@settings(deadline=None, max_examples=100)
def test_pieces_hold_every_word_and_none_is_long(words: list[str]) -> None:
    pieces = spoken_pieces(" ".join(words), longest=60)
    assert all(0 < len(piece) <= 60 for piece in pieces)
    letters = [one for word in words for one in word if one.isalnum()]
    assert [one for piece in pieces for one in piece if one.isalnum()] == letters


def test_a_growing_text_has_ended_where_something_follows() -> None:
    assert ended("Hello there. I") == len("Hello there.")
    assert ended("Hello there.") == 0, "the next mark may belong to it"
    assert ended("Dr. Lee") == 0
    assert ended("One. Two! Th") == len("One. Two!")


def test_letters_are_read_with_what_is_around_them() -> None:
    rules = LetterRules({"c": "k", "ce": "s", "a": "æ", "t": "t", "e": "", "ec": ""})
    assert rules("cat") == "kˈæt"
    assert rules("ce") == "s"
    assert rules("tt") == "t"
    assert window("joe", 0) == "jo#e####"
    assert units("kˈæt") == ["k", "ˈæ", "t"]


def test_one_main_stress() -> None:
    assert with_one_stress("ˈæbˈɑ") == "ˈæbˌɑ"
    assert with_one_stress("ˌæbɑ") == "ˈæbɑ"
    assert with_one_stress("bənænə") == "bənˈænə"
    assert with_one_stress("ft") == "ft"


def test_the_rules_that_ship_say_every_word() -> None:
    rules = letter_rules()
    assert rules("zyrgon").count("ˈ") == 1
    assert all(rules(letter * 3 + "o") for letter in "abcdefghijklmnopqrstuvwxyz")
