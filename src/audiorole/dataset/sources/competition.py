"""Let the subtitles of an episode compete: what cannot be right is put aside with its reason, the best fit is used.

Cheap things first: what the cues hold, the language of the text against the language of the speech, then the fit of the
times to the speech activity, and words of the speech only where no fit is sure. The others stand by in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audiorole.dataset.sources.candidates import Candidate, compatible
from audiorole.dataset.sync import Alignment

Fit = Callable[[Candidate], Alignment]
STRONG = 0.9
"""Confidence of an alignment beyond which two subtitles fit alike."""


@dataclass(frozen=True)
class Choice:
    """winner: the subtitle to use, None where there is none. reasons: what is said of each other candidate, by name."""

    winner: Candidate | None
    reasons: tuple[tuple[Candidate, str], ...]


def choose(
    candidates: Sequence[Candidate], spoken: str, speech_seconds: float, fit: Fit, judge: Fit | None = None
) -> Choice:
    """Return the best of `candidates`, given in the order in which they are preferred where all else is equal.

    spoken: the language of the speech, "" unknown. fit: tries a candidate by speech activity; judge: by words, costly.
    A single candidate that nothing speaks against is not tried here: sync does.
    """
    refused, left = _refused(candidates, spoken, speech_seconds)
    if len(left) < 2:
        return Choice(left[0] if left else None, tuple(refused))
    fits = {index: fit(candidate) for index, candidate in enumerate(left)}
    order = sorted(fits, key=lambda index: (*_rank(left[index], fits[index], spoken, speech_seconds), index))
    best = order[0]
    if fits[best].confidence < STRONG and judge:
        best = next((index for index in order if _accepted(fits, index, judge(left[index]))), best)
    others = [(left[index], _said(fits[index], left[best])) for index in order if index != best]
    return Choice(left[best], (*others, *refused))


def _accepted(fits: dict[int, Alignment], index: int, judged: Alignment) -> bool:
    fits[index] = judged
    return judged.accepted


def _refused(
    candidates: Sequence[Candidate], spoken: str, speech_seconds: float
) -> tuple[list[tuple[Candidate, str]], list[Candidate]]:
    refused, left = [], []
    for candidate in candidates:
        if reason := _foreign(candidate, spoken) or candidate.partial(speech_seconds):
            refused.append((candidate, reason))
        else:
            left.append(candidate)
    return refused, left


def _foreign(candidate: Candidate, spoken: str) -> str:
    if compatible(candidate.language, spoken):
        return ""
    known = "its text is" if candidate.sure else "said to be"
    return f"{known} {candidate.language}, but {spoken} is spoken"


def _rank(candidate: Candidate, fit: Alignment, spoken: str, speech_seconds: float) -> tuple[object, ...]:
    """Put first: fits, in the very language, fits better, names speakers, covers more, needs fewer pieces."""
    return (
        not fit.accepted,
        bool(spoken) and candidate.language not in ("", spoken),
        -round(min(fit.confidence, STRONG), 1),
        candidate.named < 0.1,
        -round(candidate.coverage(speech_seconds), 1),
        len(fit.pieces),
    )


def _said(fit: Alignment, winner: Candidate) -> str:
    if not fit.accepted:
        return f"does not fit the speech: {fit.reason}"
    return f"fits too ({fit.confidence:.2f}), {winner.name} is used"
