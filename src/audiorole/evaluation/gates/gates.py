"""The eight gates, in the order in which they are asked; the first that closes names the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import clipped_share
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.bands import loop_score
from audiorole.evaluation.hearing.copies import copy_score
from audiorole.evaluation.hearing.listener import Clip, Listener
from audiorole.evaluation.metrics.base import Response
from audiorole.evaluation.words import text_distance, words
from audiorole.types import Dialogue, Record

LEAST_SPEECH = 0.25
"""Seconds of speech frames: real exclamations ("Hello Joe.") have 0.45, white noise and silence have none."""
LEAST_SHARE = 0.05
"""Of the duration: under loud music the detector hears 7 % of a real line of 20 s."""
LEAST_LANGUAGE_SECONDS = 2.0
"""Speech from which a recogniser's language counts: on shorter clips it guesses (docs/evaluation/gates.md)."""
LEAST_LANGUAGE_WORDS = 4
SURE_LANGUAGE = 0.99
"""A text's language counts from four words and this probability: py3langid errs on short lines and names."""

SUPPORTED = 0.95
"""Probability, by the text scorer, from which a text counts as said (docs/evaluation/gates.md has the figures)."""

WORD_SUPPORTED = 0.05
"""The same for a text of one word ("Grrrrr!"), which says so little that only a clear no counts."""

CAST_WEIGHT = 2.0
"""Of 0.5 to 3 on the even episodes of a development series, at one false alarm in a hundred: nine in ten joined lines
are found from 1 on, and beyond 2 the voices of strangers are found less often."""


class GateLimits(Record, frozen=True):
    """Thresholds. copied, looped, text_mismatch: above it a reply is gated; one_speaker: below it.

    The values here are where calibration starts from; `calibrate` moves them by the dataset's real lines.
    clipped: share of flat samples (a real line of loud television stays under 0.001); longest: seconds.
    """

    copied: float = 0.8
    looped: float = 0.75
    one_speaker: float = -0.1
    text_mismatch: float = 0.55
    clipped: float = 0.01
    longest: float = 30.0


class ClosedGate(Record, frozen=True):
    """A gate that closed: its name and the figure it closed on."""

    gate: str
    value: float


@dataclass(frozen=True)
class GateInput:
    """What a gate looks at."""

    dialogue: Dialogue
    response: Response
    gallery: Gallery
    limits: GateLimits

    @property
    def clip(self) -> Clip:
        """The reply's clip."""
        return self.response.clip


def open_gates(dialogue: Dialogue, response: Response, gallery: Gallery, limits: GateLimits) -> list[ClosedGate]:
    """Return the gates that close on `response`, in order; empty for a reply that counts.

    No model hears a clip without speech, and an over-long one is asked nothing more at all.
    """
    asked = GateInput(dialogue, response, gallery, limits)
    found: list[ClosedGate] = []
    for name, gate in GATES.items():
        if name in HEARING and any(finding.gate == "no_speech" for finding in found):
            break
        value = gate(asked)
        if value is not None:
            found.append(ClosedGate(name, round(value, 4)))
        if value is not None and name == "over_long":
            break
    return found


def no_speech(asked: GateInput) -> float | None:
    """Return the seconds of speech where they are under 0.5 s or under 20 % of the duration."""
    seconds = asked.clip.speech.seconds
    share = seconds / max(asked.clip.duration, 1e-9)
    return seconds if seconds < LEAST_SPEECH or share < LEAST_SHARE else None


def over_long(asked: GateInput) -> float | None:
    """Return the duration where it is beyond the suite's longest reply."""
    return asked.clip.duration if asked.clip.duration > asked.limits.longest else None


def clipped(asked: GateInput) -> float | None:
    """Return the share of samples flat at the ceiling where it is too high."""
    share = clipped_share(asked.clip.waveform)
    return share if share > asked.limits.clipped else None


def looped(asked: GateInput) -> float | None:
    """Return how exactly the reply repeats itself."""
    score = loop_score(asked.clip.bands)
    return score if score > asked.limits.looped else None


def copied(asked: GateInput) -> float | None:
    """Return the evidence of a copy of the prompt, the gold line, the enrolment or the character's training lines."""
    score = copy_score(asked.clip.bands, asked.gallery.copy_sources(asked.dialogue))
    return score if score > asked.limits.copied else None


