"""A split takes along what sounds like the lines that were ticked, and never what was heard to stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.naming.answers.branches import branch_of, contradicted, decided_voices
from audiorole.naming.answers.decisions import decide, replay
from tests.naming.voices.test_clusters import voices

SIZE = 12


def two_people(seed=0, noise=0.25):
    """Two people of `SIZE` lines each, as voices `(2 * SIZE, 32)`."""
    rng = np.random.default_rng(seed)
    person = np.repeat(rng.normal(size=(2, 32)), SIZE, axis=0)
    return (person + noise * rng.normal(size=person.shape)).astype(np.float32)


@pytest.mark.parametrize("kept", [[SIZE], []])
def test_one_ticked_line_takes_its_speaker_along(kept):
    voice = two_people()[[*range(SIZE // 2), *range(SIZE, 2 * SIZE)]]
    gone = branch_of(voice, [0], [row - SIZE // 2 for row in kept])
    assert gone.tolist() == [True] * (SIZE // 2) + [False] * SIZE


@given(st.integers(0, 99), st.sets(st.integers(0, 23), min_size=1), st.sets(st.integers(0, 23)))
def test_ticked_lines_go_and_heard_lines_stay(seed, moved, kept):
    kept = kept - moved
    gone = branch_of(two_people(seed), sorted(moved), sorted(kept))
    assert all(gone[list(moved)])
    assert not any(gone[list(kept)])


def test_a_split_goes_on_from_a_split_and_undo_brings_it_back():
    lines, truth = voices()
    ids, found = [f"u{row}" for row in range(len(lines))], ["v" for _ in truth]
    first = [int(np.flatnonzero(truth == speaker)[0]) for speaker in (0, 1, 2)]
    log = [
        decide("split_voice", "v", "w", [ids[first[1]], ids[first[2]]], kept=[ids[first[0]]]),
        decide("split_voice", "w", "x", [ids[first[2]]], kept=[ids[first[1]]]),
    ]
    split = decided_voices(found, ids, lines, replay(log))
    assert [split[row] for row in first] == ["v", "w", "x"]
    expected = np.array(["v", "w", "x"])[np.minimum(truth, 2)]
    same = np.array(split) == expected
    assert same[truth <= 2].mean() > 0.9
    assert decided_voices(found, ids, lines, replay([])) == found


def test_a_name_is_not_pressed_on_lines_like_one_that_was_corrected():
    lines, truth = voices()
    ids, found = [f"u{row}" for row in range(len(lines))], ["v" for _ in truth]
    one, other = (int(np.flatnonzero(truth == speaker)[0]) for speaker in (0, 1))
    log = [decide("name_voice", "v", "Ann", [ids[one]]), decide("label_line", ids[other], "Bob")]
    silent = contradicted(found, ids, lines, replay(log))
    assert other in silent
    assert one not in silent
    assert set(np.flatnonzero(truth == 1)) <= set(silent)
    assert (truth[silent] != 0).all()
    assert contradicted(found, ids, lines, replay(log[:1])) == []
