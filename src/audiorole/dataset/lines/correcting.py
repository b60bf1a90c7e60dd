"""A line as a person corrected it: what follows for its transcript, its signal and its place in the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from audiorole.audio.measures import bandwidth_hz, clipped_share
from audiorole.dataset.lines.curves import SpeechCurves
from audiorole.dataset.lines.text import normalised
from audiorole.naming.answers.corrections import LineCorrection
from audiorole.types import Naming, Place, Quality, Speech, Transcript, Utterance
from audiorole.types.plain import Array

Reader = Callable[[float, float], Array]
"""(start, end) in seconds of the episode → float32 `(num_samples,)` at 16 kHz."""

SAMPLE_RATE = 16_000
METHOD = "reviewer"
"""Method of a transcript that a person wrote; nobody compared it with the audio but they."""


def corrected(line: Utterance, correction: LineCorrection, curves: SpeechCurves, read: Reader) -> Utterance:
    """Return the line with what people said of its text, bounds and overlap."""
    if correction.text is not None:
        line = with_text(line, correction.text)
    if correction.span is not None:
        line = _with_bounds(line, correction.span, curves, read)
    if correction.overlap is not None:
        speech = line.speech or Speech(1.0)
        line = msgspec.structs.replace(
            line, speech=msgspec.structs.replace(speech, overlap_share=float(correction.overlap))
        )
    return line


def with_text(line: Utterance, text: str) -> Utterance:
    """Return the line with another text: what aligned or compared the old one says nothing about it."""
    heard = line.transcript or Transcript()
    transcript = Transcript(text=heard.text, language=heard.language, method=METHOD)
    return msgspec.structs.replace(line, text=text, normalised=normalised(text), transcript=transcript)


def _with_bounds(line: Utterance, span: tuple[float, float], curves: SpeechCurves, read: Reader) -> Utterance:
    """Return the line with other bounds, measured anew; the tier stays, and DNSMOS, which hears nine seconds."""
    start, end = round(span[0], 3), round(span[1], 3)
    speech = curves.facts(start, end)
    quality = line.quality and _measured(line.quality, speech, read(start, end))
    transcript = line.transcript
    if transcript and transcript.words:
        words = tuple(word for word in transcript.words if word.end > start and word.start < end)
        transcript = msgspec.structs.replace(transcript, words=words)
    return msgspec.structs.replace(line, start=start, end=end, speech=speech, quality=quality, transcript=transcript)


def _measured(quality: Quality, speech: Speech, waveform: Array) -> Quality:
    return msgspec.structs.replace(
        quality,
        snr_db=speech.snr_db,
        bandwidth=bandwidth_hz(np.asarray(waveform, np.float32), SAMPLE_RATE),
        clipping=round(clipped_share(waveform), 5),
        enhanced=False,
        enhanced_dnsmos=None,
    )


def added_line(
    line: str, correction: LineCorrection, character: str, near: Utterance | None, curves: SpeechCurves, read: Reader
) -> Utterance:
    """Return a line that people added. character: "" where nobody said who speaks; near: the line beside it in time."""
    start, end = correction.span or (0.0, 0.0)
    naming = Naming(character, 1.0 if character else 0.0)
    language = near.language if near else ""
    blank = Utterance(line, start, end, "", language=language, naming=naming, place=_place(near, start))
    rated = msgspec.structs.replace(blank, quality=Quality("C"))
    made = corrected(rated, correction, curves, read)
    return msgspec.structs.replace(made, quality=made.quality and _by_noise(made.quality))


TIER_A_DB, TIER_B_DB = 20.0, 10.0
"""Signal-to-noise ratio in dB from which an added line is of tier A or B, as the stage `quality` has it by default
where DNSMOS was not measured."""

MOST_CLIPPED = 0.001


def _by_noise(quality: Quality) -> Quality:
    snr = quality.snr_db if quality.clipping <= MOST_CLIPPED else None
    tier = "C" if snr is None or snr < TIER_B_DB else "A" if snr >= TIER_A_DB else "B"
    return msgspec.structs.replace(quality, tier=tier)


def _place(near: Utterance | None, start: float) -> Place | None:
    """Return the place beside a line: in its scene and dialogue, after what that line had as context."""
    if near is None or near.place is None:
        return None
    before = (near.id,) if near.start <= start else ()
    return Place(near.place.scene, near.place.dialogue, near.place.turn, (*near.place.context, *before))


def nearest(lines: Sequence[Utterance], span: tuple[float, float]) -> Utterance | None:
    """Return the line with the shortest silence to `span`, the earlier of two."""
    gaps = [max(line.start - span[1], span[0] - line.end, 0.0) for line in lines]
    return lines[int(np.argmin(gaps))] if gaps else None
