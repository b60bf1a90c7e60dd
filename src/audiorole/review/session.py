"""One series under review: what to ask next, what was decided, and the names that follow. Reads no audio to name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.build import finished_plan
from audiorole.dataset.explain import CUES
from audiorole.dataset.names.decision_file import append_decision, now, read_log, reviewer
from audiorole.dataset.names.identity import read_identities, series_voices
from audiorole.dataset.names.series import NamedSeries, name_series, sorted_lines
from audiorole.dataset.stages.name import Name
from audiorole.errors import UserError
from audiorole.naming.answers.corrections import corrections, text_digest
from audiorole.naming.answers.decisions import Decision, last_standing, replay, undo
from audiorole.naming.answers.log import random_answers, reviewers_conflicts
from audiorole.naming.answers.queue import ReviewItem, review_queue, reviewed_accuracy
from audiorole.pipeline.contexts import SeriesOnDisk
from audiorole.review.answer import Answer
from audiorole.review.checking import Known, checked, decision_of
from audiorole.review.line_checks import KnownLine, with_corrections
from audiorole.runners.threads import one_thread
from audiorole.types import Episode, Utterance
from audiorole.types.plain import JsonObject

SAMPLES = 5
"""Lines of a voice that are played for it."""

CANDIDATES = 6


class ReviewSession:
    """Holds the series in memory; every decision is appended to the output folder and names the series anew."""

    def __init__(self, out: Path, series: str = "", limit: int = 30, who: str = "") -> None:
        """Open the build in `out` for `who` (the user of this machine). Raises UserError where it has no such series,
        or nothing was named.
        """
        self.out, self.limit, self.who = out, limit, who or reviewer()
        self.plan = finished_plan(out)
        if "name" not in {stage.name for stage in self.plan.stages}:
            raise UserError(f"{out} was built without the stage 'name': there are no names to review.")
        self.shards = _shards(self.plan.folder("name").shards(), series, out)
        self.context = SeriesOnDisk(self.plan, self.plan.named("name"), self.shards[0].partition("/")[0], self.shards)
        self.records = {line.id: line for shard in self.shards for line in sorted_lines(self.context, shard)}
        stage = self.plan.named("name")
        assert isinstance(stage, Name)
        self.settings = stage.settings
        self.episodes = {shard: self.context.records(shard, "probe", Episode)[0].duration for shard in self.shards}
        self.lock = threading.Lock()
        self.found: list[str] | None = None
        self.series = self._named()
        self.found = series_voices(self.series.lines)

    @property
    def name(self) -> str:
        """The series' name."""
        return self.shards[0].partition("/")[0]

    @property
    def probability(self) -> NDArray[np.float32]:
        """Of each line's name; 0 while nobody at all is named."""
        answer = self.series.answer
        return answer.named.probability if answer else np.zeros(len(self.series.ids), np.float32)

    def names(self) -> dict[str, tuple[str, float]]:
        """Return line id → (character, probability of that name); "" for someone else."""
        shares = self.probability.tolist()
        return {line: (self._character(row), shares[row]) for row, line in enumerate(self.series.ids)}

    def decide(self, asked: Answer) -> Decision:
        """Write a decision down and name the series anew. Raises UserError for what cannot be decided."""
        with self.lock:
            known = self._known()
            return self._take(decision_of(checked(asked, known), known, self.who))

    def undo(self) -> Decision:
        """Take this reviewer's last decision back and name the series anew. Raises UserError where there is none."""
        with self.lock:
            last = last_standing(read_log(self.out), who=self.who)
            if last is None:
                raise UserError("There is no decision of yours to take back.")
            return self._take(undo(last, now(), self.who))

    def _known(self) -> Known:
        found = {line: self._known_line(row) for row, line in enumerate(self.series.ids)}
        cast = {character.name for character in self.series.namer.cast.character}
        lines = with_corrections(found, corrections(read_log(self.out)))
        return Known(lines, set(self.series.voices) - {""}, cast, self.episodes)

    def _known_line(self, row: int) -> KnownLine:
        record = self.records[self.series.ids[row]]
        return KnownLine(self._character(row) if self.series.answer else None, record.start, text_digest(record.text))

    def _take(self, decision: Decision) -> Decision:
        written, _ = append_decision(self.out, decision)
        self.series = self._named()
        return written

    def _named(self) -> NamedSeries:
        """Return the series with its names, as a build would name it (on one thread: so it rounds, and is faster)."""
        with one_thread():
            return name_series(self.context, self.settings, read_identities(self.out), self.found)

    def queue(self) -> list[ReviewItem]:
        """Return what to ask next, best first."""
        log = read_log(self.out)
        state = replay(log)
        voices = ["" if voice in state.character else voice for voice in self.series.voices]
        decided = np.array([line in state.label for line in self.series.ids], bool)
        return review_queue(self.series.lines, self.probability, voices, decided, self.limit, asked=len(log))

    def state(self) -> JsonObject:
        """Return everything that the page shows, as plain data."""
        log = read_log(self.out)
        right = random_answers(log)
        accuracy, low, high = reviewed_accuracy(np.array(right, bool))
        seconds = self.series.lines.duration.astype(np.float64)
        return {
            "series": self.name,
            "lines": len(self.series.ids),
            "decisions": len(log),
            "expected": float((self.probability * seconds).sum() / max(seconds.sum(), 1e-9)),
            "random": {"of": len(right), "share": accuracy, "low": low, "high": high},
            "names": [character.name for character in self.series.namer.cast.character],
            "voices": self._voices(),
            "queue": [self._item(item) for item in self.queue()],
            "conflicts": [str(conflict) for conflict in reviewers_conflicts(log)],
            "log": [f"{d.kind} {d.subject} {d.value}".rstrip() for d in log[-8:]][::-1],
        }

    def _voices(self) -> list[JsonObject]:
        """Return the voices by seconds, with what they are called."""
        state = read_identities(self.out)
        seconds: dict[str, float] = {}
        for voice, duration in zip(self.series.voices, self.series.lines.duration.tolist(), strict=True):
            if voice:
                seconds[voice] = seconds.get(voice, 0.0) + duration
        ranked = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))[:200]
        return [
            {"voice": voice, "seconds": round(length, 1), "character": state.character_name(state.character[voice])}
            if voice in state.character
            else {"voice": voice, "seconds": round(length, 1), "character": None}
            for voice, length in ranked
        ]

    def _item(self, item: ReviewItem) -> JsonObject:
        rows = self.heard(item)
        return {
            "kind": item.kind,
            "subject": item.subject or self.series.ids[item.line],
            "gain": round(item.gain, 1),
            "count": sum(voice == item.subject for voice in self.series.voices) if item.kind == "voice" else 1,
            "candidates": self._candidates(rows),
            "lines": [self._line(row) for row in rows],
        }

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

    def _candidates(self, rows: Sequence[int]) -> list[JsonObject]:
        """Return the likeliest names over some lines."""
        answer = self.series.answer
        if answer is None:
            return []
        belief = answer.named.belief[list(rows)].astype(np.float64).mean(0)
        order = np.argsort(-belief, kind="stable")[:CANDIDATES]
        return [
            {"name": answer.names[i], "probability": round(float(belief[i]), 3)} for i in order if belief[i] > 0.002
        ]

    def _character(self, row: int) -> str:
        answer = self.series.answer
        return answer.names[int(answer.named.character[row])] if answer else ""

    def _line(self, row: int) -> JsonObject:
        record = self.records[self.series.ids[row]]
        return {
            "id": record.id,
            "text": record.text,
            "start": record.start,
            "end": record.end,
            "voice": self.series.voices[row],
            "character": self._character(row),
            "probability": round(float(self.probability[row]), 3),
            "shown": record.cue.shown if record.cue else "",
            "faces": list(self.series.answer.faces(row)) if self.series.answer else [],
            "ledger": list(self._ledger(row)),
            "before": self._neighbour(row, -1),
            "after": self._neighbour(row, 1),
        }

    def _neighbour(self, row: int, step: int) -> str:
        place = row + step
        if not 0 <= place < len(self.series.ids):
            return ""
        record: Utterance = self.records[self.series.ids[place]]
        return record.text if record.episode == self.records[self.series.ids[row]].episode else ""

    def _ledger(self, row: int) -> Iterator[JsonObject]:
        answer = self.series.answer
        if answer is None:
            return
        values = zip(answer.named.groups, answer.named.ledger[row].tolist(), strict=True)
        for cue, value in sorted(values, key=lambda pair: -abs(pair[1])):
            if abs(value) >= 0.05:
                yield {"cue": cue, "log_odds": round(value, 2), "meaning": CUES.get(cue, "")}


def _shards(shards: Sequence[str], series: str, out: Path) -> list[str]:
    names = sorted({shard.partition("/")[0] for shard in shards})
    if not names:
        raise UserError(f"{out} holds no named lines.")
    if series and series not in names:
        raise UserError(f"There is no series {series!r} in {out}; there are {', '.join(names)}.")
    if not series and len(names) > 1:
        raise UserError(f"{out} holds several series; choose one with --series: {', '.join(names)}.")
    chosen = series or names[0]
    return sorted(shard for shard in shards if shard.partition("/")[0] == chosen)
