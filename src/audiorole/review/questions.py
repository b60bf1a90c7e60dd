"""What a person is asked next: voices and lines, likely names, the evidence, and what is played for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import unit
from audiorole.dataset.explain import CUES
from audiorole.dataset.names.series import NamedSeries
from audiorole.naming import SOMEONE_ELSE
from audiorole.naming.answers.decisions import Identities
from audiorole.naming.answers.queue import ReviewItem, review_queue
from audiorole.naming.voices.clusters import plain_space
from audiorole.types.plain import JsonObject

SAMPLES = 5
"""Lines of a voice that are played for it."""

CANDIDATES = 6

RANKED = 400
"""Questions that are ranked at a time."""

REFERENCE_SECONDS = (1.5, 6.0)
"""A line that stands for a character's voice is between so long."""


@dataclass(frozen=True)
class Question:
    """One thing to ask. key: of the question, the same until it is answered; rows: of the lines that are played."""

    key: str
    item: ReviewItem
    rows: tuple[int, ...]


class Questions:
    """The questions about a series as it was named last."""

    def __init__(self, series: NamedSeries, state: Identities, asked: int) -> None:
        self.series, self.state = series, state
        self.space = plain_space(series.lines, series.namer.options.embedder) if len(series.ids) else None
        voices = ["" if voice in state.character else voice for voice in series.voices]
        decided = np.array([line in state.label for line in series.ids], bool)
        self.items = review_queue(
            series.lines, self.probability, voices, decided, RANKED, asked=asked, nameless=self.nameless
        )

    @property
    def probability(self) -> NDArray[np.float32]:
        """Of each line's name; 0 while nobody at all is named."""
        answer = self.series.answer
        return answer.named.probability if answer else np.zeros(len(self.series.ids), np.float32)

    @property
    def nameless(self) -> NDArray[np.bool_] | None:
        """Return which lines are taken for somebody outside the cast without a person's having said so."""
        if self.series.answer is None:
            return None
        nobody, said = self.series.answer.named.character < 0, self.series.lines.seeds == SOMEONE_ELSE
        return np.asarray(nobody & ~said, np.bool_)

    def open(self, state: Identities, skipped: Collection[str], limit: int) -> list[Question]:
        """Return the first questions that nobody answered meanwhile and that are not among `skipped`."""
        found: list[Question] = []
        for item in self.items:
            subject = item.subject or self.series.ids[item.line]
            key = f"{item.kind} {subject}"
            if len(found) == limit:
                break
            if key not in skipped and self.is_open(key, state) and not self._split_since(item.subject, state):
                found.append(Question(key, item, tuple(self.heard(item))))
        return found

    def is_open(self, key: str, state: Identities) -> bool:
        """Return whether nobody answered a question since it was ranked."""
        subject = key.partition(" ")[2]
        return not (subject in state.character or subject in state.voice or subject in state.label)

    def _split_since(self, voice: str, state: Identities) -> bool:
        """Return whether lines were split off a voice since it was ranked: others of its lines may be worth hearing."""
        return voice in list(state.source.values())[len(self.state.source) :]

    def heard(self, item: ReviewItem) -> list[int]:
        """Return the rows that are played for a question.

        For a voice: the line that stands for it, and others of its longer lines from all over the series.
        """
        if item.kind != "voice":
            return [item.line]
        rows = [row for row, voice in enumerate(self.series.voices) if voice == item.subject and row != item.line]
        length = self.series.lines.duration
        longer = [row for row in rows if 1.0 <= length[row] <= 8.0] or rows
        places = np.linspace(0, len(longer) - 1, min(SAMPLES - 1, len(longer))).round().astype(int)
        return [item.line, *(longer[place] for place in dict.fromkeys(places.tolist()))] if longer else [item.line]

    def members(self, voice: str) -> int:
        """Return how many lines a voice has."""
        return sum(one == voice for one in self.series.voices)

    def candidates(self, rows: Sequence[int], most: int = CANDIDATES) -> list[JsonObject]:
        """Return the likeliest names over some lines."""
        answer = self.series.answer
        if answer is None or not rows:
            return []
        belief = answer.named.belief[list(rows)].astype(np.float64).mean(0)
        order = np.argsort(-belief, kind="stable")[:most]
        return [
            {"name": answer.names[i], "probability": round(float(belief[i]), 3)} for i in order if belief[i] > 0.002
        ]

    def ledger(self, row: int) -> Iterator[JsonObject]:
        """Yield the evidence for a line's name, the strongest first."""
        answer = self.series.answer
        if answer is None:
            return
        values = zip(answer.named.groups, answer.named.ledger[row].tolist(), strict=True)
        for cue, value in sorted(values, key=lambda pair: -abs(pair[1])):
            if abs(value) >= 0.05:
                yield {"cue": cue, "log_odds": round(value, 2), "meaning": CUES.get(cue, "")}

    def faces(self, row: int) -> list[str]:
        """Return who was on the picture during a line."""
        return list(self.series.answer.faces(row)) if self.series.answer else []

    def outliers_first(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return rows by how little they sound like the rest of them, the strangest first, the voiceless last."""
        if self.space is None or len(rows) < 2:
            return rows
        raw = self.series.lines.embedding[rows]
        voice = unit(self.space.project(raw))
        heard = np.any(raw, axis=1)
        alike = voice @ unit(voice[heard].mean(0, keepdims=True))[0] if heard.any() else np.zeros(len(rows))
        return rows[np.argsort(np.where(heard, alike, 2.0), kind="stable")]

    def reference_row(self, name: str, state: Identities) -> int:
        """Return the row of the line that stands best for a character's voice, -1 where none does.

        One that people named comes before others; of several, the surest, then the longest.
        """
        answer = self.series.answer
        if answer is None or name not in answer.names:
            return -1
        length = self.series.lines.duration
        own = np.flatnonzero(answer.named.character == answer.names.index(name))
        fitting = [row for row in own.tolist() if REFERENCE_SECONDS[0] <= length[row] <= REFERENCE_SECONDS[1]]
        probability = self.probability
        ids = self.series.ids
        rank = sorted(fitting or own.tolist(), key=lambda r: (ids[r] not in state.label, -probability[r], -length[r]))
        return rank[0] if rank else -1
