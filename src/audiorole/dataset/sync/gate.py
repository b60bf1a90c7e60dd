"""The quality gate: does this subtitle belong to this audio, and is the map better than leaving the file alone?"""

from __future__ import annotations

import math

from audiorole.types import Record

# Logistic regression on the even episodes of a development series (benchmarks/sync.py --gate prints the table): own
# subtitles, whole and with one to three cuts, as written and with exact times, against those of other episodes.
_WEIGHT_PER_CUE = 3.0
_WEIGHT_PER_PIECE = 2.0
_LEVEL = 8.6
ACCEPT = 0.5
"""Confidence from which an alignment is used."""


class Fit(Record, frozen=True):
    """How well a path fits. gain: evidence less the cost of jumps; cues: placed ones; pieces: jumps and one."""

    gain: float
    cues: int
    pieces: int

    @property
    def per_cue(self) -> float:
        """Evidence per placed cue: about 2 for subtitles of this audio, 0.5 for others."""
        return self.gain / max(1, self.cues)

    @property
    def per_piece(self) -> float:
        """Evidence per piece: foreign subtitles reach their gain by many jumps only."""
        return max(0.0, self.gain) / max(1, self.pieces)


def confidence(fit: Fit) -> float:
    """Return the probability in [0, 1] that the subtitle belongs to the audio."""
    logit = _WEIGHT_PER_CUE * fit.per_cue + _WEIGHT_PER_PIECE * math.log(max(fit.per_piece, 1e-3)) - _LEVEL
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))
