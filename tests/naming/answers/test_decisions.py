"""The identity graph: replay, undo, and what the decisions say of each line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.errors import InputError
from audiorole.naming import NO_SEED, SOMEONE_ELSE
from audiorole.naming.answers.decisions import Decision, decide, encode_log, merged_seeds, replay, seeds_from, undo
from audiorole.naming.answers.log import read_rows

NAMES = st.sampled_from(["a", "b", "c", ""])
VOICES = st.sampled_from(["voice_01", "voice_02", "voice_03"])
LINES = st.sampled_from([f"show/s01e01/u{i:05d}" for i in range(4)])
TIMES = st.integers(0, 99).map(str)
DECISIONS = st.one_of(
    st.builds(lambda s, v, t: decide("name_voice", s, v, at=t), VOICES, NAMES, TIMES),
    st.builds(lambda s, v, t: decide("merge_voices", s, v, at=t), VOICES, VOICES, TIMES),
    st.builds(lambda s, v, ln, t: decide("split_voice", s, v, ln, at=t), VOICES, VOICES, st.lists(LINES), TIMES),
    st.builds(lambda s, v, t: decide("rename", s, v, at=t), NAMES, NAMES, TIMES),
    st.builds(lambda s, v, t: decide("merge_characters", s, v, at=t), NAMES, NAMES, TIMES),
    st.builds(lambda s, v, t: decide("label_line", s, v, at=t), LINES, NAMES, TIMES),
    st.builds(lambda s, v, t: decide("cast_actor", s, v, at=t), NAMES, NAMES, TIMES),
)
LOGS = st.lists(DECISIONS, max_size=12, unique_by=lambda d: d.id)


@settings(deadline=None)
@given(LOGS)
def test_a_decision_replayed_twice_is_one_decision(log: list[Decision]) -> None:
    assert replay([*log, *log]).encode() == replay(log).encode()
    doubled = [d for decision in log for d in (decision, decision)]
    assert replay(doubled).encode() == replay(log).encode()


@settings(deadline=None)
@given(LOGS, DECISIONS)
def test_undo_restores_the_bytes(log: list[Decision], last: Decision) -> None:
    log = [d for d in log if d.id != last.id]
    assert replay([*log, last, undo(last)]).encode() == replay(log).encode()


@settings(deadline=None)
@given(LOGS, DECISIONS)
def test_undoing_an_undo_brings_the_decision_back(log: list[Decision], last: Decision) -> None:
    log = [d for d in log if d.id != last.id]
    back = undo(last, at="x")
    assert replay([*log, last, back, undo(back, at="y")]).encode() == replay([*log, last]).encode()


@settings(deadline=None)
@given(LOGS)
def test_a_log_survives_its_file(log: list[Decision]) -> None:
    assert read_rows(encode_log(log)).decisions == log


@settings(deadline=None)
@given(LOGS, LINES, VOICES)
def test_every_chain_of_merges_ends(log: list[Decision], line: str, voice: str) -> None:
    state = replay(log)
    end = state.voice_of(line, voice)
    assert state.voice.get(end, end) == end


def test_one_name_reaches_all_lines_of_a_voice_but_not_the_reviewed_one() -> None:
    ids, voices = ["u1", "u2", "u3", "u4"], ["voice_01", "voice_01", "voice_02", "voice_03"]
    log = [decide("name_voice", "voice_01", "Ann"), decide("merge_voices", "voice_02", "voice_01")]
    log.append(decide("label_line", "u2", ""))
    seed, sure = seeds_from(replay(log), ids, voices, ["Bob", "Ann"])
    assert seed.tolist() == [1, SOMEONE_ELSE, 1, NO_SEED]
    assert sure[1] == 1.0
    assert sure[0] < 1.0


def test_a_split_takes_lines_out_of_a_named_voice() -> None:
    log = [decide("name_voice", "voice_01", "Ann"), decide("split_voice", "voice_01", "voice_09", ["u2"])]
    state = replay(log)
    assert state.character_of("u1", "voice_01") == "Ann"
    assert state.character_of("u2", "voice_01") is None


def test_a_rename_follows_through_to_seeds() -> None:
    log = [decide("name_voice", "voice_01", "Annie"), decide("rename", "Annie", "Ann")]
    assert seeds_from(replay(log), ["u1"], ["voice_01"], ["Ann"])[0].tolist() == [0]


def test_a_merge_that_is_turned_round_has_an_end() -> None:
    log = [decide("merge_characters", "Ann", "Bob"), decide("merge_characters", "Bob", "Ann")]
    assert replay(log).character_name("Bob") == "Ann"
    assert replay(log).character_name("Ann") == "Ann"


def test_review_overrides_subtitles() -> None:
    review = seeds_from(replay([decide("label_line", "u1", "Ann")]), ["u1", "u2"], ["", ""], ["Ann", "Bob"])
    subtitles = seeds_from(replay([decide("name_voice", "x", "Bob")]), ["u1", "u2"], ["x", "x"], ["Ann", "Bob"])
    seed, sure = merged_seeds(review, subtitles)
    assert seed.tolist() == [0, 1]
    assert sure[0] > sure[1]


def test_a_damaged_log_says_where() -> None:
    good = encode_log([decide("rename", "a", "b")])
    with pytest.raises(InputError, match="log:2"):
        read_rows(good + b"{broken\n", "log")
    with pytest.raises(InputError, match="altered"):
        read_rows(good.replace(b'"b"', b'"c"'), "log")
