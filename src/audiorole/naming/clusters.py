"""From nothing: who speaks when nobody is named? Voices of a whole series in clusters `voice_01`, `voice_02`, …

Within a block (an episode) lines are joined by average linkage; the blocks' clusters are joined across the series the
same way. The directions in which voices differ are then learnt from these first clusters, and everything is done once
more in them. Time grows with the number of lines, memory with the longest block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.voices import VoiceMoments, VoiceSpace, fit_space, line_weight, unit

MOST_CENTRES = 3000
"""Cluster centres joined in one go; more are joined in portions first (average linkage needs their square)."""


@dataclass(frozen=True)
class ClusterOptions:
    """When voices are one: the mean cosine between lines of a block, and between clusters of the series.

    shortest: seconds from which a line may found a cluster; shorter ones only join. passes: rounds of learning the
    space. Chosen on kuang_biao and zhan_chang_sha of drama_dev (docs/naming.md).
    """

    line_cosine: float = 0.22
    series_cosine: float = 0.45
    shortest: float = 1.0
    passes: int = 2


def cluster_voices(lines: SeriesLines, options: ClusterOptions | None = None) -> NDArray[np.int64]:
    """Return the voice of each line, `(N,)`: 0 is the one that speaks longest; -1 where a line has no voice."""
    options = options or ClusterOptions()
    labels, space = np.zeros(len(lines), np.int64), _plain_space(lines)
    for number in range(options.passes):
        if number:
            space = _learnt_space(lines, labels, space)
        labels = _one_pass(lines, space, options)
    return _by_time(labels, lines.duration)


def voice_names(labels: NDArray[np.int64]) -> list[str]:
    """Return `voice_01` for label 0 and so on, "" for -1."""
    width = max(2, len(str(int(labels.max(initial=0)) + 1)))
    return [f"voice_{label + 1:0{width}d}" if label >= 0 else "" for label in labels.tolist()]


def _plain_space(lines: SeriesLines) -> VoiceSpace:
    """Return the space of centred cosines."""
    dimension = lines.embedding.shape[1]
    total, count = np.zeros(dimension), 0
    for rows in lines.blocks():
        voice = unit(lines.embedding[rows])
        total += voice.sum(0)
        count += int(np.any(voice != 0, axis=1).sum())
    ones = np.ones(dimension, np.float32)
    return VoiceSpace((total / max(count, 1)).astype(np.float32), np.eye(dimension, dtype=np.float32), ones, ones[:5])


def _learnt_space(lines: SeriesLines, labels: NDArray[np.int64], plain: VoiceSpace) -> VoiceSpace:
    """Return the directions in which the clusters differ."""
    dimension, total = lines.embedding.shape[1], np.zeros((lines.embedding.shape[1],) * 2)
    seconds = np.bincount(labels[labels >= 0], line_weight(lines.duration[labels >= 0]))
    large = np.argsort(-seconds, kind="stable")[:100]
    place = np.full(len(seconds) + 1, -1)
    place[large] = np.arange(len(large))
    moments = VoiceMoments.empty(len(large), dimension)
    for rows in lines.blocks():
        voice = (unit(lines.embedding[rows]) - plain.mean) * np.any(lines.embedding[rows] != 0, axis=1, keepdims=True)
        total += voice.T @ voice
        member = place[labels[rows]][:, None] == np.arange(len(large))
        moments.add(voice, member * line_weight(lines.duration[rows])[:, None])
    return fit_space(moments, plain.mean, total / len(lines) + 1e-9 * np.eye(dimension))


def _one_pass(lines: SeriesLines, space: VoiceSpace, options: ClusterOptions) -> NDArray[np.int64]:
    labels = np.full(len(lines), -1, np.int64)
    centres: list[Floats] = []
    weights: list[float] = []
    for rows in lines.blocks():
        voice = unit(space.project(lines.embedding[rows]))
        local, mean, weight = _block_clusters(voice, lines.duration[rows], options)
        labels[rows] = np.where(local >= 0, local + len(centres), -1)
        centres.extend(mean)
        weights.extend(weight)
    if not centres:
        return labels
    series = _join_centres(np.array(centres), np.array(weights, np.float32), options.series_cosine)
    return np.where(labels >= 0, series[labels], -1)


def _block_clusters(
    voice: Floats, duration: Floats, options: ClusterOptions
) -> tuple[NDArray[np.int64], list[Floats], list[float]]:
    """Return labels within the block, and each cluster's mean voice and seconds."""
    voiced = np.any(voice != 0, axis=1)
    labels = np.full(len(voice), -1, np.int64)
    founders = np.flatnonzero(voiced & (duration >= options.shortest))
    founders = founders if len(founders) else np.flatnonzero(voiced)
    if len(founders) == 0:
        return labels, [], []
    labels[founders] = _average_linkage(voice[founders], options.line_cosine)
    weight = line_weight(duration)
    means = _means(voice[founders], labels[founders], weight[founders])
    rest = np.flatnonzero(voiced & (labels < 0))
    labels[rest] = (voice[rest] @ means.T).argmax(1)
    seconds = np.bincount(labels[labels >= 0], weight[labels >= 0], minlength=len(means))
    return labels, list(means), seconds.tolist()


def _average_linkage(voice: Floats, cosine: float) -> NDArray[np.int64]:
    """Return cluster labels from 0; clusters are joined while their mean cosine is at least `cosine`."""
    if len(voice) == 1:
        return np.zeros(1, np.int64)
    distance = np.clip(1 - voice @ voice.T, 0, 2).astype(np.float64)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    return np.asarray(fcluster(tree, 1 - cosine, "distance").astype(np.int64) - 1)


def _means(voice: Floats, labels: NDArray[np.int64], weight: Floats) -> Floats:
    total = np.zeros((int(labels.max()) + 1, voice.shape[1]), np.float32)
    np.add.at(total, labels, voice * weight[:, None])
    return unit(total)


def _join_centres(centres: Floats, weight: Floats, cosine: float) -> NDArray[np.int64]:
    """Return the series' label of each centre, joining portions first where there are too many for one matrix."""
    if len(centres) <= MOST_CENTRES:
        return _average_linkage(centres, cosine)
    labels, above = np.zeros(len(centres), np.int64), 0
    for low in range(0, len(centres), MOST_CENTRES):
        part = slice(low, low + MOST_CENTRES)
        labels[part] = _average_linkage(centres[part], cosine) + above
        above = int(labels[part].max()) + 1
    if above >= len(centres):
        return labels
    means = _means(centres, labels, weight)
    return _join_centres(means, np.bincount(labels, weight).astype(np.float32), cosine)[labels]


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
