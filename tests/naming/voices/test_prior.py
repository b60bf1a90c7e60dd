"""What is known of an embedder before a series is heard."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming.voices.prior import MOST_RATIO, VoicePrior, voice_prior


@pytest.mark.parametrize("embedder", ["wespeaker", "ecapa", "somebody's own"])
def test_voices_more_alike_are_one_persons_more_probably(embedder: str) -> None:
    cosine = np.linspace(0.05, 0.95, 10)[:, None]
    ratio = voice_prior(embedder).log_ratio(cosine, np.full((10, 1), 2.0, np.float32), np.full(1, 6.0, np.float32))
    assert np.all(np.diff(ratio[:, 0]) >= 0)
    assert ratio[0, 0] < -1
    assert ratio[-1, 0] > 1


@pytest.mark.parametrize("embedder", ["wespeaker", "other"])
def test_voices_heard_longer_say_more(embedder: str) -> None:
    seconds = np.array([0.3, 2.0, 20.0], np.float32)
    unlike = voice_prior(embedder).log_ratio(np.full((1, 3), 0.05), np.full((1, 1), 2.0, np.float32), seconds)
    assert np.all(np.diff(unlike[0]) < 0), "the longer both were heard, the surer that they are two people"


def test_what_was_not_heard_says_nothing() -> None:
    ratio = voice_prior("other").log_ratio(
        np.array([[0.0, 0.9]]), np.ones((1, 1), np.float32), np.array([4.0, 0.0], np.float32)
    )
    assert not ratio.any()


def test_ratios_are_bounded() -> None:
    steep = VoicePrior(np.zeros(0, np.float32), 0.0, 1.0, np.array([900, 0, 0, 0, -5], np.float32))
    ratio = steep.log_ratio(np.array([[0.9, -0.9]]), np.ones((1, 1), np.float32), np.ones(2, np.float32))
    assert ratio.tolist() == [[MOST_RATIO, -MOST_RATIO]]


def test_a_prior_comes_back_as_it_was_written() -> None:
    prior = VoicePrior(np.array([0.25, -0.5], np.float32), 1.5, 2.0, np.arange(5, dtype=np.float32))
    again = VoicePrior.of(prior.to_plain())
    assert np.array_equal(again.mean, prior.mean)
    assert np.array_equal(again.ratio, prior.ratio)
    assert (again.length, again.trust) == (prior.length, prior.trust)
