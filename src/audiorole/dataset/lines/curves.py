"""The curves of `listen` as stages read them, and what they say of a span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE, snr_db
from audiorole.pipeline.stage import Context
from audiorole.types import Speech

Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class SpeechCurves:
    """One value a frame, `FRAME_RATE` frames a second: `(num_frames,)` each.

    speech, change: shares in [0, 1]. active: somebody speaks; possible: at least one of two detectors hears somebody.
    level: dB.
    """

    speech: NDArray[np.float32]
    change: NDArray[np.float32]
    level: NDArray[np.float32]
    active: Marks
    possible: Marks
    overlap: Marks
    music: Marks

    @classmethod
    def of(cls, context: Context) -> SpeechCurves:
        """Read the curves of an episode; the stage names `listen` among its needs."""
        speech = np.asarray(context.array("listen", "speech") / 100, dtype=np.float32)
        return cls(
            speech=speech,
            change=np.asarray(context.array("listen", "change") / 100, dtype=np.float32),
            level=context.array("listen", "level").astype(np.float32),
            active=speech >= 0.5,
            possible=speech >= 0.25,
            overlap=context.array("listen", "overlap") >= 50,
            music=context.array("listen", "music") >= 50,
        )

    def facts(self, start: float, end: float) -> Speech:
        """Return what the signal says of a span; start, end: seconds."""
        first = round(start * FRAME_RATE)
        last = max(first + 1, round(end * FRAME_RATE))
        return Speech(
            speech_share=_share(self.possible, first, last),
            overlap_share=_share(self.overlap, first, last),
            music_share=_share(self.music, first, last),
            snr_db=snr_db(self.level, self.active, first, last),
        )


def _share(marks: Marks, first: int, last: int) -> float:
    return round(float(marks[first:last].mean()), 3) if last > first and first < len(marks) else 0.0
