"""A series being named: the engine with its cast, what it answers, and how that turns out where the answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.core.stage import SeriesContext
from audiorole.dataset.face_columns import names_on_screen
from audiorole.dataset.lines import line_number
from audiorole.naming import NamedLines, NamingOptions, ReferenceVoices, SeriesLines
from audiorole.naming.dial import Checked
from audiorole.naming.face_identity import name_with_faces
from audiorole.types import Cast, Utterance

CHECKED = ("line", "probability", "right", "kind")
"""Columns of `audiorole.naming.dial.Checked`, saved as `checked_line` and so on; lines by their number."""


@dataclass(frozen=True)
class SeriesNamer:
    """Names the lines of a series with one cast; called with other seeds to see what they are worth."""

    cast: Cast
    options: NamingOptions
    references: ReferenceVoices

    def __call__(self, lines: SeriesLines) -> NamedLines:
        """Return the names of the lines."""
        return name_with_faces(lines, self.cast, self.options, self.references)[0]

    def answer(self, lines: SeriesLines) -> Answer:
        """Return the names of the lines, and who was on screen."""
        named, owner = name_with_faces(lines, self.cast, self.options, self.references)
        names = [*(character.name for character in self.cast.character), ""]
        return Answer(named, names, names_on_screen(lines.faces, owner, names))


@dataclass(frozen=True)
class Answer:
    """named: the columns; names: of the candidates, "" last for someone else; on_screen: faces per line, or empty."""

    named: NamedLines
    names: list[str]
    on_screen: list[tuple[str, ...]]

    def faces(self, row: int) -> tuple[str, ...]:
        """Return who was on the picture during a line."""
        return self.on_screen[row] if self.on_screen else ()


def checked_arrays(checked: Checked, rows: slice, ids: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the columns of an episode's checked lines as arrays beside its records."""
    own = checked.where((checked.line >= rows.start) & (checked.line < rows.stop))
    numbers = np.array([line_number(ids[row]) for row in own.line.tolist()], np.int32)
    columns = (numbers, own.probability, own.right, own.kind.astype(np.int32))
    return {f"checked_{name}": column for name, column in zip(CHECKED, columns, strict=True)}


def read_checked(context: SeriesContext, shard: str, lines: Sequence[Utterance], first: int) -> Checked:
    """Return the checked lines of an episode that are among `lines`, which are numbered from `first` on."""
    numbers, probability, right, kind = (context.array(shard, "name", f"checked_{name}") for name in CHECKED)
    row_of = {line_number(line.id): first + row for row, line in enumerate(lines)}
    rows = np.array([row_of.get(number, -1) for number in numbers.tolist()], np.int64)
    return Checked(rows, probability, right, kind).where(rows >= 0)
