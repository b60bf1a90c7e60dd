"""Align a subtitle to the audio by speech activity alone: offset, frame rate, cuts, and a gate that may say no."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.sync.evidence import SpeechEvidence, evidence
from audiorole.dataset.sync.gate import ACCEPT, Fit, confidence
from audiorole.dataset.sync.path import SKIP, Path, best_path, best_score
from audiorole.dataset.sync.pauses import Cues, cues_of
from audiorole.dataset.sync.pieces import pieces_of
from audiorole.dataset.sync.records import Alignment, MapPiece

RATES = ((1.0, 1.001, 1 / 1.001), (25 / 23.976, 25 / 24), (23.976 / 25, 24 / 25))
"""Film at 23.976 or 24 frames a second and PAL at 25, each played at another's speed; rates of a family are close."""
REACH = 660.0
"""Seconds an offset may be off: a minute, and three cuts of three minutes before the last cue."""
_STEP = 0.128
"""Seconds of the grid; cues are placed to 8 ms afterwards. Finer steps place no more cues right."""
ODD_RATE = 3.0
"""Evidence (of one or two cues) that another rate than 1 must bring: drift of a thousandth fits by chance too."""
_FEWEST_CUES = 5
"""Fewer cues fit anywhere."""
_MOST_PLACES = 40_000_000
"""Cues x offsets kept in memory (160 MB); beyond, the grid gets coarser."""
_STAYS = 0.06
"""Seconds; three standard deviations of the offset found for subtitles as people write them: a file in sync stays."""


def align(times: NDArray[np.floating], speech: NDArray[np.floating], frame_rate: float, duration: float) -> Alignment:
    """Return how the subtitle's clock maps to the audio's.

    times: cue starts and ends in seconds on the subtitle's clock, `(num_cues, 2)`, sorted by start.
    speech: probability of speech per frame `(num_frames,)` in [0, 1] (Silero VAD), `frame_rate` frames a second.
    duration: seconds of audio. Not accepted (and `map` the identity): subtitles of other audio, too little to judge.
    Rates tried are `RATES`; offsets and the sum of cuts may reach `REACH`. Source: our own; compare alass (split
    penalties) and ffsubsync (FFT over one offset), which have neither pauses as evidence nor a gate.
    """
    cues = np.asarray(times, dtype=np.float64).reshape(-1, 2)[usable(times)]
    if len(cues) < _FEWEST_CUES or len(speech) < frame_rate:
        return refused(0.0, f"{len(cues)} cues in {duration:.0f} s are too few to judge: times left as they are")
    sounds = evidence(speech, frame_rate)
    coarse = sounds.coarse(_frames_per_step(len(cues), frame_rate, duration))
    rate = _best_rate(cues_of(cues), coarse)
    stretched = cues_of(cues).scaled(rate)
    path = best_path(stretched, coarse, REACH)
    chance = best_path(stretched, coarse.reversed(), REACH)
    pieces = pieces_of(stretched, path.offsets, sounds, rate)
    return _judged(_fit(path), confidence(_fit(path), _fit(chance)), pieces)


def usable(times: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the indexes of the cues with a length, by their starts."""
    cues = np.asarray(times, dtype=np.float64).reshape(-1, 2)
    kept = np.flatnonzero(np.isfinite(cues).all(axis=1) & (cues[:, 1] > cues[:, 0]))
    return np.asarray(kept[np.argsort(cues[kept, 0], kind="stable")], dtype=np.int64)


def _fit(path: Path) -> Fit:
    placed = path.offsets[np.isfinite(path.offsets)]
    skipped = len(path.offsets) - len(placed)
    return Fit(gain=path.score + SKIP * skipped, cues=len(placed), pieces=int((np.diff(placed) != 0).sum()) + 1)


def _frames_per_step(cues: int, frame_rate: float, duration: float) -> int:
    places = cues * 2 * min(REACH, duration) / _STEP
    return max(1, round(_STEP * frame_rate * max(1.0, places / _MOST_PLACES)))


def _best_rate(cues: Cues, sounds: SpeechEvidence) -> float:
    """Return the rate with the best path; a coarser grid tells the families apart."""

    def best(rates: Sequence[float], grid: SpeechEvidence) -> float:
        scores = [best_score(cues.scaled(rate), grid, REACH) - (ODD_RATE if rate != 1.0 else 0.0) for rate in rates]
        return rates[int(np.argmax(scores))]

    first = best([family[0] for family in RATES], sounds.coarse(2))
    return best(next(family for family in RATES if family[0] == first), sounds)


def _judged(fit: Fit, sure: float, pieces: tuple[MapPiece, ...]) -> Alignment:
    if sure < ACCEPT:
        return refused(
            sure,
            f"the cues follow the speech no better than chance would ({fit.per_cue:.2f} a cue in {fit.pieces} pieces): "
            "the subtitle is of other audio or too far off, times left as they are",
        )
    return taken(pieces, sure)


def taken(pieces: tuple[MapPiece, ...], sure: float, why: str = "") -> Alignment:
    """Return an accepted alignment; a file that is in sync stays as it is. why: added to the reason."""
    if len(pieces) == 1 and pieces[0].rate == 1.0 and abs(pieces[0].offset) < _STAYS:
        told = f"in sync already ({pieces[0].offset * 1000:+.0f} ms): times left as they are"
        pieces = (MapPiece(start=pieces[0].start, end=pieces[0].end, offset=0.0),)
    else:
        told = _told(pieces)
    return Alignment(pieces=pieces, accepted=True, confidence=sure, reason=f"{told}{why}")


def _told(pieces: tuple[MapPiece, ...]) -> str:
    offsets = ", ".join(f"{piece.offset:+.2f} s" for piece in pieces)
    rate = "" if pieces[0].rate == 1.0 else f", rate x {pieces[0].rate:.5f}"
    return f"offset {offsets}{rate}" if len(pieces) == 1 else f"{len(pieces)} pieces at {offsets}{rate}"


def refused(sure: float, reason: str) -> Alignment:
    """Return an alignment that leaves the times as they are."""
    return Alignment(pieces=(), accepted=False, confidence=sure, reason=reason)