def several_speakers(asked: GateInput) -> float | None:
    """Return how like one speaker the two parts of the reply are that sound least alike."""
    likeness = speaker_likeness(asked.clip, asked.gallery.cast_voices)
    return likeness if likeness is not None and likeness < asked.limits.one_speaker else None


def wrong_language(asked: GateInput) -> float | None:
    """Return 1 where the recogniser hears another language than the item's, or the system's own text is in one.

    The recogniser counts from 2 s of speech; an English-only one hears English everywhere, so the text counts too.
    """
    heard, wanted = asked.clip.transcript.language, asked.dialogue.language
    sure = asked.clip.speech.seconds >= LEAST_LANGUAGE_SECONDS
    other = (sure and heard not in ("", wanted)) or _written_in_another(asked, wanted)
    return 1.0 if wanted and other else None


def _written_in_another(asked: GateInput, wanted: str) -> bool:
    """Return whether the system's own text is surely in another language than `wanted`."""
    text, model = asked.response.text or "", asked.clip.listener.text_language
    if model is None or len(words(text)) < LEAST_LANGUAGE_WORDS:
        return False
    found = model.text_languages([text])[0]
    return found.code not in ("", wanted) and found.probability >= SURE_LANGUAGE


def text_mismatch(asked: GateInput) -> float | None:
    """Return the distance between the system's own text and what is heard; a text that is not in words is not asked."""
    if not asked.gallery.corpus.in_words(asked.response.text or ""):
        return None
    distance = said_distance(asked.response, asked.limits.text_mismatch)
    return distance if distance is not None and distance > asked.limits.text_mismatch else None


GATES: dict[str, Callable[[GateInput], float | None]] = {
    "no_speech": no_speech,
    "over_long": over_long,
    "clipped": clipped,
    "looped": looped,
    "copied": copied,
    "several_speakers": several_speakers,
    "wrong_language": wrong_language,
    "text_mismatch": text_mismatch,
}

HEARING = frozenset({"several_speakers", "wrong_language", "text_mismatch"})
"""Gates that a model has to hear the clip for."""

NEEDS = {"wrong_language": ("asr", "text_language"), "text_mismatch": ("asr",)}
"""Gate → fields of `Ears` of which the suite has to name one; with none of them the gate is off."""


def gates_off(listener: Listener) -> dict[str, str]:
    """Return the gates that `listener` cannot serve → the models that any of would do."""
    return {
        gate: " or ".join(senses)
        for gate, senses in NEEDS.items()
        if all(getattr(listener, sense) is None for sense in senses)
    }


def speaker_likeness(clip: Clip, cast: NDArray[np.float64]) -> float | None:
    """Return how like one speaker a clip is: at its best cut, how alike the parts before and after it sound.

    Their cosine, and `CAST_WEIGHT` times what is lost where one member of the cast has to be near both parts instead
    of another near each: two known voices are told apart by that far better than by their cosine, and two unknown ones
    no worse. cast: centroids, `(num_characters, dimension)`. None under two windows of 1.6 s.
    """
    voices = clip.window_voices[clip.window_voices.any(axis=1)].astype(np.float64)
    if len(voices) < 2:
        return None
    near = voices / np.linalg.norm(voices, axis=1, keepdims=True) @ cast.T
    cuts = range(1, len(voices))
    return min(_alike(voices[:at], voices[at:]) + CAST_WEIGHT * _shared(near[:at], near[at:]) for at in cuts)


def _alike(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return _cosine(first.mean(axis=0), second.mean(axis=0))


def _shared(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the best that one column does for both parts, less the best that each part's own does; at most 0."""
    one, other = first.mean(axis=0), second.mean(axis=0)
    return float(np.max(one + other) - np.max(one) - np.max(other))


def said_distance(response: Response, doubtful: float) -> float | None:
    """Return how unlike the system's own text and the heard text are, in [0, 1]; None for a text without words.

    A recogniser that understands nothing under loud music is no proof. From `doubtful` on the text scorer is asked,
    which holds the text itself against the audio; a text that it supports has distance 0. None without a recogniser.
    """
    if response.clip.listener.asr is None or response.text is None or not words(response.text):
        return None
    distance = text_distance(response.text, response.clip.transcript.text)
    if distance <= doubtful:
        return distance
    agreement = response.clip.agreement(response.text)
    if agreement is None:
        return distance if len(words(response.text)) > 1 else None
    return 0.0 if agreement >= (SUPPORTED if len(words(response.text)) > 1 else WORD_SUPPORTED) else distance


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-9))
