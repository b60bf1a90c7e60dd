"""Whose face is it? Faces of a series in clusters, and clusters given to the characters who speak when they are seen.

Nothing is known of the face model but that one person's faces point the same way. Two faces on one picture are two
people: their cosines say how alike strangers look to this model on this series, and a cluster starts well above that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from audiorole.core.vectors import unit
from audiorole.naming.cues.faces import line_of
from audiorole.naming.engine import NamedLines, NamingOptions, name_lines
from audiorole.naming.lines import FaceColumns, Floats, ReferenceVoices, SeriesLines
from audiorole.naming.tables import face_candidates
from audiorole.naming.voices.clusters import SAMPLE, average_linkage, join_centres, mean_directions, strangers
from audiorole.types import Cast

LEAST_COSINE = 0.363
"""No threshold falls below what SFace's authors take for one person (OpenCV's sample of SFace)."""

DEVIATIONS = 2.0
"""Deviations above strangers' mean cosine from which faces are one person's on average; chosen on other heads than
benchmarks/naming/faces.py reports on."""

ENOUGH_PAIRS = 30
MOST_FACES = 2000
"""Faces compared pairwise; where there are more, portions of so many are clustered and their clusters joined."""


def cluster_faces(vectors: NDArray[np.floating], picture: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return a cluster per face, `(F,)`, 0 the one seen most.

    vectors: `(F, D)`. picture: `(F,)`, non-decreasing; faces with equal numbers were on one picture.
    """
    if not len(vectors):
        return np.zeros(0, np.int64)
    directions = unit(vectors)
    enough = _enough(directions, picture)
    labels = np.zeros(len(directions), np.int64)
    centres: list[Floats] = []
    weights: list[float] = []
    for low in range(0, len(directions), MOST_FACES):
        part = slice(low, low + MOST_FACES)
        local = average_linkage(directions[part], enough, apart=picture[part])
        labels[part] = local + len(centres)
        centres.extend(mean_directions(directions[part], local, np.ones(len(local), np.float32)))
        weights.extend(np.bincount(local).tolist())
    if len(labels) > MOST_FACES:
        labels = join_centres(np.array(centres), np.array(weights, np.float32), enough)[labels]
    return _by_count(labels)


def _enough(directions: Floats, picture: NDArray[np.integer]) -> float:
    """Return the cosine from which two faces are one person's."""
    shared = np.flatnonzero(np.diff(picture) == 0)
    pairs = (directions[shared] * directions[shared + 1]).sum(1)
    if len(pairs) >= ENOUGH_PAIRS:
        limit = float(pairs.mean() + DEVIATIONS * pairs.std())
    else:
        limit = strangers(directions[:: max(1, len(directions) // SAMPLE)], DEVIATIONS)
    return float(np.clip(limit, LEAST_COSINE, 0.9))


def _by_count(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(-np.bincount(labels), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[labels]


LEAST_SHARE = 0.15
"""Of a character's lines, the share that must show a face for it to be theirs."""

LEAST_EVIDENCE = 3.0
CLEAR = 1.5
"""Log-likelihood ratio from which a face is given to a character, and how many times that of the next it must be."""


def face_owners(faces: FaceColumns, belief: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the candidate of each face name: K = someone else, -1 where it is not clear.

    belief: `(N, K + 1)`. A face is theirs whose lines show it more than all others' lines do (a listener's face is seen
    often, but less in the speaker's lines than in the listener's own): the likelihood ratio of "one share for these
    lines, another for the rest" against "one share for all", where the own share is the larger one.
    """
    together = np.zeros((len(faces.names), belief.shape[1]))
    np.add.at(together, faces.name, belief[line_of(faces)].astype(np.float64))
    lines_of = belief[np.diff(faces.pointer) > 0].astype(np.float64).sum(0)
    shown = together.sum(1, keepdims=True)
    own = together / np.maximum(lines_of, 1e-9)
    rest = (shown - together + 0.5) / np.maximum(lines_of.sum() - lines_of + 1.0, 1.0)
    evidence = lines_of * _divergence(np.clip(own, 0, 1), np.clip(rest, 1e-6, 1 - 1e-6))
    evidence[own <= rest] = 0
    evidence[:, :-1][own[:, :-1] < LEAST_SHARE] = 0
    evidence[:, -1][together[:, -1] < 0.5 * shown[:, 0]] = 0  # guests are many: each is seen in few of their lines
    ranked = np.sort(evidence, axis=1)
    clear = (ranked[:, -1] >= LEAST_EVIDENCE) & (ranked[:, -1] >= CLEAR * ranked[:, -2])
    return np.where(clear, evidence.argmax(1), -1)


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Kullback-Leibler divergence of two coins, in nats."""
    return np.asarray(xlogy(p, p / q) + xlogy(1 - p, (1 - p) / (1 - q)))


def owned(faces: FaceColumns, owner: NDArray[np.int64], names: list[str]) -> FaceColumns:
    """Return the columns with the faces of cast members under their names; faces that nobody owns clearly are left out.

    names: of the cast; `owner` = len(names) keeps the cluster's own name: a stranger to the cast.
    """
    called = [
        names[who] if 0 <= who < len(names) else own for own, who in zip(faces.names, owner.tolist(), strict=True)
    ]
    return replace(faces.only(owner[faces.name] >= 0), names=tuple(called))


PASSES = 2
"""How often faces are given to characters anew: from voices alone, then from voices and faces."""


def name_with_faces(
    lines: SeriesLines, cast: Cast, options: NamingOptions, references: ReferenceVoices
) -> tuple[NamedLines, NDArray[np.int64]]:
    """Name lines with the faces seen; return the names and the owner of each face as `face_owners` gives it.

    Where a gallery knows faces (one has a cast member's name), faces are theirs whose name they have; where all are
    clusters, clusters are given to characters.
    """
    faces = lines.faces
    if faces is None or not len(faces.name) or not options.use_faces:
        named = name_lines(replace(lines, faces=None), cast, options, references)
        return named, np.full(len(faces.names) if faces else 0, -1, np.int64)
    known = face_candidates(faces, cast.character)
    if np.any(known >= 0):
        return name_lines(lines, cast, options, references), known
    named = name_lines(replace(lines, faces=None), cast, options, references)
    names = [character.name for character in cast.character]
    owner = np.zeros(0, np.int64)
    for _ in range(PASSES):
        owner = face_owners(faces, named.belief)
        named = name_lines(replace(lines, faces=owned(faces, owner, names)), cast, options, references)
    return named, owner
