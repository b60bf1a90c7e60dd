"""Clustering a made-up series, the curve of decisions, and the review queue."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming import SeriesLines
from audiorole.naming.answers.decisions import Kind, decide
from audiorole.naming.answers.queue import RANDOM_EVERY, questions_asked, review_queue, reviewed_accuracy
from audiorole.naming.voices.clusters import cluster_voices, decision_curve, voice_names


def voices(
    people: int = 6, per_episode: int = 80, episodes: int = 3, noise: float = 0.6
) -> tuple[SeriesLines, np.ndarray]:
    rng = np.random.default_rng(3)
    centre = rng.normal(size=(people, 48))
    n = per_episode * episodes
    truth = rng.choice(people, n, p=np.arange(people, 0, -1) / np.arange(1, people + 1).sum())
    start = np.tile(np.arange(per_episode) * 3.0, episodes)
    rows = (centre[truth] + noise * rng.normal(size=(n, 48))).astype(np.float32)
    length = rng.uniform(0.5, 3.0, n)
    return SeriesLines(rows, start, start + length, np.repeat(np.arange(episodes), per_episode).astype(np.int32)), truth


def test_clusters_find_the_people_across_episodes() -> None:
    lines, truth = voices()
    labels = cluster_voices(lines)
    curve = decision_curve(labels, truth)
    assert curve.right[-1] > 0.97
    decisions = curve.decisions_for(0.9)
    assert decisions is not None
    assert decisions <= 7


def test_the_longest_voice_comes_first_and_silence_has_none() -> None:
    lines, _ = voices()
    lines.embedding[5] = 0
    labels = cluster_voices(lines)
    seconds = np.bincount(labels[labels >= 0], lines.duration[labels >= 0])
    assert np.all(np.diff(seconds) <= 0)
    assert labels[5] == -1
    names = voice_names(labels)
    assert names[5] == ""
    assert names[int(np.flatnonzero(labels == 0)[0])] == "voice_01"


def test_a_series_without_any_voice() -> None:
    start = np.arange(4.0)
    lines = SeriesLines(np.zeros((4, 8), np.float32), start, start + 1, np.zeros(4, np.int32))
    assert cluster_voices(lines).tolist() == [-1] * 4


def test_the_curve_by_hand() -> None:
    curve = decision_curve(np.array([0, 0, 0, 1, 1, -1]), np.array([7, 7, 8, 9, 9, 7]))
    assert curve.right.tolist() == [2 / 6, 4 / 6]
    assert curve.decisions_for(0.5) == 2
    assert curve.decisions_for(0.9) is None


def test_the_queue_puts_the_most_doubtful_voice_first_and_mixes_in_chance() -> None:
    lines, truth = voices()
    probability = np.where(truth == 1, 0.4, 0.97).astype(np.float32)
    queue = review_queue(lines, probability, [f"v{t}" for t in truth], limit=40)
    assert (queue[0].kind, queue[0].subject) == ("voice", "v1")
    assert [q.kind for q in queue[RANDOM_EVERY - 1 :: RANDOM_EVERY]] == ["random"] * 10
    single = [q.line for q in queue if q.kind != "voice"]
    assert len(single) == len(set(single))
    ranked = [q.gain for q in queue if q.kind != "random"]
    assert ranked == sorted(ranked, reverse=True)


def test_who_takes_one_question_at_a_time_gets_random_lines_too() -> None:
    lines, truth = voices()
    probability = np.where(truth == 1, 0.4, 0.97).astype(np.float32)
    first = [review_queue(lines, probability, limit=3, asked=asked)[0].kind for asked in range(2 * RANDOM_EVERY)]
    assert first == (["line"] * (RANDOM_EVERY - 1) + ["random"]) * 2


@pytest.mark.parametrize("sure", [0.6, 0.97, 0.9999])
def test_a_voice_that_nobody_has_named_is_asked_for_however_sure_that_is(sure: float) -> None:
    lines, truth = voices()
    probability = np.where(truth == 4, sure, 0.97).astype(np.float32)
    labels = [f"v{t}" for t in truth]
    queue = review_queue(lines, probability, labels, limit=3, nameless=truth == 4)
    assert (queue[0].kind, queue[0].subject) == ("voice", "v4")
    assert queue[0].gain == pytest.approx(float(lines.duration[truth == 4].sum()), rel=1e-4)
    assert review_queue(lines, probability, labels, decided=truth == 4, limit=3, nameless=truth == 4)[0].subject != "v4"


@pytest.mark.parametrize(
    ("kinds", "count"),
    [([], 0), (["name_voice", "label_line"], 2), (["split_voice", "name_voice"], 1), (["edit_text", "label_line"], 1)],
)
def test_questions_are_counted_once(kinds: list[Kind], count: int) -> None:
    assert questions_asked([decide(kind, "x", "y", at=str(k)) for k, kind in enumerate(kinds)]) == count


def test_decided_lines_do_not_come_back() -> None:
    lines, _ = voices()
    decided = np.zeros(len(lines), bool)
    decided[::2] = True
    queue = review_queue(lines, np.full(len(lines), 0.5, np.float32), decided=decided, limit=60)
    assert all(not decided[q.line] for q in queue)
    assert queue == review_queue(lines, np.full(len(lines), 0.5, np.float32), decided=decided, limit=60)


def test_reviewed_accuracy_has_an_interval() -> None:
    accuracy, low, high = reviewed_accuracy(np.array([True] * 45 + [False] * 5))
    assert accuracy == 0.9
    assert low < 0.9 < high
