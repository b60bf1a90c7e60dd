from __future__ import annotations

import pytest

from audiorole.models.talker.clauses import sentences
from audiorole.models.talker.vocabulary import MOST_SYMBOLS, NUM_SYMBOLS, SYMBOLS, is_silent, unknown_symbols


def test_every_symbol_has_a_row_of_its_own() -> None:
    assert len(SYMBOLS) == 114
    assert len(set(SYMBOLS.values())) == 114
    assert max(SYMBOLS.values()) == NUM_SYMBOLS - 1
    assert all(len(symbol) == 1 for symbol in SYMBOLS)


@pytest.mark.parametrize(
    ("symbol", "row"), [(";", 1), ("$", None), (" ", 16), ("A", 24), ("ʤ", 82), ("ˈ", 156), ("ᵻ", 177)]
)
def test_known_rows(symbol: str, row: int | None) -> None:
    assert SYMBOLS.get(symbol) == row


def test_unknown_symbols_are_told_once_in_order() -> None:
    assert unknown_symbols("g8ʌɹg7") == "g87"


@pytest.mark.parametrize("text", ["", " ", "…!", "ˈ, ˌ."])
def test_what_is_not_pronounced(text: str) -> None:
    assert is_silent(text)
    assert sentences(text) == []


@pytest.mark.parametrize(
    "text",
    ["hˈA", "hˈA! ju ðˈɛɹ? kˈʌm.", "a" * 2000, "ab " * 700, "ab, " * 400 + "kd. " * 300, "ˈAb; " * 200 + "z" * 600],
)
@pytest.mark.parametrize("most", [8, 60, MOST_SYMBOLS])
def test_nothing_that_is_said_is_lost_and_no_piece_is_too_long(text: str, most: int) -> None:
    pieces = sentences(text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
