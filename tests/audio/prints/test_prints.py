"""Sound prints: the same recording is found again at its place, whatever was done to it; another one is not."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from audiorole.audio.prints import Levels, PrintIndex, agreement, align, levels_of, print_of

RATE = 8000
SPEED = 25025 / 24000


def programme(seed: int, seconds: float = 100.0) -> np.ndarray:
    """Noise whose bands rise and fall several times a second, as speech and music do."""
    random = np.random.default_rng(seed)
    clock = np.arange(round(seconds * RATE)) / RATE
    wave = np.zeros(len(clock), dtype=np.float32)
    for low in np.geomspace(150, 3000, 14):
        knots = random.normal(0, 1.2, round(seconds * 6))
        level = np.exp(np.interp(clock, np.arange(len(knots)) / 6, knots))
        tone = np.sin(2 * np.pi * low * clock * (1 + 0.1 * random.random()) + 6 * random.random())
        wave += (level * tone / low**0.5).astype(np.float32)
    return 0.05 * wave + random.normal(0, 1e-3, len(clock)).astype(np.float32)


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return programme(1)


def levels(wave: np.ndarray) -> Levels:
    return levels_of(np.array_split(wave.astype(np.float32), 5), RATE)


def lost(wave: np.ndarray) -> np.ndarray:
    """Return the waveform without [40, 55)."""
    return np.concatenate([wave[: 40 * RATE], wave[55 * RATE :]])


def after(time: float) -> float | None:
    """Return where a moment is then."""
    return time if time < 40 else None if time < 55 else time - 15


def advert(wave: np.ndarray) -> np.ndarray:
    """Return the waveform with 20 s of another one in it."""
    return np.concatenate([wave[: 60 * RATE], programme(9, 20.0), wave[60 * RATE :]])


SILENCE = np.zeros(round(3.217 * RATE), np.float32)
COPIES = {
    "the same": (lambda x: x, lambda t: t),
    "softer": (lambda x: 0.05 * x, lambda t: t),
    "noisy": (lambda x: x + np.random.default_rng(5).normal(0, 0.004, len(x)).astype(np.float32), lambda t: t),
    "later": (lambda x: np.concatenate([SILENCE, x]), lambda t: t + 3.217),
    "begins later": (lambda x: x[round(5.5 * RATE) :], lambda t: t - 5.5 if t >= 5.5 else None),
    "faster": (lambda x: soxr.resample(x, RATE * SPEED, RATE), lambda t: t / SPEED),
    "slower": (lambda x: soxr.resample(x, RATE / SPEED, RATE), lambda t: t * SPEED),
    "odd speed": (lambda x: soxr.resample(x, RATE * 0.985, RATE), lambda t: t / 0.985),
    "cut": (lost, after),
    "advert": (advert, lambda t: t + 20 * (t >= 60)),
    "cut and faster": (lambda x: soxr.resample(lost(x), RATE * SPEED, RATE), lambda t: after(t) and after(t) / SPEED),
}  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_a_moment_is_found_within_20_ms_in(name, original):
    change, where = COPIES[name]
    frames, copy = print_of(levels(original)), levels(change(original))
    sighting = PrintIndex({"other": print_of(levels(programme(2))), "it": frames}).find(copy)
    assert sighting is not None
    assert sighting.name == "it"
    found = align(frames, copy, sighting)
    moments = [t for t in np.arange(0.5, 99.0, 0.5) if all(abs(t - border) > 0.3 for border in (5.5, 40, 55, 60))]
    places = [(found.place(t, t + 0.2), where(t)) for t in moments]
    assert [place is None for place, _ in places] == [true is None for _, true in places]
    assert max(abs(place[0] - true) for place, true in places if place) < 0.02


def test_cut_points_are_found_within_20_ms(original):
    frames, copy = print_of(levels(original)), levels(lost(original))
    sighting = PrintIndex({"it": frames}).find(copy)
    first, second = align(frames, copy, sighting).pieces
    assert first.end == pytest.approx(40, abs=0.02)
    assert second.start == pytest.approx(55, abs=0.02)


def test_another_recording_is_none(original):
    index = PrintIndex({"it": print_of(levels(original))})
    assert index.find(levels(programme(3))) is None
    assert index.find(levels(np.zeros(20 * RATE, np.float32))) is None
    assert index.find(levels(np.zeros(0, np.float32))) is None
    assert PrintIndex({}).find(levels(original)) is None


def test_other_voices_over_the_same_music_do_not_agree():
    music, voices, others = 0.5 * programme(4), programme(5), programme(6)
    frames = print_of(levels(music + voices))
    index = PrintIndex({"it": frames})
    spans = [(t, t + 2.0) for t in range(0, 90, 3)]

    def heard(wave: np.ndarray) -> float:
        copy = levels(wave)
        sighting = index.find(copy)
        shares = agreement(frames, copy, align(frames, copy, sighting), spans) if sighting else []
        return float(np.median([share for share in shares if share is not None] or [0.5]))

    assert heard(0.3 * (music + voices)) > 0.95
    assert heard(music + others) < 0.7


def test_a_print_is_31_bytes_a_second_and_the_same_in_any_blocks(original):
    frames = print_of(levels(original))
    assert len(frames) == pytest.approx(len(original) / RATE * 31.25, abs=2)
    assert np.array_equal(frames, print_of(levels_of([original.astype(np.float32)], RATE)))
