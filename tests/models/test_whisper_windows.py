"""How lines share a window of Whisper: nothing is lost, nothing is given to a neighbour."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.models.words.whisper import GAP_SECONDS, SAMPLE_RATE, WINDOW_SECONDS, _token_times, _windows

seconds = st.lists(st.floats(0.05, 40.0), min_size=1, max_size=12)


@settings(deadline=None, max_examples=25)
@given(seconds)
def test_every_line_is_in_one_window_in_order(lengths: list[float]) -> None:
    waveforms = [np.full(int(s * SAMPLE_RATE), i + 1, dtype=np.float32) for i, s in enumerate(lengths)]
    windows = list(_windows(waveforms, [0] * len(lengths)))
    assert [line for window in windows for line in window.lines] == list(range(len(lengths)))
    for window in windows:
        assert len(window.lines) == 1 or len(window.waveform) / SAMPLE_RATE <= WINDOW_SECONDS + 1e-3
        for line, start in zip(window.lines, window.starts, strict=True):
            at = round(start * SAMPLE_RATE)
            np.testing.assert_array_equal(window.waveform[at : at + len(waveforms[line])], waveforms[line])
            assert window.owner(start) == line
            assert window.owner(start + len(waveforms[line]) / SAMPLE_RATE - 1e-3) == line


def test_tokens_bound_a_window_too() -> None:
    waveforms = [np.ones(SAMPLE_RATE, dtype=np.float32)] * 4
    assert [window.lines for window in _windows(waveforms, [150, 150, 150, 150])] == [(0, 1), (2, 3)]


def test_tokens_outside_their_line_are_found() -> None:
    (window,) = _windows([np.ones(2 * SAMPLE_RATE, dtype=np.float32)] * 2, [0, 0])
    second = 2 + GAP_SECONDS
    inside = window.inside(np.array([0.5, 1.9, second + 1.5, second + 0.1, second + 1.0]), [3, 2])
    assert inside.tolist() == [True, True, False, True, True]


def test_token_times_are_the_first_frame_of_each_token() -> None:
    path = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 3), (3, 10)]
    np.testing.assert_allclose(_token_times(path, 4), [0.0, 0.04, 0.06, 0.2], atol=1e-6)
