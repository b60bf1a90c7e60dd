"""The entry exam: before a judge's verdict counts, it has to get the known ones right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.judge.endpoint import Ledger
from audiorole.evaluation.judge.pairwise import compare
from audiorole.types import Dialogue, Record

GIBBERISH = "eht ni gnihton dna sdrow fo dne"
"""What a recogniser makes of reversed speech and noise: no language at all."""


class ExamPart(Record, frozen=True):
    """One part: how often the judge was right, of how often it answered, and what is wanted.

    lost: questions whose calls failed; they say nothing about the judge, but most must not be among them.
    """

    name: str
    right: int
    asked: int
    wanted: float
    lost: int = 0

    @property
    def passed(self) -> bool:
        """Whether the share is reached."""
        return self.asked > self.lost and self.right / self.asked >= self.wanted


class Exam(Record, frozen=True):
    """The whole exam. judge: model and date."""

    judge: str
    parts: tuple[ExamPart, ...]

    @property
    def passed(self) -> bool:
        """Whether every part is."""
        return all(part.passed for part in self.parts)


Replies = Callable[[Dialogue], tuple[str, str]]


def entry_exam(ledger: Ledger, gallery: Gallery, number: int = 50) -> Exam:
    """Return how the judge does on `number` items: gold beats another character's line (90 %), gold beats reversed
    speech (99 %), an identical pair is a tie (90 %)."""
    items = sorted(gallery.items.items, key=lambda item: draw_order(13, item.id))[:number]
    parts: Sequence[tuple[str, float, int, Replies]] = (
        ("gold beats another character's line", 0.90, 1, lambda item: (item.target.text, _stranger(item, gallery))),
        ("gold beats reversed speech", 0.99, 1, lambda item: (item.target.text, GIBBERISH)),
        ("an identical pair is a tie", 0.90, 0, lambda item: (item.target.text, item.target.text)),
    )
    return Exam(ledger.judge.name, tuple(_part(ledger, items, *part) for part in parts))


def _part(
    ledger: Ledger, items: Sequence[Dialogue], name: str, wanted: float, outcome: int, replies: Replies
) -> ExamPart:
    verdicts = [compare(ledger, item, *replies(item)) for item in items]
    lost = sum(bool(one.problem) for one in verdicts)
    return ExamPart(name, sum(one.outcome == outcome for one in verdicts), len(verdicts) - lost, wanted, lost)


def _stranger(item: Dialogue, gallery: Gallery) -> str:
    """Return a test line of another character, of about the gold line's length."""
    lines = gallery.corpus.lines
    others = [
        lines[line] for name, ids in gallery.items.test_lines.items() if name != item.target.character for line in ids
    ]
    near = sorted(others, key=lambda line: abs(len(line.text) - len(item.target.text)))[:20]
    return min(near, key=lambda line: draw_order(17, f"{item.id} {line.id}")).text
