"""The middle of a series: every person counts alike, however much they talk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiorole.core.vectors import unit
from audiorole.naming import SeriesLines
from audiorole.naming.voices.mean import PRIOR_PEOPLE, mean_voice
from audiorole.naming.voices.prior import VoicePrior, voice_prior

DIMENSION = 48
MIDDLE = np.full(DIMENSION, 0.05)


def known(middle: np.ndarray) -> VoicePrior:
    return replace(voice_prior("wespeaker"), mean=middle.astype(np.float32))


def series(counts: list[int], seed: int = 0) -> tuple[SeriesLines, np.ndarray]:
    """Return one episode in which each person says so many lines, and their voices `(P, D)`."""
    rng = np.random.default_rng(seed)
    voices = unit(MIDDLE + 0.14 * rng.normal(size=(len(counts), DIMENSION)))
    who = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    heard = voices[who] + 0.03 * rng.normal(size=(len(who), DIMENSION))
    start = np.arange(len(who)) * 3.0
    lines = SeriesLines(heard.astype(np.float32), start, start + 2.5, np.zeros(len(who), np.int32))
    return replace(lines, usual_length=float(np.median(np.linalg.norm(heard, axis=1)))), voices


@pytest.mark.parametrize("counts", [[150, 150, 3, 3, 3, 3], [300, 5, 5, 5, 5, 5], [40, 30, 20, 10, 5, 2]])
def test_whoever_talks_most_does_not_draw_the_middle(counts: list[int]) -> None:
    lines, voices = series(counts)
    people = (PRIOR_PEOPLE * MIDDLE + voices.sum(0)) / (PRIOR_PEOPLE + len(voices))
    ours, of_lines = (np.linalg.norm(mean_voice(lines, prior) - people) for prior in (known(MIDDLE), None))
    assert ours < of_lines / 4


@pytest.mark.parametrize("times", [2, 20])
def test_more_lines_of_the_same_people_hardly_move_it(times: int) -> None:
    few, _ = series([4, 4, 4, 4])
    many, _ = series([4 * times, 4, 4 * times, 4])
    moved = np.linalg.norm(mean_voice(few, known(MIDDLE)) - mean_voice(many, known(MIDDLE)))
    assert moved < 0.1


def test_a_series_without_a_voice_has_the_embedders_middle() -> None:
    lines, _ = series([2, 2])
    silent = replace(lines, embedding=np.zeros_like(lines.embedding))
    assert np.allclose(mean_voice(silent, known(MIDDLE)), MIDDLE, atol=1e-6)


@pytest.mark.parametrize("prior", [None, known(np.ones(7)), voice_prior("somebody's own")])
def test_an_embedder_that_nobody_knows_leaves_the_mean_of_the_lines(prior: VoicePrior | None) -> None:
    lines, _ = series([9, 1])
    assert np.allclose(mean_voice(lines, prior), unit(lines.embedding).mean(0), atol=1e-5)
