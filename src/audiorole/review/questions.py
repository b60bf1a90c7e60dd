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
from audiorole.naming.answers.voice_checks import NOTHING_HEARD, Heard, VoiceSounds, heard_of
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

    def __init__(self, series: NamedSeries, state: Identities, asked: int, sounds: VoiceSounds | None = None) -> None:
        """asked: answers before; sounds: of the same lines, where they are known from before."""
        self.series, self.state = series, state
        self.sounds = sounds or (VoiceSounds(series.lines, series.namer.options.embedder) if series.ids else None)
        self._told: dict[str, Heard] = {}
        self._heard: dict[str, list[int]] = {}
        self.place = {line: row for row, line in enumerate(series.ids)}
        self.rows: dict[str, list[int]] = {}
        for row, voice in enumerate(series.voices):
            self.rows.setdefault(voice, []).append(row)
        voices = ["" if voice in state.character else voice for voice in series.voices]
        decided = np.array([line in state.label for line in series.ids], bool)
        sure = np.minimum(self.probability, 1 - self._doubt())
        self.items = review_queue(
            series.lines, sure, voices, decided, RANKED, asked=asked, nameless=self.nameless,
            checks=list(self._checks(np.where(decided, 1.0, sure))),
        )  # fmt: skip

    def _doubt(self) -> NDArray[np.float32]:
        """Return how likely each line is somebody else's by what was heard, for names that people's answers alone made;
        0 for others.
        """
        doubt, answer = np.zeros(len(self.series.ids), np.float32), self.series.answer
        for name in self._by_people_alone():
            if answer and self.sounds and name in answer.names:
                rows = np.flatnonzero(answer.named.character == answer.names.index(name))
                doubt[rows] = self.sounds.doubt(rows, self.told(name))
        return doubt

    def _by_people_alone(self) -> list[str]:
        """Return the names of voices that no cue and no clip says anything about."""
        if len(self.series.namer.references):
            return []
        state, seeds = self.state, self.series.lines.seeds
        cast = [character.name for character in self.series.namer.cast.character]
        ids, voices = self.series.ids, self.series.voices
        seeded = np.flatnonzero(seeds >= 0).tolist()
        given = {cast[seeds[row]] for row in seeded if state.character_of(ids[row], voices[row]) is None}
        return sorted({state.character_name(name) for name in state.character.values()} - given - {""})

    def _checks(self, sure: NDArray[np.float32]) -> Iterator[ReviewItem]:
        """Yield the named voices with lines that may be somebody else's. sure: of each line."""
        named = set(self._by_people_alone())
        for voice in sorted(self.rows.keys() & self.state.character.keys()):
            name = self.state.character_name(self.state.character[voice])
            rows = self._unheard(voice, name) if name in named else []
            gain = float(((1 - sure[rows]) * self.series.lines.duration[rows]).sum())
            if len(rows) > 1 and gain > 0:
                yield ReviewItem("voice", rows[0], gain, voice, name)

    def _unheard(self, voice: str, name: str) -> list[int]:
        """Return the rows of a named voice that go by its name and that nobody heard for themselves."""
        answer = self.series.answer
        if answer is None or name not in answer.names:
            return []
        place, given, told = answer.names.index(name), answer.named.character, self.told(name)
        known = {*told.own, *told.others}
        return [row for row in self.rows[voice] if given[row] == place and row not in known]

    def told(self, name: str) -> Heard:
        """Return what people heard of a character, and of others."""
        if name not in self._told:
            self._told[name] = heard_of(name, self.place, self.state)
        return self._told[name]

    @property
    def probability(self) -> NDArray[np.float32]:
        """Of each line's name; 0 while nobody at all is named."""
        answer = self.series.answer
        return answer.named.probability if answer else np.zeros(len(self.series.ids), np.float32)

    @property
    def nameless(self) -> NDArray[np.bool_] | None:
        """Return which lines are taken for somebody outside the cast without a person's having said so, and which were
        split off a voice that has a name: they are somebody else's, and nobody said whose.
        """
        if self.series.answer is None:
            return None
        nobody, said = self.series.answer.named.character < 0, self.series.lines.seeds == SOMEONE_ELSE
        split = {voice for voice in self.state.source if voice not in self.state.character}
        return np.asarray((nobody & ~said) | np.isin(self.series.voices, sorted(split)), np.bool_)

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
        kind, _, subject = key.partition(" ")
        if kind != "voice":
            return subject not in state.label
        return subject not in state.voice and _about(subject, state) == _about(subject, self.state)

    def _split_since(self, voice: str, state: Identities) -> bool:
        """Return whether lines were split off a voice since it was ranked: others of its lines may be worth hearing."""
        return voice in list(state.source.values())[len(self.state.source) :]

    def heard(self, item: ReviewItem) -> list[int]:
        """Return the rows that are played for a question: of a voice, those that stand for the most of its lines."""
        if item.kind != "voice" or self.sounds is None:
            return [item.line]
        rows = self._unheard(item.subject, item.named) if item.named else self.rows.get(item.subject, [])
        told = self.told(item.named) if item.named else NOTHING_HEARD
        if item.subject not in self._heard:
            self._heard[item.subject] = self.sounds.lines_to_hear(rows, SAMPLES, told) or [item.line]
        return self._heard[item.subject]

    def members(self, voice: str) -> int:
        """Return how many lines a voice has."""
        return len(self.rows.get(voice, []))

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
        if self.sounds is None or len(rows) < 2:
            return rows
        voice = self.sounds.of(rows)
        heard = np.any(voice, axis=1)
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


def _about(voice: str, state: Identities) -> tuple[str | None, int]:
    """Return whose a voice is said to be, and how many lines were heard for it: an answer changes this."""
    return state.character.get(voice), sum(one == voice for one in state.heard.values())
