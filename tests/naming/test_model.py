"""Weights: which a series takes, how those for minutes and for whole series are mixed, how sure long ones may be."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audiorole.errors import WeightsError
from audiorole.naming.model import FEW_LINES, MANY_LINES, SETS, SHORT, RoundWeights, Weights, shipped_weights, shortness

WHOLE = RoundWeights({"bias": (1.0, 0.0, -1.0, 0.0), "voice.same": (2.0, 0.5, 0.0, 0.0)})
MINUTES = RoundWeights({"bias": (3.0, 0.0, -1.0, 0.0), "near.kin": (0.0, 0.0, 4.0, 0.0)})
BOTH = Weights({"plain/wespeaker": (WHOLE,), f"plain/wespeaker{SHORT}": (MINUTES,)}, surer={"plain/wespeaker": 0.2})


@pytest.mark.parametrize(("lines", "share"), [(1, 1.0), (FEW_LINES, 1.0), (MANY_LINES, 0.0), (60000, 0.0), (424, 0.5)])
def test_minutes_turn_into_a_series_by_the_number_of_lines(lines: int, share: float) -> None:
    assert shortness(lines) == pytest.approx(share, abs=0.01)
    ((one,), _) = BOTH.of(False, "wespeaker", lines)
    assert one.planes["bias"][0] == pytest.approx(1 + 2 * share, abs=0.02)
    assert one.planes.get("near.kin", (0.0, 0.0, 0.0, 0.0))[2] == pytest.approx(4 * share, abs=0.04)
    assert one.planes["voice.same"][1] == pytest.approx(0.5 * (1 - share), abs=0.01)


def test_one_line_more_changes_next_to_nothing() -> None:
    for lines in (*range(FEW_LINES - 3, FEW_LINES + 3), *range(MANY_LINES - 3, MANY_LINES + 3)):
        assert abs(shortness(lines) - shortness(lines + 1)) < 0.01


SEEN = RoundWeights({"face.shown": (5.0, 0.0, 0.0, 0.0), "voice.same": (9.0, 0.0, 0.0, 0.0)})


@pytest.mark.parametrize("lines", [10, 400, 5000])
def test_faces_say_the_same_whoever_heard_the_voices(lines: int) -> None:
    weights = Weights({"faces": (SEEN,), **BOTH.sets})
    ((heard,), _), ((both,), _) = weights.of(False, "wespeaker", lines), weights.of(True, "wespeaker", lines)
    assert both.planes == {**heard.planes, "face.shown": (5.0, 0.0, 0.0, 0.0)}
    assert weights.of(True, "another", lines) == ((SEEN,), ())


@pytest.mark.parametrize("lines", [10, 400, 5000])
def test_where_there_are_none_for_minutes_those_for_whole_series_name_everything(lines: int) -> None:
    alone = Weights({"plain": (WHOLE,)})
    assert alone.of(False, "wespeaker", lines) == ((WHOLE,), ())


@pytest.mark.parametrize(
    ("embedder", "lines", "named", "scale"),
    [
        ("wespeaker", 5000, 500, 1.2),
        ("wespeaker", 1000, 500, 1.1),
        ("wespeaker", 5000, 75, 1.1),
        ("wespeaker", 5000, 0, 1.0),
        ("wespeaker", 0, 0, 1.0),
    ],
)
def test_long_series_with_many_given_names_are_surer(embedder: str, lines: int, named: int, scale: float) -> None:
    assert BOTH.scale(False, embedder, lines, named) == pytest.approx(scale)
    assert Weights({"plain": (WHOLE,)}).scale(False, embedder, lines, named) == 1.0


def test_weights_are_read_as_they_were_written() -> None:
    shipped = shipped_weights()
    again = Weights.from_json(shipped.to_json())
    assert (again.sets, again.surer, list(again.kin)) == (shipped.sets, shipped.surer, list(shipped.kin))
    assert (again.strangers, again.talk) == (shipped.strangers, shipped.talk)
    assert set(shipped.sets) <= set(SETS)
    assert all(np.isfinite(row).all() for rounds in shipped.sets.values() for r in rounds for row in r.planes.values())


@pytest.mark.parametrize("text", ["", "[]", '{"plain": 3}', json.dumps({"of another kind": []})])
def test_anything_else_is_no_weights(text: str) -> None:
    with pytest.raises(WeightsError):
        Weights.from_json(text)
