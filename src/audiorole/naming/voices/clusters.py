"""From nothing: who speaks when nobody is named? Voices of a whole series in clusters `voice_01`, `voice_02`, …

Within a block (an episode) lines are joined by average linkage; the blocks' clusters are joined across the series the
same way. How alike two lines must be is read off the series itself. Time grows with the number of lines, memory with
the longest block. (Learning the space from first clusters and joining once more was tried: it joins too much.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from audiorole.core.vectors import unit
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.voices.mean import mean_voice
from audiorole.naming.voices.model import NUM_BUCKETS, VoiceSpace, line_weight
from audiorole.naming.voices.prior import voice_prior

SAMPLE = 1500
"""Lines (or clusters) whose pairs tell how alike strangers are."""

MOST_CENTRES = 3000
"""Cluster centres joined in one go; more are joined in portions first (average linkage needs their square)."""


@dataclass(frozen=True)
class ClusterOptions:
    """When voices are one: how many deviations above strangers' cosine they must be alike on average.

    line_deviations: lines of a block; series_deviations: clusters of the series. shortest: seconds from which a line
    may found a cluster; shorter ones only join. Chosen on amazon_dev and zhan_chang_sha (docs/naming.md).
    """

    line_deviations: float = 2.5
    series_deviations: float = 3.5
    shortest: float = 1.0


def cluster_voices(lines: SeriesLines, options: ClusterOptions | None = None, embedder: str = "") -> NDArray[np.int64]:
    """Return the voice of each line, `(N,)`: 0 is the one that speaks longest; -1 where a line has no voice.

    embedder: registered name of what made the voices; "" for any.
    """
    options = options or ClusterOptions()
    return _by_time(_joined(lines, plain_space(lines, embedder), options), lines.duration)


def voice_names(labels: NDArray[np.int64]) -> list[str]:
    """Return `voice_01` for label 0 and so on, "" for -1."""
    count = int(labels.max(initial=-1)) + 1
    width = max(2, len(str(max(count, 1))))
    names = [*(f"voice_{number:0{width}d}" for number in range(1, count + 1)), ""]
    return [names[label] for label in labels.tolist()]


def plain_space(lines: SeriesLines, embedder: str = "") -> VoiceSpace:
    """Return the space of cosines from the middle of the series."""
    dimension = lines.embedding.shape[1]
    ones, prior = np.ones(dimension, np.float32), voice_prior(embedder)
    mean = mean_voice(replace(lines, usual_length=prior.length), prior)
    return VoiceSpace(mean, np.eye(dimension, dtype=np.float32), ones, np.ones(NUM_BUCKETS, np.float32), ones)


def _joined(lines: SeriesLines, space: VoiceSpace, options: ClusterOptions) -> NDArray[np.int64]:
    labels = np.full(len(lines), -1, np.int64)
    enough = strangers(_sample(lines, space, options.shortest), options.line_deviations)
    centres: list[Floats] = []
    weights: list[float] = []
    for rows in lines.blocks():
        voice = unit(space.project(lines.embedding[rows]))
        local, mean, seconds = _block_clusters(voice, lines.duration[rows], enough, options.shortest)
        labels[rows] = np.where(local >= 0, local + len(centres), -1)
        centres.extend(mean)
        weights.extend(seconds)
    if not centres:
        return labels
    centre, weight = np.array(centres), np.array(weights)
    heavy = centre[np.argsort(-weight, kind="stable")[:SAMPLE]]
    enough = strangers(heavy, options.series_deviations)
    series = join_centres(centre, weight.astype(np.float32), enough)
    return np.where(labels >= 0, series[labels], -1)


def _sample(lines: SeriesLines, space: VoiceSpace, shortest: float) -> Floats:
    """Return voices of up to `SAMPLE` lines from all over the series, norm 1."""
    rows = np.flatnonzero(lines.duration >= shortest)
    rows = rows[:: max(1, len(rows) // SAMPLE)]
    voice = unit(space.project(lines.embedding[rows]))
    return voice[np.any(voice != 0, axis=1)]


def strangers(voice: Floats, deviations: float) -> float:
    """Return the cosine that lies `deviations` above the mean of two different people's.

    Most pairs are of different people, but not all: mean and deviation are read off the lower tail (5 % and 25 %
    quantiles of a normal distribution), where pairs of one person are not.
    """
    if len(voice) < 3:
        return 0.5
    pairs = (voice @ voice.T)[np.triu_indices(len(voice), 1)]
    low, quarter = np.quantile(pairs, [0.05, 0.25])
    deviation = (quarter - low) / (1.645 - 0.674)
    return float(min(quarter + 0.674 * deviation + deviations * deviation, 0.95))


def _block_clusters(
    voice: Floats, duration: Floats, enough: float, shortest: float
) -> tuple[NDArray[np.int64], list[Floats], list[float]]:
    """Return labels within the block, and each cluster's mean voice and seconds."""
    voiced = np.any(voice != 0, axis=1)
    labels = np.full(len(voice), -1, np.int64)
    founders = np.flatnonzero(voiced & (duration >= shortest))
    founders = founders if len(founders) else np.flatnonzero(voiced)
    if len(founders) == 0:
        return labels, [], []
    labels[founders] = average_linkage(voice[founders], enough)
    weight = line_weight(duration)
    centre = mean_directions(voice[founders], labels[founders], weight[founders])
    rest = np.flatnonzero(voiced & (labels < 0))
    labels[rest] = (voice[rest] @ centre.T).argmax(1)
    seconds = np.bincount(labels[labels >= 0], weight[labels >= 0], minlength=len(centre))
    return labels, list(centre), seconds.tolist()


