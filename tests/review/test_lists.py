"""Lists of lines: filters and searches find what a plain look at every line finds; pages fit together; a million lines
are looked through in steps.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.naming.answers.corrections import LineCorrection, added_id, text_digest
from audiorole.review import search
from audiorole.review.lines import NameColumns, ReviewLines, coded
from audiorole.review.search import LineFilter, LineSearch, Searches

NAMES, VOICES, WORDS = (
    ["", "Joe", "Zoë"],
    ["", "voice_01", "voice_02"],
    ["Ah", "straße", "STRASSE", "ok ok", "二つ", "a.b"],
)


def lines_of(texts: list[list[str]], seed: int = 0) -> ReviewLines:
    """Return lines of several episodes with columns drawn at random."""
    rng = np.random.default_rng(seed)
    counts = [len(each) for each in texts]
    total = sum(counts)
    text = b"".join(line.encode() + b"\n" for each in texts for line in each)
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 10) + 1
    names = NameColumns(
        NAMES, VOICES, rng.integers(0, 3, total).astype(np.int32), rng.integers(0, 3, total).astype(np.int32),
        rng.random(total).astype(np.float32),
    )  # fmt: skip
    number = np.concatenate([np.arange(1, count + 1) for count in counts] or [np.zeros(0)]).astype(np.int64)
    return ReviewLines(
        episodes=[f"show/e{at}" for at in range(len(texts))],
        edges=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        number=number,
        start=number * 2.0,
        end=number * 2.0 + 1,
        overlap=rng.choice(np.float32([0, 0.5]), total),
        tier=rng.integers(-1, 3, total).astype(np.int8),
        text=text,
        place=np.concatenate([[0], ends]).astype(np.int64),
        names=names,
    )


TEXTS = st.lists(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join), max_size=8), min_size=1, max_size=4
)
FILTERS = st.builds(
    LineFilter,
    episode=st.sampled_from(["", "show/e0"]),
    character=st.sampled_from([None, "", "Joe", "nobody"]),
    voice=st.sampled_from(["", "voice_02"]),
    below=st.sampled_from([None, 0.5]),
    overlap=st.booleans(),
    tiers=st.sampled_from(["", "A", "BC"]),
    state=st.sampled_from(["", "open", "decided", "corrected"]),
    text=st.sampled_from(["", "ah", "STRASSE", "ok  ok", "二", ".", "zz"]),
)


def plain(lines: ReviewLines, wanted: LineFilter, decided: np.ndarray) -> list[int]:
    """Return what passes, line by line."""
    found = []
    for row in range(len(lines)):
        built, touched = row < lines.built, lines.correction_of(row) is not None
        person = not built or bool(decided[row])
        ok = [
            not wanted.episode or lines.id_of(row).startswith(wanted.episode + "/"),
            wanted.character is None or lines.character_of(row) == wanted.character,
            not wanted.voice or lines.voice_of(row) == wanted.voice,
            wanted.below is None or lines.probability_of(row) < wanted.below,
            not wanted.overlap or lines.overlaps(row) >= 0.2,
            not wanted.tiers or (lines.tier_of(row) != "" and lines.tier_of(row) in wanted.tiers),
            {"": True, "open": not person, "decided": person, "corrected": touched}[wanted.state],
            " ".join(wanted.text.casefold().split()) in lines.text_of(row).casefold(),
        ]
        if all(ok):
            found.append(row)
    return sorted(found, key=lambda row: (lines.episode_of(row), placed(lines, row)))


def placed(lines: ReviewLines, row: int) -> float:
    return float(lines.start[row]) if row < lines.built else lines.bounds_of(row)[0]


@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, wanted=FILTERS, seed=st.integers(0, 5), touched=st.booleans())
def test_a_search_finds_what_a_look_at_every_line_finds(texts, wanted, seed, touched):
    lines = lines_of(texts, seed)
    decided = np.random.default_rng(seed).random(lines.built) < 0.5
    if touched:
        correct(lines)
    asked = LineSearch(lines, wanted, decided)
    rows, total = asked.page(0, 100)
    assert asked.complete
    assert total == len(rows)
    assert rows == plain(lines, wanted, decided)
    for row in rows:
        assert asked.place_of(row) == rows.index(row)


def correct(lines: ReviewLines) -> None:
    """Edit the first line of each episode, remove the second, and add one between them."""
    found = {}
    for episode in lines.episodes:
        first, last = lines.span_of(episode)
        for row in range(first, min(first + 2, last)):
            was = text_digest(lines.built_text(row))
            change = (
                LineCorrection(text="edited ah", was=was) if row == first else LineCorrection(removed=True, was=was)
            )
            found[lines.id_of(row)] = change
        before = f"{episode}/u00001" if last > first else f"{episode}/u00000"
        found[added_id(before, 2.0, 3.5)] = LineCorrection(text="added", span=(3.5, 3.9), added=True)
    lines.correct(found, dict.fromkeys(found, "Joe"))


@pytest.mark.parametrize("needle", ["ah", "zz", "straße"])
def test_a_long_search_goes_on_where_it_stopped(monkeypatch, needle):
    monkeypatch.setattr(search, "FEW", 10)
    lines = lines_of([["Ah no", "nothing", "strasse"] * 3000], 1)
    decided = np.zeros(lines.built, bool)
    asked = LineSearch(lines, LineFilter(text=needle), decided)
    pages, first = [], 0
    while True:
        rows, total = asked.page(first, 500)
        pages += rows
        first += len(rows)
        if asked.complete and first == total:
            break
    assert pages == plain(lines, LineFilter(text=needle), decided)


def test_a_common_word_is_not_looked_for_to_the_end_before_the_first_page(monkeypatch):
    monkeypatch.setattr(search, "FEW", 10)
    lines = lines_of([["ah"] * 30_000])
    asked = LineSearch(lines, LineFilter(text="ah"), np.zeros(30_000, bool))
    rows, total = asked.page(0, 100)
    assert rows == list(range(100))
    assert total < 30_000
    assert not asked.complete
    assert asked.place_of(29_999) == 29_999


def test_outliers_come_first_and_added_lines_last():
    lines = lines_of([["one", "two", "three"]])
    correct(lines)
    asked = LineSearch(lines, LineFilter(order="outliers"), np.zeros(3, bool), lambda rows: rows[::-1])
    assert asked.page(0, 9)[0] == [2, 1, 0, 3]


def test_searches_are_kept_until_something_changes():
    lines = lines_of([["one", "two"]])
    made = []

    def make(wanted):
        made.append(wanted)
        return LineSearch(lines, wanted, np.zeros(2, bool))

    kept = Searches(most=2)
    for number, text in enumerate(["one", "two", "one", "three", "one"]):
        kept.get(LineFilter(text=text), 1, make)
        assert len(kept.kept) <= 2, number
    assert len(made) == 4
    kept.get(LineFilter(text="one"), 2, make)
    assert len(made) == 5


def test_ids_and_rows_go_both_ways():
    lines = lines_of([["a"] * 3, [], ["b"] * 2])
    correct(lines)
    for row in range(len(lines)):
        assert lines.row_of(lines.id_of(row)) == row
    for wrong in ("", "show/e0", "show/e0/u99999", "show/e9/u00001", "show/e0/u1", "show/e0/uxx", "show/e0/u-0001"):
        assert lines.row_of(wrong) == -1


def test_neighbours_stay_in_their_episode_and_see_added_lines():
    lines = lines_of([["a"] * 3, ["b"]])
    correct(lines)
    names = [lines.id_of(row) for row in lines.in_time(range(len(lines)))]
    assert names == [
        "show/e0/u00001", "show/e0/u0000100150", "show/e0/u00002", "show/e0/u00003", "show/e1/u00001",
        "show/e1/u0000100150",
    ]  # fmt: skip
    row = lines.row_of("show/e0/u00001")
    walked = [row]
    while (row := lines.around(row)[1]) >= 0:
        walked.append(row)
    assert [lines.id_of(one) for one in walked] == names[:4]


def test_codes_begin_with_nobody():
    values, codes = coded(["b", "", "c", "b"])
    assert [values[code] for code in codes.tolist()] == ["b", "", "c", "b"]
    assert values[0] == ""
