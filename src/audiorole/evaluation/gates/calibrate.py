"""Thresholds from the dataset's own real lines: what they never reach, and what the fakes always do.

A narrow-band, noisy series has other lines than a studio recording: its recogniser errs more, its unrelated lines
correlate more. Each threshold goes half way between the outermost real lines and the innermost of the provoked fakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gates.gates import GateLimits, copy_score, said_distance, speaker_likeness
from audiorole.evaluation.hearing.bands import log_bands, loop_score
from audiorole.evaluation.hearing.listener import WINDOW_SECONDS, Listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.metrics.base import Response
from audiorole.types import Dialogue, Record

LINES = 120
"""Real lines heard for calibration: 99 % of the real lines pass a threshold above all of them with p = 0.7."""

COPY_NOISE_DB = 10.0
"""A copy is sought even under noise this loud, shifted by part of a frame and at another level."""

BOUNDS = {"copied": (0.65, 0.85), "looped": (0.6, 0.9), "one_speaker": (-0.1, 0.3), "text_mismatch": (0.5, 0.78)}
"""No dataset moves a threshold beyond these: outside them the gate would catch nothing, or real speech."""


REAL_BEYOND, FAKE_BEYOND = 0.5, 2.0
"""Percent left beyond each end: eight gates share 2 % of false alarms, and one noisy fake must not set a threshold."""

LOWER_IS_FAKE = frozenset({"one_speaker"})
LOOPS = 4


class Calibration(Record, frozen=True):
    """The limits, and what they rest on. real, fake: per gate, the ends of the two distributions that face it."""

    limits: GateLimits
    real: dict[str, float]
    fake: dict[str, float]
    lines: int


Figures = dict[str, list[float]]


def calibrate(gallery: Gallery, listener: Listener, lines: int = LINES) -> Calibration:
    """Return the gate limits for the gallery's dataset from up to `lines` of its items' real lines."""
    chosen = sorted(gallery.items.items, key=lambda item: draw_order(7, item.id))[:lines]
    real = _collect(_real_line(item, gallery, listener) for item in chosen)
    fake = _collect(_fakes(item, other, gallery, listener) for item, other in _pairs(chosen))
    real_ends = {name: _end(real.get(name, []), name, real=True) for name in BOUNDS}
    fake_ends = {name: _end(fake.get(name, []), name, real=False) for name in BOUNDS}
    found = {name: _between(real_ends[name], fake_ends[name], name in LOWER_IS_FAKE, *BOUNDS[name]) for name in BOUNDS}
    return Calibration(
        limits=GateLimits(**found, longest=gallery.suite.longest_reply),
        real={name: round(end, 4) for name, end in real_ends.items() if end is not None},
        fake={name: round(end, 4) for name, end in fake_ends.items() if end is not None},
        lines=len(chosen),
    )


def _real_line(item: Dialogue, gallery: Gallery, listener: Listener) -> dict[str, float | None]:
    """Return what each gate measures on a real line; a copy is sought everywhere but in the line itself."""
    clip, doubtful = listener.hear(gallery.corpus.audio(item.id)), BOUNDS["text_mismatch"][0]
    return {
        "copied": copy_score(clip.bands, gallery.copy_sources(item, with_gold=False)),
        "looped": loop_score(clip.bands),
        "one_speaker": speaker_likeness(clip),
        "text_mismatch": said_distance(Response(clip, item.target.text), doubtful),
    }


def _fakes(item: Dialogue, other: Dialogue, gallery: Gallery, listener: Listener) -> dict[str, float | None]:
    """Return what each gate measures on the fake made for it out of a real line."""
    wave, stranger = gallery.corpus.audio(item.id), gallery.corpus.audio(other.id)
    two = item.target.character != other.target.character
    return {
        "copied": copy_score(log_bands(disguised(wave)), gallery.copy_sources(item)),
        "looped": loop_score(log_bands(np.tile(wave[:SAMPLE_RATE], LOOPS))),
        "one_speaker": speaker_likeness(listener.hear(duet(wave, stranger))) if two else None,
        "text_mismatch": said_distance(Response(listener.hear(wave), other.target.text), BOUNDS["text_mismatch"][0]),
    }


def disguised(waveform: Waveform, noise_db: float = COPY_NOISE_DB) -> Waveform:
    """Return a copy that is hard to see: quieter, shifted by 13 ms, under noise `noise_db` below the speech."""
    power = float(np.sqrt(np.mean(waveform**2))) * 10 ** (-noise_db / 20)
    noise = np.random.default_rng(len(waveform)).normal(0, power, len(waveform))
    return np.asarray(0.5 * (waveform + noise)[208:], dtype=np.float32)


def duet(first: Waveform, second: Waveform) -> Waveform:
    """Return two lines, each at least two windows long, one after another."""
    size = 2 * round(WINDOW_SECONDS * SAMPLE_RATE)
    return np.concatenate([np.resize(wave, max(size, len(wave))) for wave in (first, second)])


def _pairs(items: Sequence[Dialogue]) -> list[tuple[Dialogue, Dialogue]]:
    return list(zip(items, [*items[1:], *items[:1]], strict=True))


def _collect(rows: Iterable[dict[str, float | None]]) -> Figures:
    found: Figures = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, []).append(value)
    return found


def _end(figures: Sequence[float], name: str, real: bool) -> float | None:
    """Return the end of the distribution that faces the threshold: its outermost percentile on that side."""
    if not figures:
        return None
    upper = real != (name in LOWER_IS_FAKE)
    beyond = REAL_BEYOND if real else FAKE_BEYOND
    return float(np.percentile(figures, 100 - beyond if upper else beyond))


def _between(real: float | None, fake: float | None, lower_is_fake: bool, low: float, high: float) -> float:
    """Return the middle of the two ends, within the bounds.

    Where they have passed each other no threshold is right for both, and real lines go first: theirs is taken.
    """
    if real is None or fake is None:
        found = next((end for end in (real, fake) if end is not None), (low + high) / 2)
    else:
        overlapping = fake > real if lower_is_fake else fake < real
        found = real if overlapping else (real + fake) / 2
    return round(min(high, max(low, found)), 4)
