"""What should a person look at next? Hours gained per decision, with random lines mixed in for an honest accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import unit
from audiorole.naming.answers.calibration import Probabilities, Right, wilson
from audiorole.naming.answers.decisions import Decision
from audiorole.naming.lines import SeriesLines

RANDOM_EVERY = 4
"""Every fourth item is a random line: after 200 decisions, 50 of them give the accuracy to about ±8 points."""

SPREAD = 8.0
"""Sharpness of the kernel that says how much of a line's answer its neighbours in voice take over."""


@dataclass(frozen=True)
class ReviewItem:
    """One thing to decide. kind: `voice` (name a cluster), `line` (name a line), `random` (a line drawn at random).

    subject: a voice's label, or "" for lines; line: index of the line (for a voice: the line that stands for it best).
    gain: seconds of speech that the decision is expected to make sure, 0 for random lines.
    named: whom a voice was called already, where it is to be checked; "" where nobody named it.
    """

    kind: str
    line: int
    gain: float
    subject: str = ""
    named: str = ""


def review_queue(
    lines: SeriesLines,
    probability: Probabilities,
    voices: Sequence[str] = (),
    decided: NDArray[np.bool_] | None = None,
    limit: int = 200,
    seed: int = 0,
    asked: int = 0,
    nameless: NDArray[np.bool_] | None = None,
    checks: Sequence[ReviewItem] = (),
) -> list[ReviewItem]:
    """Return the queue, best first.

    probability: of each line's name. voices: cluster label per line, "" for none; empty when there are no clusters.
    decided: lines that need no decision any more. seed: of the random lines; the same seed draws the same lines, so
    that a review that is taken up again goes on with the same sample. asked: questions that came before this queue;
    whoever takes only the first question and asks anew gets random lines as often as whoever works the queue through.
    nameless: lines that are taken for somebody whom nobody has named; however sure that is, an answer names them.
    checks: voices that were named and should be heard again.
    """
    open_lines = np.ones(len(lines), bool) if decided is None else ~decided
    sure = probability.astype(np.float64) if nameless is None else np.where(nameless, 0.0, probability)
    doubt = np.where(open_lines, 1 - sure, 0.0) * lines.duration.astype(np.float64)
    items = [*_voice_items(doubt, voices), *_line_items(lines, doubt, limit), *checks]
    items.sort(key=lambda item: (-item.gain, item.kind, item.line))
    drawn = np.random.default_rng(seed).permutation(len(lines))
    chance = [ReviewItem("random", int(i), 0.0) for i in drawn if open_lines[i]]
    return _mixed(items, chance, limit, asked)


def _voice_items(doubt: NDArray[np.float64], voices: Sequence[str]) -> list[ReviewItem]:
    """Return one item per voice with doubtful lines; the longest doubtful line stands for it."""
    members: dict[str, list[int]] = {}
    for line, voice in enumerate(voices):
        if voice and doubt[line] > 0:
            members.setdefault(voice, []).append(line)
    return [
        ReviewItem("voice", max(rows, key=lambda r: (doubt[r], -r)), float(doubt[rows].sum()), voice)
        for voice, rows in members.items()
        if len(rows) > 1
    ]


def _line_items(lines: SeriesLines, doubt: NDArray[np.float64], limit: int) -> list[ReviewItem]:
    """Return the lines whose answer would settle most seconds: their own and those of lines that sound like them."""
    gain = np.zeros(len(lines))
    for rows in lines.blocks():
        voice = unit(lines.embedding[rows])
        direction = unit(voice - voice.mean(0))
        alike = np.exp(SPREAD * (direction @ direction.T - 1))
        gain[rows] = np.where(doubt[rows] > 0, alike @ doubt[rows], 0.0)
    best = np.argsort(-gain, kind="stable")[:limit]
    return [ReviewItem("line", int(i), float(gain[i])) for i in best if gain[i] > 0]


def _mixed(items: Sequence[ReviewItem], chance: Sequence[ReviewItem], limit: int, asked: int) -> list[ReviewItem]:
    """Return items with a random one in every `RANDOM_EVERY`th place, counted from the first; a line comes once."""
    queue: list[ReviewItem] = []
    ranked, random = iter(items), iter(chance)
    taken: set[int] = set()
    while len(queue) < limit:
        source = random if (asked + len(queue)) % RANDOM_EVERY == RANDOM_EVERY - 1 else ranked
        item = next((i for i in source if i.kind == "voice" or i.line not in taken), None)
        if item is None:
            break
        if item.kind != "voice":
            taken.add(item.line)
        queue.append(item)
    return queue


def questions_asked(log: Sequence[Decision]) -> int:
    """Return how many questions a log answers: a split that comes with a name is one answer, corrections are none."""
    return sum(decision.kind in ("name_voice", "label_line", "merge_voices") for decision in log)


def reviewed_accuracy(right: Right) -> tuple[float, float, float]:
    """Return accuracy over reviewed random lines with its 95 % Wilson interval, `(accuracy, low, high)`."""
    low, high = wilson(float(right.sum()), float(len(right)))
    return (float(right.mean()) if len(right) else 0.0), low, high
