"""The judge over a run: does a reply fit better than another real line of the same character?

The opponent knows the character and not the situation, so 0.5 is what a reply without relevance gets; the gold line's
own share is the ceiling. Everything is judged on what the recogniser heard, and a row that is not ok has lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from audiorole.evaluation.items import draw_order
from audiorole.evaluation.judge.endpoint import Ledger
from audiorole.evaluation.judge.exam import Exam, entry_exam
from audiorole.evaluation.judge.pairwise import Verdict, compare, tally
from audiorole.evaluation.judge.recipe import JudgeRecipe
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.records import Row
from audiorole.types import Dialogue, Record

OPPONENT = "other_line"
CEILING = "gold"


class Judged(Record, frozen=True):
    """One system. share: wins and half the ties, mean over characters; low, high: had every unreadable answer been
    lost, or won; lost_unheard: rows that were not ok; order: verdicts that changed with the order and became ties.
    """

    system: str
    share: float
    low: float
    high: float
    wins: int
    ties: int
    losses: int
    unread: int
    lost_unheard: int
    order: int


class JudgeResult(Record, frozen=True):
    """What the judge said; nothing but the exam where it failed. cost: of the whole ledger, in its prices' currency.

    failed: calls without an answer, each a vote that is lost; problem: why the first one failed.
    """

    judge: str
    exam: Exam
    systems: tuple[Judged, ...]
    calls: int
    cost: float
    failed: int = 0
    problem: str = ""


def judge_run(evaluation: Evaluation, names: Sequence[str], out: Path, recipe: JudgeRecipe) -> JudgeResult:
    """Return the judge's verdict on the systems `names` and the gold anchor. Raises ConfigError (replay).

    A call that fails is one vote that is lost, never the run.
    """
    ledger = recipe.open(out / "judge.jsonl")
    exam = entry_exam(ledger, evaluation.gallery, recipe.exam_items)
    judged: list[Judged] = []
    if exam.passed:
        rivals = _first_replies(out, OPPONENT)
        items = sorted(evaluation.items.items, key=lambda item: draw_order(19, item.id))
        asked = [item for item in items if item.id in rivals and rivals[item.id].ok][: recipe.items]
        judged = [_judge_system(ledger, name, asked, _first_replies(out, name), rivals) for name in (*names, CEILING)]
    return JudgeResult(
        ledger.judge.name, exam, tuple(judged), ledger.calls, round(ledger.cost, 6), ledger.failed, ledger.problem
    )


def _first_replies(out: Path, name: str) -> dict[str, Row]:
    return {row.item: row for row in read_rows(out, name) if row.seed == 0}


def _judge_system(
    ledger: Ledger, name: str, items: Sequence[Dialogue], rows: Mapping[str, Row], rivals: Mapping[str, Row]
) -> Judged:
    verdicts = {item.id: _verdict(ledger, item, rows.get(item.id), rivals[item.id]) for item in items}
    counted = tally(verdicts.values())
    by_character: dict[str, list[Verdict]] = {}
    for item in items:
        by_character.setdefault(item.target.character, []).append(verdicts[item.id])
    tallies = [tally(found) for found in by_character.values()]
    return Judged(
        system=name,
        share=_mean([one.share for one in tallies]),
        low=_mean([one.bounds[0] for one in tallies]),
        high=_mean([one.bounds[1] for one in tallies]),
        wins=counted.wins,
        ties=counted.ties,
        losses=counted.losses,
        unread=counted.unread,
        lost_unheard=sum(not _heard(rows.get(item.id)) for item in items),
        order=counted.reversed_by_order,
    )


def _verdict(ledger: Ledger, item: Dialogue, row: Row | None, rival: Row) -> Verdict:
    """Return the verdict; a reply that does not count, or that nobody understood a word of, has lost unasked."""
    if row is None or not _heard(row):
        return Verdict(item.id, -1, agreed=True)
    return compare(ledger, item, row.heard, rival.heard)


def _heard(row: Row | None) -> bool:
    return row is not None and row.ok and bool(row.heard.strip())


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 6) if values else 0.0
