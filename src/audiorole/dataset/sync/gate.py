"""The quality gate: does this subtitle belong to this audio, and is the map better than leaving the file alone?"""

from __future__ import annotations

import math

from audiorole.types import Record

# Logistic regression on the even episodes of a development series: own subtitles, exact and as written, whole
# and with one to three cuts, against those of other episodes. On odd episodes no foreign file came above 0.28 and no
# whole file of their own below 0.88; refused are some with most of their lines cut away.
_WEIGHT_ABOVE_CHANCE = 6.6
_WEIGHT_PER_PIECE = 2.1
_LEVEL = 8.3
_LEAST_ABOVE, _UNPROVED = 0.25, 0.4
"""Evidence per cue above chance below which confidence is at most 0.4: where somebody talks all the time, every place
fits. Subtitles of their own audio bring 0.38 and more on the same even episodes."""
ACCEPT = 0.5
"""Confidence from which an alignment is used."""


class Fit(Record, frozen=True):
    """How well a path fits. gain: evidence less the cost of jumps; cues: placed ones; pieces: jumps and one."""

    gain: float
    cues: int
    pieces: int

    @property
    def per_cue(self) -> float:
        """Evidence per placed cue."""
        return self.gain / max(1, self.cues)

    @property
    def per_piece(self) -> float:
        """Evidence per piece: foreign subtitles gain by many jumps only, five to ten each."""
        return self.gain / max(1, self.pieces)


def confidence(fit: Fit, chance: Fit) -> float:
    """Return the probability in [0, 1] that the subtitle belongs to the audio.

    chance: the same cues against the same speech turned back to front. What noise, music and the detector make of cues
    at wrong places differs from series to series; it is the same for both, so only the difference counts.
    """
    above = fit.per_cue - chance.per_cue
    logit = _WEIGHT_ABOVE_CHANCE * above + _WEIGHT_PER_PIECE * math.log(max(fit.per_piece, 0.5)) - _LEVEL
    sure = 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))
    return sure if above >= _LEAST_ABOVE else min(sure, _UNPROVED)
