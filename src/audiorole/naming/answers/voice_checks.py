"""Which lines of a voice somebody should hear: those that stand for the most others, and those that may be another's.

Clustering puts people who sound alike into one voice, and whoever names it says the same of all its lines. What is
known afterwards is how a few of them sound. A line is its character's the likelier the more it sounds like one that was
heard as theirs, and somebody else's where it sounds more like a line that was heard as another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from audiorole.core.vectors import unit
from audiorole.naming.answers.decisions import Identities
from audiorole.naming.lines import Floats, SeriesLines
from audiorole.naming.voices.clusters import SAMPLE, ClusterOptions, plain_space, strangers

SLOPE, HEAD_START, STRANGE = 1.8, 0.6, 2.1
"""What a line's likeness to the nearest line of its character says, in log-odds a deviation of strangers' cosines; how
much less alike it may be to that than to another's line; and the likeness that another's line has of whom none was
heard. Fitted on the voices of even episodes of the English series: 11.0 % of their lines are somebody else's, and
11.0 % are expected to be; of odd episodes 13.3 % are, and 12.9 % are expected to be.
"""

UNHEARD = -9.0
"""Likeness where there is nothing to compare with."""

PLAYABLE = (1.0, 8.0)
"""Seconds of the lines that are chosen, where a voice has such."""

MOST_LINES = 1000
"""Lines of a voice that are looked at: of more, so many from all over the series."""


BLOCK = 10_000
"""Lines that are compared with others at once."""

Rows = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True)
class Heard:
    """Rows that somebody heard. own: as lines of a character; others: as lines of anybody else; left: those of them
    that were split off a voice of that character.
    """

    own: Sequence[int] = ()
    others: Sequence[int] = ()
    left: Sequence[int] = ()


NOTHING_HEARD = Heard()


class VoiceSounds:
    """The sound of a series' lines. far, deviation: of the cosines of different people, in the plain space."""

    def __init__(self, lines: SeriesLines, embedder: str = "") -> None:
        self.lines = lines
        self.space = plain_space(lines, embedder)
        rows = np.flatnonzero(lines.duration >= ClusterOptions().shortest)
        some = self.of(rows[:: max(1, len(rows) // SAMPLE)])
        some = some[np.any(some != 0, axis=1)]
        self.far = strangers(some, 0.0)
        self.deviation = max(strangers(some, 1.0) - self.far, 1e-3)

    def of(self, rows: Rows) -> Floats:
        """Return the directions of some lines, `(n, d)`; zero where a line has no voice."""
        return unit(self.space.project(self.lines.embedding[np.asarray(rows, np.int64)]))

    def likeness(self, rows: Rows, others: Sequence[int]) -> Floats:
        """Return how alike lines are, `(n, m)`, in deviations above two different people."""
        return np.asarray((self.of(rows) @ self.of(others).T - self.far) / self.deviation, np.float32)

    def doubt(self, rows: Rows, heard: Heard = NOTHING_HEARD) -> Floats:
        """Return how likely each of `rows` is somebody else's, `(n,)`; 0 for those that were heard as their own.

        Where lines that were as doubtful turned out to be the character's, less than that is expected of the others.
        """
        judged = [*(heard.own if len(heard.own) > 1 else ()), *heard.left]
        expected = float(expit(self._odds(judged, heard)).sum())
        borne_out = min(1.0, (1 + len(heard.left)) / (1 + expected))
        known = np.isin(np.asarray(rows, np.int64), np.asarray(heard.own, np.int64))
        return np.where(known, 0.0, expit(self._odds(rows, heard) + np.log(borne_out))).astype(np.float32)

    def _odds(self, rows: Rows, heard: Heard) -> Floats:
        """Return the log-odds that rows are somebody else's, by what was heard besides each itself."""
        ours, theirs = self._nearest(rows, heard.own), self._nearest(rows, heard.others)
        return np.asarray(SLOPE * (np.maximum(theirs - HEAD_START, STRANGE) - ours), np.float32)

    def lines_to_hear(self, rows: Sequence[int], count: int, heard: Heard = NOTHING_HEARD) -> list[int]:
        """Return up to `count` of `rows` that are most like the doubtful ones, each like others of them than those
        before it (a greedy facility location). What was heard is not among them.
        """
        rows, known = _some(rows), {*heard.own, *heard.others}
        length = self.lines.duration[rows]
        fit = (PLAYABLE[0] <= length) & (length <= PLAYABLE[1])
        able = [row for row, one in zip(rows, fit.tolist(), strict=True) if one and row not in known]
        able = able or [row for row in rows if row not in known]
        weight, nearest = length * self.doubt(rows, heard), self._nearest(rows, heard.own)
        alike = self.likeness(rows, able)
        found: list[int] = []
        for _ in range(min(count, len(able))):
            gain = weight @ np.maximum(alike - nearest[:, None], 0.0)
            gain[[able.index(row) for row in found]] = -1.0
            best = int(gain.argmax())
            found.append(able[best])
            nearest = np.maximum(nearest, alike[:, best])
        return found

    def _nearest(self, rows: Rows, heard: Sequence[int]) -> Floats:
        """Return how alike each row is to the nearest of the heard ones that is not itself."""
        if not len(heard):
            return np.full(len(rows), UNHEARD, np.float32)
        found = [np.zeros(0, np.float32)]
        for first in range(0, len(rows), BLOCK):
            part = np.asarray(rows[first : first + BLOCK], np.int64)
            itself = part[:, None] == np.asarray(heard, np.int64)
            found.append(np.where(itself, UNHEARD, self.likeness(part, heard)).max(1).astype(np.float32))
        return np.concatenate(found)


def _some(rows: Sequence[int]) -> list[int]:
    return list(rows[:: max(1, -(-len(rows) // MOST_LINES))])


def heard_of(name: str, place: Mapping[str, int], state: Identities) -> Heard:
    """Return what people heard of a character, and of others. place: line id → row."""
    own: list[int] = []
    others: list[int] = []
    left: list[int] = []
    for line in {**state.label, **state.moved, **state.heard, **state.stays}:
        row, said = place.get(line, -1), _said(line, state)
        if row < 0 or said is None:
            continue
        (own if said == name else others).append(row)
        if said != name and _named(state.source.get(state.moved.get(line, ""), ""), state) == name:
            left.append(row)
    return Heard(sorted(own), sorted(others), sorted(left))


def _said(line: str, state: Identities) -> str | None:
    """Return whose a line is as somebody heard it: "" for a voice that nobody named yet, None for one not heard."""
    if line in state.label:
        return state.character_name(state.label[line])
    voices = [table[line] for table in (state.moved, state.heard, state.stays) if line in table]
    if not voices:
        return None
    last = voices[0]
    for voice in voices[1:]:  # the one that was split off the others was said last
        last = voice if voice != last and state.comes_from(voice, last) else last
    return _named(last, state)


def _named(voice: str, state: Identities) -> str:
    return state.character_name(state.character.get(state.merged(voice), ""))
