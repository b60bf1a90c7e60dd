"""How much of a voice was heard: seconds and the length of the embedding."""

from __future__ import annotations

import numpy as np

from audiorole.naming import SeriesLines
from audiorole.naming.voices.clarity import LEAST, MOST, NUM_CLASSES, blur, clarity, clarity_class, voice_weight
from audiorole.naming.voices.model import levelled


def test_long_lines_and_long_vectors_are_clear() -> None:
    seconds, norms = np.array([0.3, 1.0, 3.0]), np.array([300.0, 700.0, 900.0])
    by_seconds = clarity(seconds, np.full(3, 700.0), 700.0)
    by_length = clarity(np.full(3, 1.5), norms, 700.0)
    for clear in (by_seconds, by_length):
        assert np.all(np.diff(clear) > 0)
        assert np.all(np.diff(voice_weight(clear)) > 0)
        assert np.all(np.diff(blur(clear)) <= 0)
        assert np.all(np.diff(clarity_class(clear)) >= 0)


def test_clarity_stays_within_its_bounds() -> None:
    clear = clarity(np.array([0.0, 60.0]), np.array([0.0, 1e6]), 700.0)
    assert clear.tolist() == [np.float32(LEAST), np.float32(MOST)]
    assert clarity_class(clear).tolist() == [0, NUM_CLASSES - 1]


def test_only_the_length_against_the_series_counts() -> None:
    rng = np.random.default_rng(0)
    voice, start = rng.normal(size=(5, 8)).astype(np.float32), np.arange(5.0)
    plain = SeriesLines(voice, start, start + 1, np.zeros(5, np.int32))
    louder = SeriesLines(70 * voice, start, start + 1, np.zeros(5, np.int32))
    assert np.allclose(plain.clarity, louder.clarity, atol=1e-5)


def test_a_line_without_a_voice_is_no_evidence() -> None:
    rows = np.array([[0.0, 0.0], [3.0, 4.0]], np.float32)
    mean = np.array([0.5, 0.5], np.float32)
    assert np.allclose(levelled(rows, mean, np.array([0.2, 0.5], np.float32)), [[0, 0], [0.2, 0.6]])
