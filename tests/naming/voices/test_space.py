"""The voice space is what the voices say, not what the last bits of them make of directions that are equal."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.core.vectors import unit
from audiorole.naming.voices.model import MAX_DIMENSIONS, VoiceMoments, Voices, VoiceSpace, fading, fit_space

DIMENSION = 256


def heard(people: int, lines: int, jitter: float, noise: int) -> tuple[VoiceSpace, np.ndarray, np.ndarray]:
    """Return the space of so many people's lines, the lines in it, and their means. noise: seed of the jitter."""
    rng = np.random.default_rng(people)
    who = np.arange(people * lines) % people
    voice = rng.standard_normal((people, DIMENSION))[who] + 0.8 * rng.standard_normal((len(who), DIMENSION))
    voice = 0.05 * (voice + jitter * np.random.default_rng(noise).standard_normal(voice.shape)).astype(np.float32)
    moments = VoiceMoments.empty(people, DIMENSION)
    moments.add(voice, np.eye(people, dtype=np.float32)[who])
    space = fit_space(moments, np.zeros(DIMENSION, np.float32), 0.005 * np.eye(DIMENSION))
    return space, voice @ space.projection, (moments.means() @ space.projection).astype(np.float32)


@pytest.mark.parametrize("people", [2, 9, 40])
@pytest.mark.parametrize("lines", [1, 3])
def test_last_bits_of_voices_hardly_turn_what_is_alike(people: int, lines: int) -> None:
    """Few lines leave most directions equal; a cut through them turned the cosines of lines by up to .27."""
    (_, one, _), (_, other, _) = (heard(people, lines, 1e-6, noise) for noise in (0, 1))
    alike = [unit(rows) @ unit(rows).T for rows in (one, other)]
    assert np.abs(alike[0] - alike[1]).max() < 2e-3


@pytest.mark.parametrize("people", [2, 9, 40])
def test_last_bits_of_voices_hardly_turn_what_speaks_for_somebody(people: int) -> None:
    ratios = []
    for noise in (0, 1):
        space, rows, means = heard(people, 1, 1e-6, noise)
        voices = Voices(space, means, np.full(people, 3.0, np.float32))
        nobody = np.zeros((len(rows), people), np.float32)
        ratios.append(voices.log_ratio(rows, np.full(len(rows), 3), nobody))
    assert np.abs(ratios[0] - ratios[1]).max() < 2e-2
    assert np.array_equal(ratios[0].argmax(1), np.arange(len(ratios[0])) % people)


@pytest.mark.parametrize("count", [129, 256, 1000])
def test_equal_directions_count_alike_and_all_of_them_as_many_as_are_kept(count: int) -> None:
    assert np.allclose(fading(np.full(count, 0.3)), MAX_DIMENSIONS / count)
    uneven = fading(np.concatenate([np.linspace(20, 1, 30), np.full(count - 30, 0.3)]))
    assert np.isclose(uneven.sum(), MAX_DIMENSIONS)
    assert np.allclose(uneven[:30], 1)
    assert np.ptp(uneven[30:]) == 0
    steep = fading(np.geomspace(1e6, 1e-6, count))
    assert np.all(np.diff(steep) <= 0)
    assert np.isclose(steep.sum(), MAX_DIMENSIONS)


@pytest.mark.parametrize("count", [1, 96, MAX_DIMENSIONS])
def test_where_there_are_few_directions_all_count(count: int) -> None:
    assert np.array_equal(fading(np.geomspace(9, 1e-3, count)), np.ones(count))
