"""Corrections of lines in the log: what stands after edits and undos, whose answer counts, ids of added lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiorole.naming.answers.corrections import LineCorrection, added_id, corrections, text_digest
from audiorole.naming.answers.decisions import Decision, decide, encode_log, made_again, replay, undo
from audiorole.naming.answers.log import read_rows, reviewers_conflicts
from audiorole.types.ids import line_number

LINE = "show/s01e01/u00007"
WAS = text_digest("Well then.")


def edited(kind, value="", who="ann", at="1", **more) -> Decision:
    return decide(kind, LINE, value, at=at, who=who, was=WAS, **more)


def test_the_last_text_and_the_last_bounds_stand_together():
    log = [
        edited("edit_text", "One."),
        edited("edit_bounds", span=(1, 2)),
        edited("edit_text", "Two.", who="ben", at="2"),
        edited("mark_overlap", "yes", at="3"),
    ]
    found = corrections(log)[LINE]
    assert (found.text, found.span, found.overlap, found.was) == ("Two.", (1.0, 2.0), True, WAS)
    assert (found.by, found.id) == ("ann", log[-1].id)
    assert corrections([*log, undo(log[2])])[LINE].text == "One."
    assert not replay(log).label


def test_a_removed_line_comes_back_with_its_undo_and_nothing_else_is_touched():
    log = [edited("edit_text", "One."), edited("remove_line", at="2")]
    assert corrections(log)[LINE].removed
    back = corrections([*log, undo(log[1])])[LINE]
    assert (back.removed, back.text) == (False, "One.")
    assert corrections([*log, undo(log[1]), undo(log[0])]) == {}


def test_who_speaks_in_an_added_line_is_nobody_elses_business():
    new = added_id(LINE, 10.0, 11.5)
    log = [decide("add_line", new, "Wait!", span=(11.5, 12.0)), decide("label_line", new, "Zelda")]
    state = replay(log)
    assert (state.label, state.added) == ({}, {new: "Zelda"})
    assert state.character_of(new, "") == "Zelda"
    assert replay([*log, undo(log[0])]).added == {}


def test_a_correction_is_about_the_text_that_was_looked_at():
    found = corrections([edited("edit_text", "One.")])[LINE]
    assert found.fits("Well, then!")
    assert not found.fits("Something else entirely.")
    assert LineCorrection(added=True).fits("anything")


def test_two_people_who_disagree_are_shown():
    ann = [edited("edit_text", "One."), edited("edit_bounds", span=(1, 2))]
    same = [edited("edit_text", "One.", who="ben"), edited("edit_bounds", who="ben", span=(1.01, 2))]
    assert reviewers_conflicts([*ann, *same]) == []
    for kind, value, more, says in (
        ("edit_text", "Two.", {}, "'Two.' counts"),
        ("edit_bounds", "", {"span": (1.4, 2)}, "1.40 to 2.00 s counts"),
        ("remove_line", "", {}, "'no such line' counts"),
    ):
        (clash,) = reviewers_conflicts([*ann, edited(kind, value, who="ben", at="2", **more)])
        assert says in str(clash)
    overlap = [edited("mark_overlap", "yes"), edited("mark_overlap", "no", who="ben", at="2")]
    (clash,) = reviewers_conflicts(overlap)
    assert "others speak too" in str(clash)


SECONDS = st.floats(0, 990, allow_nan=False)


@given(st.integers(0, 20_000), SECONDS, SECONDS)
def test_ids_of_added_lines_sort_in_time_and_have_a_number(number, one, other):
    before, after = f"show/e1/u{number:05d}", f"show/e1/u{number + 1:05d}"
    first, second = added_id(before, 0.0, min(one, other)), added_id(before, 0.0, max(one, other))
    assert before < first <= second < after
    assert 0 <= line_number(first) < 2**31
    assert first == added_id(before, 0.0, min(one, other))


@given(st.text(min_size=1), st.tuples(SECONDS, SECONDS), st.booleans())
def test_decisions_with_spans_survive_their_file(text, span, bounds):
    log = [edited("edit_bounds", span=span) if bounds else edited("edit_text", text)]
    assert read_rows(encode_log(log)).decisions == log
    assert made_again(log[0]) == log[0]


def test_decisions_from_before_keep_their_ids():
    assert decide("label_line", LINE, "Joe", at="1", who="ann").id == "5ca59c3ee5a75b81"