def average_linkage(voice: Floats, cosine: float, apart: NDArray[np.integer] | None = None) -> NDArray[np.int64]:
    """Return cluster labels from 0; clusters are joined while their mean cosine is at least `cosine`.

    apart: rows with equal numbers are known to be different people.
    """
    if len(voice) == 1:
        return np.zeros(1, np.int64)
    distance = np.clip(1 - voice @ voice.T, 0, 2).astype(np.float64)
    if apart is not None:
        distance[apart[:, None] == apart] = 2.0
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    return np.asarray(fcluster(tree, 1 - cosine, "distance").astype(np.int64) - 1)


def mean_directions(voice: Floats, labels: NDArray[np.int64], weight: Floats) -> Floats:
    """Return the mean direction of each cluster, norm 1."""
    total = np.zeros((int(labels.max()) + 1, voice.shape[1]), np.float32)
    np.add.at(total, labels, voice * weight[:, None])
    return unit(total)


def join_centres(centres: Floats, weight: Floats, cosine: float) -> NDArray[np.int64]:
    """Return the series' label of each centre, joining portions first where there are too many for one matrix."""
    if len(centres) <= MOST_CENTRES:
        return average_linkage(centres, cosine)
    labels, above = np.zeros(len(centres), np.int64), 0
    for low in range(0, len(centres), MOST_CENTRES):
        part = slice(low, low + MOST_CENTRES)
        labels[part] = average_linkage(centres[part], cosine) + above
        above = int(labels[part].max()) + 1
    if above >= len(centres):
        return labels
    centre = mean_directions(centres, labels, weight)
    return join_centres(centre, np.bincount(labels, weight).astype(np.float32), cosine)[labels]


def _by_time(labels: NDArray[np.int64], duration: Floats) -> NDArray[np.int64]:
    """Return labels renumbered so that 0 speaks longest."""
    heard = labels >= 0
    if not heard.any():
        return labels
    seconds = np.bincount(labels[heard], duration[heard])
    rank = np.empty(len(seconds), np.int64)
    rank[np.argsort(-seconds, kind="stable")] = np.arange(len(seconds))
    return np.where(heard, rank[labels], -1)


@dataclass(frozen=True)
class DecisionCurve:
    """What naming voices one by one buys, largest first. right: share of lines right after each decision, `(C,)`.

    Each decision gives a whole voice its most frequent true name; lines of voices not yet named count as wrong.
    """

    right: NDArray[np.float64]

    def decisions_for(self, share: float) -> int | None:
        """Return how many decisions reach `share` of the lines right, None where none do."""
        enough = np.flatnonzero(self.right >= share)
        return int(enough[0]) + 1 if len(enough) else None


def decision_curve(labels: NDArray[np.int64], truth: NDArray[np.integer]) -> DecisionCurve:
    """Return the curve for voices `labels` and true names `truth` (any integers)."""
    size = int(labels.max(initial=-1)) + 1
    gains = np.zeros(size)
    for voice in range(size):
        names, counts = np.unique(truth[labels == voice], return_counts=True)
        gains[voice] = counts.max() if len(names) else 0
    order = np.argsort(-np.bincount(labels[labels >= 0], minlength=size), kind="stable")
    return DecisionCurve(np.cumsum(gains[order]) / max(len(labels), 1))
