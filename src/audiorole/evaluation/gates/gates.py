"""The eight gates, in the order in which they are asked; the first that closes names the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audiorole.audio.measures import clipped_share
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.bands import FRAME_RATE, Bands, best_correlation, loop_score
from audiorole.evaluation.hearing.listener import Clip
from audiorole.evaluation.metrics.base import Response
from audiorole.evaluation.words import text_distance, words
from audiorole.types import Dialogue, Record

LEAST_SPEECH = 0.5
LEAST_SHARE = 0.2
COPY_SECONDS = 2.5
"""Template of the copy search: long enough that unrelated speech correlates under 0.6, short enough to find a part."""
LEAST_COPY_SECONDS = 0.8
LEAST_LANGUAGE_SECONDS = 2.0
"""Speech from which a recogniser's language counts: on shorter clips it guesses (docs/evaluation/gates.md)."""
LEAST_WORDS = 2


class GateLimits(Record, frozen=True):
    """Thresholds. copied, looped, text_mismatch: above it a reply is gated; one_speaker: below it.

    The values here are where calibration starts from; `calibrate` moves them by the dataset's real lines.
    clipped: share of flat samples (a real line of loud television stays under 0.001); longest: seconds.
    """

    copied: float = 0.65
    looped: float = 0.75
    one_speaker: float = 0.25
    text_mismatch: float = 0.6
    clipped: float = 0.01
    longest: float = 30.0


class Finding(Record, frozen=True):
    """A gate that closed: its name and the figure it closed on."""

    gate: str
    value: float


@dataclass(frozen=True)
class Asked:
    """What a gate looks at."""

    dialogue: Dialogue
    response: Response
    gallery: Gallery
    limits: GateLimits

    @property
    def clip(self) -> Clip:
        """The reply's clip."""
        return self.response.clip


def open_gates(dialogue: Dialogue, response: Response, gallery: Gallery, limits: GateLimits) -> list[Finding]:
    """Return the gates that close on `response`, in order; empty for a reply that counts.

    A clip without speech is asked nothing more, and an over-long one is not searched for copies.
    """
    asked = Asked(dialogue, response, gallery, limits)
    found: list[Finding] = []
    for name, gate in GATES.items():
        value = gate(asked)
        if value is not None:
            found.append(Finding(name, round(value, 4)))
        if found and found[-1].gate in STOPPING:
            break
    return found


def no_speech(asked: Asked) -> float | None:
    """Return the seconds of speech where they are under 0.5 s or under 20 % of the duration."""
    seconds = asked.clip.speech.seconds
    share = seconds / max(asked.clip.duration, 1e-9)
    return seconds if seconds < LEAST_SPEECH or share < LEAST_SHARE else None


def over_long(asked: Asked) -> float | None:
    """Return the duration where it is beyond the suite's longest reply."""
    return asked.clip.duration if asked.clip.duration > asked.limits.longest else None


def clipped(asked: Asked) -> float | None:
    """Return the share of samples flat at the ceiling where it is too high."""
    share = clipped_share(asked.clip.waveform)
    return share if share > asked.limits.clipped else None


def looped(asked: Asked) -> float | None:
    """Return how exactly the reply repeats itself."""
    score = loop_score(asked.clip.bands)
    return score if score > asked.limits.looped else None


def copied(asked: Asked) -> float | None:
    """Return the correlation with the prompt, the gold line, the enrolment or the character's training lines."""
    score = copy_score(asked.clip.bands, asked.gallery.copy_sources(asked.dialogue))
    return score if score > asked.limits.copied else None


def several_speakers(asked: Asked) -> float | None:
    """Return the cosine between the two parts of the reply that sound least alike."""
    likeness = speaker_likeness(asked.clip)
    return likeness if likeness is not None and likeness < asked.limits.one_speaker else None


def wrong_language(asked: Asked) -> float | None:
    """Return 1 where the recogniser hears another language than the item's, over at least 2 s of speech."""
    heard, wanted = asked.clip.transcript.language, asked.dialogue.language
    sure = asked.clip.speech.seconds >= LEAST_LANGUAGE_SECONDS
    return 1.0 if sure and heard and wanted and heard != wanted else None


def text_mismatch(asked: Asked) -> float | None:
    """Return the distance between the system's own text and what is heard."""
    distance = said_distance(asked.response)
    return distance if distance is not None and distance > asked.limits.text_mismatch else None


GATES: dict[str, Callable[[Asked], float | None]] = {
    "no_speech": no_speech,
    "over_long": over_long,
    "clipped": clipped,
    "looped": looped,
    "copied": copied,
    "several_speakers": several_speakers,
    "wrong_language": wrong_language,
    "text_mismatch": text_mismatch,
}

STOPPING = frozenset({"no_speech", "over_long"})


def copy_score(reply: Bands, sources: Sequence[Bands]) -> float:
    """Return the best correlation of any stretch of the reply with anything it may be a copy of, in [-1, 1]."""
    return max((best_correlation(part, bands) for part in _templates(reply) for bands in sources), default=-1.0)


def _templates(reply: Bands) -> list[Bands]:
    """Return stretches of 2.5 s side by side; a short reply whole; none for one too short to tell."""
    size = round(COPY_SECONDS * FRAME_RATE)
    if len(reply) < LEAST_COPY_SECONDS * FRAME_RATE:
        return []
    return [reply[at : at + size] for at in range(0, max(1, len(reply) - size + 1), size)]


def speaker_likeness(clip: Clip) -> float | None:
    """Return the cosine between the mean voices before and after the best cut; None under two windows of 1.6 s."""
    voices = clip.window_voices[clip.window_voices.any(axis=1)]
    if len(voices) < 2:
        return None
    cuts = [_cosine(voices[:at].mean(axis=0), voices[at:].mean(axis=0)) for at in range(1, len(voices))]
    return min(cuts)


def said_distance(response: Response) -> float | None:
    """Return how unlike the system's own text and the heard text are, in [0, 1]; None for a text under two words."""
    if response.text is None or len(words(response.text)) < LEAST_WORDS:
        return None
    return text_distance(response.text, response.clip.transcript.text)


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-9))
