"""Who may be in an episode at all: nobody who speaks is lost, and what is asked of the others does not change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.naming import NO_SEED, SOMEONE_ELSE, FaceColumns, NamingOptions, ReferenceVoices, SeriesLines
from audiorole.naming.block import FEWEST, LEAST_PRESENCE, Block, among_present, present
from audiorole.naming.engine import NamingRun, prepare
from audiorole.naming.model import shipped_weights
from audiorole.types import Cast, Character

CAST = Cast(character=tuple(Character(name=f"P{k:02d}") for k in range(14)))
NOBODY = np.full(3, NO_SEED, np.int32)


def test_who_is_believed_or_seeded_is_present() -> None:
    belief = np.full((3, 31), 1e-4, np.float32)
    belief[0, :12] = 0.6
    belief[1, 12] = 0.6 * LEAST_PRESENCE * 1.01
    belief[2, 13] = 0.6 * LEAST_PRESENCE * 0.99
    seeds = np.array([NO_SEED, 20, SOMEONE_ELSE], np.int32)
    assert present(belief, seeds).tolist() == [*range(13), 20]


def test_a_few_always_stay_and_without_beliefs_everybody_does() -> None:
    belief = np.zeros((3, 31), np.float32)
    assert len(present(belief, NOBODY)) == 30
    belief[:, :30] = np.linspace(1e-6, 1e-5, 30)
    belief[0, 3] = 1.0
    assert len(present(belief, NOBODY)) == FEWEST
    assert 3 in present(belief, NOBODY)
    assert present(np.zeros((3, 1), np.float32), NOBODY).tolist() == []


@given(st.permutations(range(20)))
def test_the_order_of_candidates_changes_nobody(order: list[int]) -> None:
    belief = np.random.default_rng(0).dirichlet(np.full(21, 0.05), 3).astype(np.float32)
    moved = belief[:, [*order, 20]]
    assert {order[k] for k in present(moved, NOBODY)} == set(present(belief, NOBODY).tolist())


def test_first_beliefs_are_shared_out_among_those_present() -> None:
    belief = np.random.default_rng(0).dirichlet(np.full(41, 0.05), 3).astype(np.float32)
    shared, here = among_present(belief, NOBODY), present(belief, NOBODY)
    assert np.allclose(shared.sum(1), 1)
    assert not np.delete(shared[:, :-1], here, axis=1).any()
    kept = [*here, 40]
    assert np.allclose(shared[:, kept] * belief[:, kept].sum(1, keepdims=True), belief[:, kept])


def series() -> SeriesLines:
    """Two episodes of forty lines: P00 to P08 in the first, P05 to P13 in the second, each with their faces."""
    rng = np.random.default_rng(0)
    truth = np.concatenate([rng.integers(0, 9, 40), rng.integers(5, 14, 40)])
    voices = rng.normal(size=(14, 48))
    start = np.tile(np.arange(40) * 3.0, 2)
    seeds = np.full(80, NO_SEED, np.int32)
    for k in range(14):
        seeds[np.flatnonzero(truth == k)[0]] = k
    faces = FaceColumns(
        np.arange(81), rng.permutation(truth).astype(np.int32), np.full(80, 0.9, np.float32),
        np.full(80, 0.05, np.float32), np.ones(80, np.int32), tuple(c.name for c in CAST.character),
    )  # fmt: skip
    rows = (voices[truth] + rng.normal(size=(80, 48))).astype(np.float32)
    text = [f"word{k % 5} P{(k + 1) % 14:02d}" for k in truth]
    return SeriesLines(rows, start, start + 2.0, np.repeat([0, 1], 40).astype(np.int32), text, seeds, faces=faces)


def after_first_round(options: NamingOptions) -> NamingRun:
    """Return a run of the series in which the first round is over."""
    run, _ = prepare(series(), CAST, options, ReferenceVoices())
    run.kin = shipped_weights().kin["faces"]
    run.belief = run.round(shipped_weights().sets["faces"][0], first=True)
    return run


def test_a_cast_is_narrowed_after_the_first_round() -> None:
    run, _ = prepare(series(), CAST, NamingOptions(), ReferenceVoices())
    everybody = [len(block.cast) for block in run.evidence().blocks(run.belief)]
    after = after_first_round(NamingOptions())
    few = [len(block.cast) for block in after.evidence().blocks(after.belief)]
    assert everybody == [14, 14]
    assert max(few) < 14


@pytest.mark.parametrize("number", [0, 1])
def test_planes_of_those_present_are_what_they_are_among_all(number: int) -> None:
    run = after_first_round(NamingOptions())
    evidence = run.evidence()
    narrow = list(evidence.blocks(run.belief))[number]
    wide = Block.of(run.lines, narrow.rows, narrow.voice, run.belief[narrow.rows].astype(np.float32))
    assert 0 < len(narrow.cast) < len(wide.cast)
    among_all = dict(evidence.planes(wide, number))
    for name, plane in evidence.planes(narrow, number):
        if not name.endswith("_gap"):
            same = among_all[name][:, narrow.cast]
            assert np.allclose(plane[:, :-1], same, atol=1e-4), name


def test_a_face_of_who_is_not_present_is_not_someone_elses() -> None:
    run = after_first_round(NamingOptions())
    evidence = run.evidence()
    block = next(evidence.blocks(run.belief))
    shown = dict(evidence.planes(block, 0))["face.shown"]
    assert not shown[:, -1].any(), "all faces belong to the cast"
    here = np.isin(series().faces.name[:40], block.cast)  # type: ignore[union-attr]
    assert not here.all()
    assert np.array_equal(shown[:, :-1].any(1), here)
    assert block.column_of(np.array([-1, -2])).tolist() == [len(block.cast)] * 2
