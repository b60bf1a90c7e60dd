"""Judge a subtitle by activity, and by words where activity is not sure: accept it, repair it or refuse it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.aligning import ODD_RATE, REACH, align, refused, taken, usable
from audiorole.dataset.sync.evidence import evidence
from audiorole.dataset.sync.listening import Hear, HeardWords, spans_of
from audiorole.dataset.sync.onsets import drawn_to_onsets
from audiorole.dataset.sync.pauses import cues_of
from audiorole.dataset.sync.pieces import pieces_of, worth
from audiorole.dataset.sync.records import Alignment, MapPiece
from audiorole.dataset.sync.testimony import Testimony
from audiorole.dataset.sync.wording import Floats

SURE, MANY_CUES = 0.9, 40
"""Confidence and number of cues from which activity needs no words beside it."""
ENOUGH = 0.15
"""Share of the heard characters that must stand in the subtitle where the audio has them."""
_STEEP = 40.0
"""How fast confidence rises with that share."""
_WORDS = 0.3
"""Evidence that a unit of a clock's cost stands for, where clocks are compared: longer matched texts say more."""
_FEW_CHARACTERS = 30
"""Fewer heard characters tell nothing."""
_HOUR = 3600.0


def judge(
    times: NDArray[np.floating],
    texts: Sequence[str],
    speech: NDArray[np.floating],
    frame_rate: float,
    duration: float,
    hear: Hear | None = None,
    lead: float = 0.0,
) -> Alignment:
    """Return how the subtitle's clock maps to the audio's: as `align` does, by words where it is not sure.

    times, speech, frame_rate, duration: as for `align`; texts: of the cues. hear: gives the words of spans of the
    audio; it is asked only where activity leaves doubt, and None leaves activity alone to judge. Offsets of any size.
    lead: seconds by which `speech` rises earlier than Silero VAD would.
    """
    order = usable(times)
    cues = np.asarray(times, dtype=np.float64).reshape(-1, 2)[order]
    spans = spans_of(speech, frame_rate)
    speech = _later(speech, lead * frame_rate)
    found = _by_activity(cues, speech, frame_rate, duration)
    if hear is None or (found.confidence >= SURE and len(cues) >= MANY_CUES) or not len(cues):
        return found
    testimony = Testimony(cues, [texts[index] for index in order])
    testimony.listen(spans, hear, ENOUGH)
    if testimony.characters < _FEW_CHARACTERS:
        return found
    if testimony.share < ENOUGH:
        return refused(_sure(testimony.share), testimony.told)
    return _placed(cues, testimony, found, speech, frame_rate, duration)


def _later(speech: NDArray[np.floating], frames: float) -> NDArray[np.floating]:
    """Return the curve moved by a number of frames, which need not be whole."""
    places = np.arange(len(speech))
    return np.interp(places - frames, places, speech) if frames and len(speech) else speech


def support(times: NDArray[np.floating], texts: Sequence[str], heard: Sequence[HeardWords]) -> float:
    """Return the share of the heard characters that stand in the subtitle on one clock, above chance, in [0, 1].

    `ENOUGH` of it and more says that the text is of the same speech. times, texts: as for `judge`.
    """
    order = usable(times)
    testimony = Testimony(np.asarray(times, dtype=np.float64).reshape(-1, 2)[order], [texts[index] for index in order])
    testimony.take(heard)
    return testimony.share if testimony.characters >= _FEW_CHARACTERS else 0.0


def _by_activity(cues: Floats, speech: NDArray[np.floating], frame_rate: float, duration: float) -> Alignment:
    """Return the alignment; a clock that starts hours away is first moved to where the audio is."""
    found = align(cues, speech, frame_rate, duration)
    if found.accepted or not len(cues) or -REACH < cues[0, 0] < duration + REACH:
        return found
    rest = float(cues[0, 0]) % _HOUR
    offset = (rest if rest < duration else 0.0) - float(cues[0, 0])
    near = align(cues + offset, speech, frame_rate, duration)
    return moved(near, 1.0, offset) if near.accepted else found


def moved(found: Alignment, rate: float, offset: float) -> Alignment:
    """Return an alignment of `rate * time + offset` as one of `time`."""
    pieces = tuple(
        MapPiece(
            start=(piece.start - offset) / rate,
            end=(piece.end - offset) / rate,
            offset=piece.offset + piece.rate * offset,
            rate=piece.rate * rate,
        )
        for piece in found.pieces
    )
    return taken(pieces, found.confidence) if found.accepted else found


def _placed(
    cues: Floats,
    testimony: Testimony,
    found: Alignment,
    speech: NDArray[np.floating],
    frame_rate: float,
    duration: float,
) -> Alignment:
    """Return the alignment that the heard words ask for; activity says where between them a cut lies."""
    sure = _sure(testimony.share)
    if not testimony.agrees(found) and not testimony.dense:
        rate, offset = testimony.clock.rate, testimony.main_offset
        found = moved(align(cues * rate + offset, speech, frame_rate, duration), rate, offset)
    if testimony.agrees(found) and not testimony.dense:
        return msgspec.structs.replace(
            found, confidence=max(sure, found.confidence), reason=f"{found.reason}; {testimony.told}"
        )
    sounds = evidence(speech, frame_rate)
    heard = drawn_to_onsets(testimony.anchors.per_cue(len(cues)), speech, frame_rate)
    best: tuple[float, tuple[MapPiece, ...]] = (-math.inf, ())
    for clock in testimony.clocks:
        stretched, offsets = cues_of(cues, heard).scaled(clock.rate), testimony.offsets(clock)
        pieces = pieces_of(stretched, offsets, sounds, clock.rate)
        value = worth(stretched, offsets, sounds) - _WORDS * clock.cost
        if clock.rate != 1.0:
            value -= ODD_RATE * (2 * len(pieces) - 1)  # within a few cues, a cut and another rate imitate each other
        if value > best[0]:
            best = value, pieces
    return taken(best[1], sure, f"; {testimony.told}")


def _sure(share: float) -> float:
    return 1 / (1 + math.exp(-_STEEP * (share - ENOUGH)))
