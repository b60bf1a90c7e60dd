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
"""Stretch of the copy search: long enough that unrelated speech correlates under 0.6, short enough to find a part."""
LEAST_COPY_SECONDS = 0.8
LEAST_LANGUAGE_SECONDS = 2.0
"""Speech from which a recogniser's language counts: on shorter clips it guesses (docs/evaluation/gates.md)."""
LEAST_LANGUAGE_WORDS = 4
SURE_LANGUAGE = 0.99
"""A text's language counts from four words and this probability: py3langid errs on short lines and names."""

LEAST_WORDS = 2

SUPPORTED = 0.9
"""Probability, by the text scorer, from which a text counts as said: of 48 real lines at 5–25 dB all lay over 0.96, of
swapped texts 98 % and of reversed lines 95 % under 0.9."""


class GateLimits(Record, frozen=True):
    """Thresholds. copied, looped, text_mismatch: above it a reply is gated; one_speaker: below it.

    The values here are where calibration starts from; `calibrate` moves them by the dataset's real lines.
    clipped: share of flat samples (a real line of loud television stays under 0.001); longest: seconds.
    """

    copied: float = 0.75
    looped: float = 0.75
    one_speaker: float = 0.15
    text_mismatch: float = 0.55
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
    """Return the evidence of a copy of the prompt, the gold line, the enrolment or the character's training lines."""
    score = copy_score(asked.clip.bands, asked.gallery.copy_sources(asked.dialogue))
    return score if score > asked.limits.copied else None


def several_speakers(asked: Asked) -> float | None:
    """Return the cosine between the two parts of the reply that sound least alike."""
    likeness = speaker_likeness(asked.clip)
    return likeness if likeness is not None and likeness < asked.limits.one_speaker else None


def wrong_language(asked: Asked) -> float | None:
    """Return 1 where the recogniser hears another language than the item's, or the system's own text is in one.

    The recogniser counts from 2 s of speech; an English-only one hears English everywhere, so the text counts too.
    """
    heard, wanted = asked.clip.transcript.language, asked.dialogue.language
    sure = asked.clip.speech.seconds >= LEAST_LANGUAGE_SECONDS
    other = (sure and heard not in ("", wanted)) or _written_in_another(asked, wanted)
    return 1.0 if wanted and other else None


def _written_in_another(asked: Asked, wanted: str) -> bool:
    """Return whether the system's own text is surely in another language than `wanted`."""
    text, model = asked.response.text or "", asked.clip.listener.text_language
    if model is None or len(words(text)) < LEAST_LANGUAGE_WORDS:
        return False
    found = model.text_languages([text])[0]
    return found.code not in ("", wanted) and found.probability >= SURE_LANGUAGE


def text_mismatch(asked: Asked) -> float | None:
    """Return the distance between the system's own text and what is heard."""
    distance = said_distance(asked.response, asked.limits.text_mismatch)
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
    """Return how surely a stretch of the reply is a copy of a stretch of `sources`: 0 for no likeness, 0.9 for a copy.

    The best correlation as Fisher's z times the square root of the stretch's length, since a short stretch finds a
    chance likeness somewhere (0.7 for a second, 0.5 for 2.5 s, in half a minute or in half an hour of speech).
    """
    return max((_evidence(part, bands) for part in _templates(reply) for bands in sources), default=0.0)


def _evidence(part: Bands, bands: Bands) -> float:
    correlation = min(0.999, max(0.0, best_correlation(part, bands)))
    return float(np.arctanh(correlation) * np.sqrt(len(part) / (COPY_SECONDS * FRAME_RATE)))


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


def said_distance(response: Response, doubtful: float) -> float | None:
    """Return how unlike the system's own text and the heard text are, in [0, 1]; None for a text under two words.

    A recogniser that understands nothing under loud music is no proof. From `doubtful` on the text scorer is asked,
    which holds the text itself against the audio; a text that it supports has distance 0.
    """
    if response.text is None or len(words(response.text)) < LEAST_WORDS:
        return None
    distance = text_distance(response.text, response.clip.transcript.text)
    agreement = response.clip.agreement(response.text) if distance > doubtful else None
    return 0.0 if agreement is not None and agreement >= SUPPORTED else distance


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-9))
