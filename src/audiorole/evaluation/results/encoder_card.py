"""The encoder card: how well does this encoder tell these voices apart, on real lines, by duration and gender?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gallery.scale import BUCKET_NAMES, Measured
from audiorole.types import Record

TARGET_PRIOR = 0.05
"""Prior of the minimum detection cost: NIST SRE 2016–2021's harder operating point; both costs are 1."""

FEWEST = 10


class EncoderFigure(Record, frozen=True):
    """One slice of trials. eer, min_dcf, d_prime: None under ten trials of a kind."""

    slice: str
    real: int
    impostors: int
    eer: float | None = None
    min_dcf: float | None = None
    d_prime: float | None = None


class EncoderCard(Record, frozen=True):
    """One encoder on one dataset's real lines. excluded: roles that it cannot separate from their impostors."""

    encoder: str
    figures: tuple[EncoderFigure, ...]
    excluded: tuple[str, ...] = ()


def encoder_card(encoder: str, gallery: Gallery) -> EncoderCard:
    """Return the card. Trials: a role's test lines and its impostors' lines against the role's centroid."""
    space = gallery.spaces[encoder]
    roles = list(space.scales)
    slices: list[tuple[str, list[str], int | None]] = [("all", roles, None)]
    slices += [(name, roles, at) for at, name in enumerate(BUCKET_NAMES)]
    genders = sorted({gallery.genders[role] for role in roles} - {""})
    slices += [(gender, [role for role in roles if gallery.genders[role] == gender], None) for gender in genders]
    figures = [
        _figure(name, _trials(space.real, who, at), _trials(space.impostors, who, at)) for name, who, at in slices
    ]
    excluded = tuple(
        role for role in gallery.items.roles if role not in space.scales or not space.scales[role].separable
    )
    return EncoderCard(encoder, tuple(figures), excluded)


def _trials(measured: Mapping[str, Measured], roles: list[str], bucket: int | None) -> NDArray[np.float64]:
    parts = [measured[role].values[(measured[role].buckets == bucket) | (bucket is None)] for role in roles]
    return np.concatenate(parts) if parts else np.zeros(0)


def _figure(name: str, real: NDArray[np.float64], impostors: NDArray[np.float64]) -> EncoderFigure:
    if min(len(real), len(impostors)) < FEWEST:
        return EncoderFigure(name, len(real), len(impostors))
    misses, alarms = error_rates(real, impostors)
    return EncoderFigure(
        slice=name,
        real=len(real),
        impostors=len(impostors),
        eer=round(equal_error_rate(real, impostors), 4),
        min_dcf=round(float(np.min(TARGET_PRIOR * misses + (1 - TARGET_PRIOR) * alarms)) / TARGET_PRIOR, 4),
        d_prime=round(d_prime(real, impostors), 3),
    )


def error_rates(
    real: NDArray[np.float64], impostors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (miss rate, false-alarm rate) at every threshold, from accepting all to refusing all."""
    thresholds = np.append(np.unique(np.concatenate([real, impostors])), np.inf)
    misses = np.searchsorted(np.sort(real), thresholds, side="left") / len(real)
    alarms = 1 - np.searchsorted(np.sort(impostors), thresholds, side="left") / len(impostors)
    return misses, alarms


def equal_error_rate(real: NDArray[np.float64], impostors: NDArray[np.float64]) -> float:
    """Return the rate at which misses and false alarms are equal, between the two nearest thresholds."""
    misses, alarms = error_rates(real, impostors)
    at = int(np.argmax(misses >= alarms))
    before = max(0, at - 1)
    gap_before, gap_at = alarms[before] - misses[before], misses[at] - alarms[at]
    share = gap_before / (gap_before + gap_at) if gap_before + gap_at > 0 else 0.0
    return float(misses[before] + share * (misses[at] - misses[before]))


def d_prime(real: NDArray[np.float64], impostors: NDArray[np.float64]) -> float:
    """Return the distance between the two means in pooled standard deviations."""
    spread = np.sqrt((np.var(real, ddof=1) + np.var(impostors, ddof=1)) / 2)
    return float((real.mean() - impostors.mean()) / max(float(spread), 1e-9))
