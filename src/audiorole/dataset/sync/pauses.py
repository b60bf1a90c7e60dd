"""Cues as sync sees them: where speech should be, where it should not, and where nothing is said either way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.evidence import SpeechEvidence

Floats = NDArray[np.float64]

_EDGE = 0.03
"""Seconds at both ends of a cue without a claim: detectors rise about 0.1 s late and fall as early."""
_SHORTEST_PAUSE = 0.15
"""Seconds; cues cut for length stand 0 to 0.12 s apart (two or three frames) and speech runs through."""
_PAUSE_EDGE = 0.06
"""Seconds that a pause may reach into its cues, for the same lag of the detector."""
_ONSET_BEFORE, _ONSET_AFTER = 0.5, 0.6
"""Seconds around the start of a cue that tell when its speech begins; 0.4 to 1.0 do as well."""
_LATE_END = 0.2
"""Seconds by which people let cues stand after the speech; the silence before the next cue is that much longer."""
WORD_WEIGHT, WORD_SECONDS, WORD_MOST = 0.5, 0.25, 4.0
"""A cue whose first word was heard at its place brings evidence of 2, and 0.5 less for every 0.25 s beside it: a
recogniser's times of single words are off by that much. Chosen on minutes of the even episodes of two series."""
_LONGEST_PAUSE = 4.0
"""Seconds after a cue that should be silent; further on come songs, crowds and lines that nobody subtitled."""


@dataclass(frozen=True)
class Cues:
    """Times in seconds, float64 `(num_cues,)` each: cue bounds, the pause after each cue (empty: end <= start).

    hushes: where the silence just before each cue begins; NaN for a cue that follows another at once.
    heard: where in the audio a recogniser heard the cue's first word; NaN where it did not. All others are on the
    subtitle's clock.
    """

    starts: Floats
    ends: Floats
    pause_starts: Floats
    pause_ends: Floats
    hushes: Floats
    heard: Floats

    def __len__(self) -> int:
        return len(self.starts)

    def scaled(self, rate: float) -> Cues:
        """Return the cues with the clock stretched by `rate`."""
        starts, ends, pause_starts, pause_ends, hushes = (times * rate for times in self._own())
        return Cues(starts, ends, pause_starts, pause_ends, hushes, self.heard)

    def part(self, first: int, stop: int) -> Cues:
        """Return cues `first` to `stop - 1`."""
        return Cues(*(times[first:stop] for times in (*self._own(), self.heard)))

    def _own(self) -> tuple[Floats, ...]:
        return self.starts, self.ends, self.pause_starts, self.pause_ends, self.hushes

    def onsets(self, sounds: SpeechEvidence, offsets: Floats) -> tuple[Floats, int]:
        """Return the evidence of all cue starts at every offset, `(num_offsets,)`, and how many starts have a say."""
        heard = np.isfinite(self.hushes)
        starts, hushes, shift = self.starts[heard, None], self.hushes[heard, None], offsets[None, :]
        ends = np.minimum(starts + _ONSET_AFTER, self.ends[heard, None])
        silence = sounds.within_pauses(hushes + shift, starts + _PAUSE_EDGE + shift)
        speech = sounds.within_cues(starts + _EDGE + shift, ends + shift)
        return np.asarray((silence + speech).sum(axis=0)), int(heard.sum())

    def scores(self, sounds: SpeechEvidence, offsets: Floats) -> Floats:
        """Return the evidence of every cue at every offset, `(num_cues, num_offsets)`, with its pause and its words."""
        return self.activity(sounds, offsets) + self.words(offsets)

    def activity(self, sounds: SpeechEvidence, offsets: Floats) -> Floats:
        """Return the evidence of speech and pauses alone."""
        shift = offsets[None, :]
        speech = sounds.within_cues(self.starts[:, None] + _EDGE + shift, self.ends[:, None] - _EDGE + shift)
        pauses = sounds.within_pauses(self.pause_starts[:, None] + shift, self.pause_ends[:, None] + shift)
        return np.asarray(speech + pauses)

    def words(self, offsets: Floats) -> Floats:
        """Return what the heard words say for every offset, `(num_cues, num_offsets)`; 0 where none was heard."""
        away = np.abs(self.heard[:, None] - self.starts[:, None] - offsets[None, :])
        return np.where(np.isfinite(away), WORD_WEIGHT * np.maximum(WORD_MOST - away / WORD_SECONDS, 0.0), 0.0)


def cues_of(times: NDArray[np.floating], heard: Floats | None = None) -> Cues:
    """Return the cues of `times` `(num_cues, 2)`, sorted by start; overlapping cues leave no pause between them.

    heard: audio seconds at which the first word of each cue was heard, NaN for the others.
    """
    starts, ends = np.asarray(times, dtype=np.float64).T
    latest = np.maximum.accumulate(ends)
    following = np.append(starts[1:], latest[-1] + _LONGEST_PAUSE)
    pause_ends = np.minimum(following + _PAUSE_EDGE, latest + _LONGEST_PAUSE)
    silent = following - latest >= _SHORTEST_PAUSE
    before = np.append(-np.inf, latest[:-1])
    hushes = np.minimum(np.maximum(before + _LATE_END, starts - _ONSET_BEFORE), starts - _EDGE)
    hushes = np.where(starts - before >= _SHORTEST_PAUSE, hushes, np.nan)
    pause_ends = np.where(silent, pause_ends, latest - _PAUSE_EDGE)
    known = np.full(len(starts), np.nan) if heard is None else np.asarray(heard, dtype=np.float64)
    return Cues(starts, ends, latest - _PAUSE_EDGE, pause_ends, hushes, known)


EDGE = _EDGE
