"""What each frame of speech probability says for and against a cue, as sums that any offset can look up.

A frame in a cue should hold speech, a frame in the pause between two cues should not. With f_cue(p) and f_pause(p) the
densities of the detector's probability p in both, and a share `DENSITY` of the time covered by cues, a frame supports
"cue here" by log f_cue / (DENSITY f_cue + (1 - DENSITY) f_pause) against a wrong offset, where cues fall at random.
The pauses carry most of it: speech fills 80 % of an episode, so only silence is rare enough to tell places apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# log f_cue / f_pause of Silero VAD's probability is a line in the logit, cut at both ends. Fitted by eye to histograms
# in and between the true cues of the even episodes of a development series: -4 at p = 0.005, 0 at 0.15, 1.7 from 0.5.
# Cut at -3, which costs exact times nothing and helps those that people write.
_SLOPE, _LEVEL, _LEAST, _MOST = 1.2, 2.1, -3.0, 1.7
DENSITY = 0.7
"""Share of time covered by cues that a wrong offset meets (0.6 and 0.8 do as well)."""
_DEPENDENCE = 15.0
"""Frames of 32 ms that say the same thing: syllables and pauses last about half a second. Ten to twenty do as well."""
_OUTSIDE = -0.3
"""Evidence of a frame before or after the audio: a cue out there is as good as a silent one."""


@dataclass(frozen=True)
class SpeechEvidence:
    """Running sums of the evidence per frame. cue, pause: float64 `(num_frames + 1,)`; frame_rate: frames a second."""

    cue: Floats
    pause: Floats
    frame_rate: float

    @property
    def num_frames(self) -> int:
        """Frames of audio."""
        return len(self.cue) - 1

    def within_cues(self, starts: Floats, ends: Floats) -> Floats:
        """Return the evidence of cues over `[start, end)` seconds of audio, any shape."""
        return self._at(self.cue, ends, _OUTSIDE / _DEPENDENCE) - self._at(self.cue, starts, _OUTSIDE / _DEPENDENCE)

    def within_pauses(self, starts: Floats, ends: Floats) -> Floats:
        """Return the evidence of pauses over `[start, end)` seconds of audio; nothing where end <= start."""
        found = self._at(self.pause, ends, 0.0) - self._at(self.pause, starts, 0.0)
        return np.where(ends > starts, found, 0.0)

    def _at(self, sums: Floats, times: Floats, outside: float) -> Floats:
        """Look up running sums between frames; past both ends they go on with slope `outside`."""
        frames = np.asarray(times, dtype=np.float64) * self.frame_rate
        inside = np.clip(frames, 0.0, self.num_frames)
        low = np.minimum(inside.astype(np.int64), max(self.num_frames - 1, 0))
        values = sums[low] + (inside - low) * (sums[low + 1] - sums[low])
        return np.asarray(values + (frames - inside) * outside)

    def coarse(self, frames: int) -> SpeechEvidence:
        """Return the same evidence with `frames` frames put together."""
        keep = self.num_frames // frames * frames
        return SpeechEvidence(self.cue[: keep + 1 : frames], self.pause[: keep + 1 : frames], self.frame_rate / frames)

    def reversed(self) -> SpeechEvidence:
        """Return the evidence of the same audio back to front: alike in all but where things are."""
        return SpeechEvidence(self.cue[-1] - self.cue[::-1], self.pause[-1] - self.pause[::-1], self.frame_rate)

    @property
    def outside(self) -> float:
        """Evidence per second of a cue that lies outside the audio."""
        return _OUTSIDE / _DEPENDENCE


def evidence(speech: NDArray[np.floating], frame_rate: float) -> SpeechEvidence:
    """Return the evidence of `speech`: probability per frame `(num_frames,)` in [0, 1], at `frame_rate` Hz."""
    bounded = np.clip(np.asarray(speech, dtype=np.float64), 1e-4, 1 - 1e-4)
    ratio = np.clip(_SLOPE * np.log(bounded / (1 - bounded)) + _LEVEL, _LEAST, _MOST)
    mixed = np.log(DENSITY * np.exp(ratio) + 1 - DENSITY)
    per_frame = 31.25 / (frame_rate * _DEPENDENCE)  # the same second says the same at any frame rate
    return SpeechEvidence(_sums((ratio - mixed) * per_frame), _sums(-mixed * per_frame), frame_rate)


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])
