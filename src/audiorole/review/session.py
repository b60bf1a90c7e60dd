"""One series under review: its lines, what was decided, the names that follow, and what to ask next.

Lists are there at once, as the build named the lines. Decisions are written down and shown at once; the names that
follow from them are made in a thread of their own. Reads no audio to name.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.dataset.build import finished_plan
from audiorole.dataset.names.decision_file import append_decision, now, reviewer
from audiorole.dataset.names.naming_stage import require_naming
from audiorole.dataset.names.series import NamedSeries
from audiorole.dataset.stages.series.name import Name
from audiorole.errors import UserError
from audiorole.naming.answers.corrections import text_digest
from audiorole.naming.answers.decisions import Decision, last_standing, undo
from audiorole.naming.answers.queue import ReviewItem, questions_asked
from audiorole.pipeline.contexts import SeriesOnDisk
from audiorole.review.checks.answer import Answer
from audiorole.review.checks.checking import Known, checked, decision_of
from audiorole.review.checks.line_checks import KnownLine, KnownLines
from audiorole.review.lines import NameColumns, ReviewLines, coded
from audiorole.review.live import LiveNames
from audiorole.review.questions import Question, Questions
from audiorole.review.search import LineFilter, LineSearch, Searches
from audiorole.review.standing import Standing
from audiorole.types import Episode


class ReviewSession:
    """Holds the columns of a series; every decision is appended to the output folder.

    lock: guards what decisions change. version: grows with every change that a page must know of.
    """

    def __init__(self, out: Path, series: str = "", limit: int = 30, who: str = "") -> None:
        """Open the build in `out` for `who` (the user of this machine). Raises UserError where it has no such series,
        or nothing was named.
        """
        self.out, self.limit, self.who = out, limit, reviewer(who)
        self.plan = finished_plan(out)
        require_naming(self.plan, out)
        folder = self.plan.folder("name")
        self.shards = _shards(folder.shards(), series, out)
        self.context = SeriesOnDisk(self.plan, self.plan.named("name"), self.name, self.shards)
        self.lines = ReviewLines.read({shard: folder.records(shard) for shard in self.shards})
        self.episodes = {shard: self.context.records(shard, "probe", Episode)[0] for shard in self.shards}
        stage = self.plan.named("name")
        assert isinstance(stage, Name)
        self.standing = Standing(out)
        self.standing.names_anew()
        self.lock = threading.RLock()
        self.version = 0
        self._decided: tuple[int, NDArray[np.bool_]] = (-1, np.zeros(0, bool))
        self.questions: Questions | None = None
        self.live = LiveNames(self.context, stage.settings, self._named)
        self.searches = Searches()
        self._show()

    @property
    def name(self) -> str:
        """The series' name."""
        return self.shards[0].partition("/")[0]

    @property
    def series(self) -> NamedSeries:
        """The series with its names, after all decisions."""
        return self.live.wait()

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Which built lines a person named, bool `(num_built_lines,)`."""
        version = self.version
        if self._decided[0] != version:
            marks = np.zeros(self.lines.built, bool)
            marks[[row for line in self.standing.identities.label if (row := self.lines.row_of(line)) >= 0]] = True
            self._decided = (version, marks)
        return self._decided[1]

    @property
    def open_cast(self) -> bool:
        """Whether nobody is known but by people's answers: no file, no subtitle names anybody."""
        state = self.standing.identities
        decided = {*state.character.values(), *state.label.values(), *state.added.values(), *state.same_as.values()}
        told = {state.character_name(name) for name in decided} | decided
        return not {*self.lines.names.characters, *self._cast()} - told - {""}

    def names(self) -> dict[str, tuple[str, float]]:
        """Return line id → (character, probability of that name); "" for someone else."""
        series, shares = self.series, self.lines.names.probability.tolist()
        return {line: (self.lines.character_of(row), shares[row]) for row, line in enumerate(series.ids)}

    def decide(self, asked: Answer, who: str = "", wait: bool = True) -> Decision:
        """Write a decision down and name the series anew. Raises UserError for what cannot be decided.

        who: decides; whom the session was opened for if "". wait: until the names are made that follow.
        """
        with self.lock:
            known = self.known()
            written = self._write(decision_of(checked(asked, known), known, who or self.who))
        if wait:
            self.live.wait()
        return written

    def undo(self, who: str = "", wanted: str = "", wait: bool = True) -> Decision:
        """Take back the last decision of `who`, or the one called `wanted`. Raises UserError where there is none."""
        with self.lock:
            who = who or self.who
            last = last_standing(self.standing.log, wanted, who=who)
            if last is None:
                raise UserError("There is no decision of yours to take back.")
            written = self._write(undo(last, now(), who))
        if wait:
            self.live.wait()
        return written

    def _write(self, decision: Decision) -> Decision:
        written, _ = append_decision(self.out, decision)
        self.refresh()
        return written

    def refresh(self) -> None:
        """Take in what this or another reviewer has written to the log since."""
        with self.lock:
            if self.standing.refresh():
                anew = self.standing.names_anew()
                self._show()
                if anew:
                    self.live.ask()

    def known(self) -> Known:
        """Return what decisions may name now."""
        state, names = self.standing.identities, self.lines.names
        decided = {*state.character.values(), *state.label.values(), *state.added.values(), *state.same_as.values()}
        given = [state.character_name(name) for name in {*names.characters, *decided, *self._cast()}]
        voices = {state.merged(voice) for voice in {*names.voices, *state.source}}
        seconds = {shard: episode.duration for shard, episode in self.episodes.items()}
        return Known(_SessionLines(self), voices - {""}, set(given) - {""}, seconds)

    def _cast(self) -> list[str]:
        series = self.live.series
        return [character.name for character in series.namer.cast.character] if series else []

    def _named(self, series: NamedSeries) -> None:
        """Take in new names; called from the thread that makes them."""
        known = self.questions.sounds if self.questions else None  # decisions change no sound
        questions = Questions(series, self.standing.identities, questions_asked(self.standing.log), known)
        voices, voice = coded(series.voices)
        characters, character = [""], np.zeros(len(series.ids), np.int32)
        if answer := series.answer:
            characters = answer.names
            given = answer.named.character.astype(np.int32)
            character = np.where(given < 0, len(characters) - 1, given)  # someone else is the last
        with self.lock:
            self.questions = questions
            self.lines.names = NameColumns(list(characters), voices, character, voice, questions.probability.copy())
            self._show()

    def _show(self) -> None:
        """Lay what was decided over what the lines show."""
        with self.lock:
            state = self.standing.identities
            self.lines.correct(self.standing.corrections, state.added)
            for line, name in state.label.items():
                if (row := self.lines.row_of(line)) >= 0:
                    self.lines.names.give(row, state.character_name(name))
            self.version += 1

    def queue(self) -> list[ReviewItem]:
        """Return what to ask next, best first, once all names are made."""
        self.live.wait()
        return [question.item for question in self.ask(limit=self.limit)]

    def ask(self, skipped: Collection[str] = (), limit: int = 6) -> list[Question]:
        """Return the next questions, best first; none while nothing is ranked yet."""
        if self.questions is None:
            return []
        return self.questions.open(self.standing.identities, skipped, limit)

    def is_open(self, key: str) -> bool:
        """Return whether the question of that key still waits for an answer."""
        return self.questions is not None and self.questions.is_open(key, self.standing.identities)

    def heard(self, item: ReviewItem) -> list[int]:
        """Return the rows that are played for a question."""
        self.live.wait()
        assert self.questions is not None
        return self.questions.heard(item)

    def at_time(self, episode: str, seconds: float) -> int:
        """Return the row that is spoken at a moment. Raises UserError for an episode that there is not."""
        if episode not in self.lines.episode_place:
            raise UserError(f"There is no episode {episode!r}.")
        return self.lines.at_time(episode, seconds)

    def search(self, wanted: LineFilter) -> LineSearch:
        """Return the lines that pass a filter. Raises UserError for an episode that there is not."""
        with self.lock:
            if wanted.episode and wanted.episode not in self.lines.episode_place:
                raise UserError(f"There is no episode {wanted.episode!r}.")
            return self.searches.get(wanted, self.version, self._search)

    def _search(self, wanted: LineFilter) -> LineSearch:
        ranking = self.questions.outliers_first if self.questions else None
        return LineSearch(self.lines, wanted, self.decided, ranking)


class _SessionLines(KnownLines):
    """The lines of a session as decisions see them; nothing is copied."""

    def __init__(self, session: ReviewSession) -> None:
        self.lines = session.lines

    def __getitem__(self, line: str) -> KnownLine:
        row = self.lines.row_of(line)
        correction = self.lines.correction_of(row) if row >= 0 else None
        if row < 0 or (correction and correction.removed):
            raise KeyError(line)
        named = self.lines.character_of(row) if self.lines.names.anybody else None
        was = text_digest(self.lines.built_text(row)) if row < self.lines.built else ""
        return KnownLine(named, self.lines.bounds_of(row)[0], was)

    def __iter__(self) -> Iterator[str]:
        return (self.lines.id_of(row) for row in range(len(self.lines)))

    def __len__(self) -> int:
        return len(self.lines)

    def before(self, episode: str, start: float) -> tuple[float, str]:
        first, last = self.lines.span_of(episode)
        at = int(np.searchsorted(self.lines.start[first:last], start, side="right")) - 1
        if at < 0:
            return super().before(episode, start)
        return float(self.lines.start[first + at]), self.lines.id_of(first + at)


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
