"""Thresholds from the dataset's own real lines: what they never reach, and what the fakes always do.

A narrow-band, noisy series has other lines than a studio recording: its recogniser errs more, its unrelated lines
correlate more. Each threshold is set by real lines outside the test episodes, and by fakes made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gates.gates import GateLimits, said_distance, speaker_likeness
from audiorole.evaluation.hearing.bands import log_bands, loop_score
from audiorole.evaluation.hearing.copies import copy_score
from audiorole.evaluation.hearing.listener import WINDOW_SECONDS, Listener
from audiorole.evaluation.metrics.base import Response
from audiorole.types import Dialogue, Record

COPY_NOISE_DB = 10.0
"""A copy is sought even under noise this loud, shifted by part of a frame and at another level."""

BOUNDS = {"copied": (0.8, 0.9), "looped": (0.6, 0.9), "one_speaker": (-0.15, -0.05), "text_mismatch": (0.5, 0.65)}
"""No dataset moves a threshold beyond these: outside them the gate would catch nothing, or real speech."""

STEPS = 50
"""Thresholds tried between the bounds."""

LOWER_IS_FAKE = frozenset({"one_speaker"})
LOOPS = 4


class Calibration(Record, frozen=True):
    """The limits, and what they rest on. false_alarms, caught: per gate, the share of the real lines and of the fakes
    made of them beyond the limit; lines: real lines heard, none of them in the test episodes.
    """

    limits: GateLimits
    false_alarms: dict[str, float]
    caught: dict[str, float]
    lines: int


Figures = dict[str, list[float]]


def calibrate(gallery: Gallery, listener: Listener) -> Calibration:
    """Return the gate limits for the gallery's dataset, from real lines of the roles outside the test episodes."""
    chosen = gallery.items.calibration
    real = _collect(_real_line(item, gallery, listener) for item in chosen)
    fake = _collect(_fakes(item, other, gallery, listener) for item, other in _pairs(chosen))
    limits = {name: best_limit(name, real.get(name, []), fake.get(name, [])) for name in BOUNDS}
    return Calibration(
        limits=GateLimits(**limits, longest=gallery.suite.longest_reply),
        false_alarms={name: round(beyond(name, real.get(name, []), limits[name]), 4) for name in BOUNDS},
        caught={name: round(beyond(name, fake.get(name, []), limits[name]), 4) for name in BOUNDS},
        lines=len(chosen),
    )


def best_limit(name: str, real: Sequence[float], fake: Sequence[float]) -> float:
    """Return the limit with the fewest false alarms, among those the one that misses the fewest fakes.

    Real lines go first: a gate floors a whole reply. Of limits that do alike the middle one is taken, which leaves
    both sides the same room.
    """
    steps = np.linspace(*BOUNDS[name], STEPS + 1)
    costs = [(beyond(name, real, step), -beyond(name, fake, step)) for step in steps]
    best = [step for step, cost in zip(steps, costs, strict=True) if cost == min(costs)]
    return round(float(best[len(best) // 2]), 4)


def beyond(name: str, figures: Sequence[float], limit: float) -> float:
    """Return the share of `figures` that a gate with this limit closes on; 0 for none."""
    values = np.asarray(figures, dtype=np.float64)
    closed = values < limit if name in LOWER_IS_FAKE else values > limit
    return float(closed.mean()) if len(values) else 0.0


def _real_line(item: Dialogue, gallery: Gallery, listener: Listener) -> dict[str, float | None]:
    """Return what each gate measures on a real line; a copy is sought everywhere but in the line itself."""
    clip, doubtful = listener.hear(gallery.corpus.audio(item.id)), BOUNDS["text_mismatch"][0]
    return {
        "copied": copy_score(clip.bands, gallery.copy_sources(item, with_gold=False), without=item.id),
        "looped": loop_score(clip.bands),
        "one_speaker": speaker_likeness(clip, gallery.cast_voices),
        "text_mismatch": said_distance(Response(clip, item.target.text), doubtful),
    }


def _fakes(item: Dialogue, other: Dialogue, gallery: Gallery, listener: Listener) -> dict[str, float | None]:
    """Return what each gate measures on the fake made for it out of a real line."""
    wave, stranger = gallery.corpus.audio(item.id), gallery.corpus.audio(other.id)
    two = item.target.character != other.target.character
    return {
        "copied": copy_score(log_bands(disguised(wave)), gallery.copy_sources(item)),
        "looped": loop_score(log_bands(np.tile(wave[:SAMPLE_RATE], LOOPS))),
        "one_speaker": speaker_likeness(listener.hear(duet(wave, stranger)), gallery.cast_voices) if two else None,
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
