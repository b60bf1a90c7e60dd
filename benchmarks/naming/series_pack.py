"""Annotated episodes as arrays, and how they are read: what the stage `name` was given, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiorole.naming import SeriesLines


@dataclass(frozen=True)
class Pack:
    """A series as arrays. lines: no seeds. names: of everybody in the truth.

    speaker: `(N,)` index into `names`, -1 where no true line matches. scene: `(N,)` of the truth, "" likewise.
    given: `(N,)` what the cue names: index into `names`, `NO_SEED`, or `SOMEONE_ELSE` for other names; sure:
    `(N,)` its reliability. number: `(N,)` of the episode. clip…: the pool of clips; clip_short: of two seconds.
    guests: who is nobody of the cast in any draw.
    """

    name: str
    lines: SeriesLines
    names: tuple[str, ...]
    speaker: np.ndarray
    scene: np.ndarray
    given: np.ndarray
    sure: np.ndarray
    number: np.ndarray
    clip_voice: np.ndarray
    clip_speaker: np.ndarray
    clip_seconds: np.ndarray
    clip_short: np.ndarray
    clip_episode: np.ndarray
    clip_start: np.ndarray
    guests: frozenset[int] = frozenset()

    def save(self, path: Path) -> None:
        """Write the pack."""
        own = {k: v for k, v in vars(self).items() if k not in ("name", "lines", "names", "guests")}
        columns = {
            c: getattr(self.lines, c) for c in ("embedding", "start", "end", "episode", "cue", "italic", "overlap")
        }
        np.savez_compressed(path, names=np.array(self.names), text=np.array(self.lines.text), **columns, **own)

    @classmethod
    def load(cls, path: Path) -> Pack:
        """Read a pack."""
        held = dict(np.load(path, allow_pickle=False))
        columns = {c: held.pop(c) for c in ("embedding", "start", "end", "episode", "cue", "italic", "overlap")}
        lines = SeriesLines(text=[str(t) for t in held.pop("text")], **columns)
        return cls(path.stem, lines, tuple(str(n) for n in held.pop("names")), **held)
