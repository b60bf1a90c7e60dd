"""How far a review is: nobody is told that the goal is reached before it is, and what chance drew counts."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.review.progress import GOAL, SoFar, answers_of_half, progress, questions_to, wrong_after

VOICES = [400.0, 300.0, 200.0, 100.0, 50.0, 50.0]


def so_far(asked=0, drawn=(), open_cast=True, sure=0.99, voiced=(), decided=()) -> SoFar:
    marks = np.zeros(100, bool)
    voice, line = marks.copy(), marks.copy()
    voice[list(voiced)], line[list(decided)] = True, True
    return SoFar(np.full(100, 36.0), np.full(100, sure, np.float32), line, voice, VOICES, asked, drawn, open_cast)


def test_sure_names_of_voices_that_nobody_named_are_not_settled():
    assert progress(so_far())["settled"] == 0
    assert progress(so_far(voiced=range(50)))["settled"] == pytest.approx(0.5)
    assert progress(so_far(voiced=range(50), sure=0.5, decided=range(10)))["settled"] == pytest.approx(0.1)
    assert progress(so_far(open_cast=False))["settled"] == pytest.approx(1.0)


def test_a_cast_that_files_give_is_believed():
    found = progress(so_far(open_cast=False))
    assert (found["questions"], found["expected"]) == (0, pytest.approx(0.99))
    assert progress(so_far(open_cast=False, sure=0.8))["questions"] > 0


def test_few_answers_never_reach_the_goal_however_sure_the_names_are():
    for asked in range(20):
        found = progress(so_far(asked))
        assert found["expected"] < GOAL
        assert found["questions"] >= 1


def test_more_answers_leave_fewer_questions():
    left = [progress(so_far(asked))["questions"] for asked in (0, 10, 30, 60, 200)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0


def test_random_lines_that_were_wrong_ask_for_more_and_right_ones_for_fewer():
    plain = progress(so_far(20))["questions"]
    wrong = progress(so_far(20, [(n, False) for n in range(0, 20, 4)]))["questions"]
    right = progress(so_far(20, [(n, True) for n in range(0, 20, 4)]))["questions"]
    assert right < plain < wrong


def test_the_half_is_found_again_in_random_lines():
    rng = np.random.default_rng(0)
    for half in (1.0, 3.0, 7.0):
        drawn = [(n, bool(rng.random() > wrong_after(n, half))) for n in range(400)]
        assert half / 1.7 < answers_of_half(VOICES, drawn) < half * 1.7


def test_thousands_are_no_number():
    assert questions_to(0.95, 0.01, 400.0) is None
    nothing = np.zeros(0, bool)
    assert progress(SoFar(np.zeros(0), np.zeros(0, np.float32), nothing, nothing, [], 0, [], True))["hours"] == 0
