"""Correct: what people said about lines themselves: another text, other bounds, overlap, a line more, a line less.

It comes behind naming and scenes, so that a correction changes the line that it is about and no other one's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from audiorole.audio.clip import read_clip
from audiorole.dataset.lines.correcting import SAMPLE_RATE, added_line, corrected, nearest
from audiorole.dataset.lines.curves import SpeechCurves
from audiorole.dataset.names.decision_file import decisions_file, read_log
from audiorole.naming.answers.corrections import LineCorrection, corrections
from audiorole.naming.answers.decisions import Identities, replay
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Utterance
from audiorole.types.plain import Array

Corrections = dict[str, LineCorrection]


@dataclass(frozen=True)
class Correct(EpisodeStage[Utterance]):
    """Needs no setting: the decisions of the output folder say everything.

    A correction of a line that was built with another text meanwhile, or is gone, is not applied: `stale_decision`.
    """

    name: ClassVar[str] = "correct"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "listen")
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.00005

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The decisions."""
        return (decisions_file(home),)

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines as people corrected them, in their order in time."""
        lines = list(records)
        log = read_log(context.home)
        own = {line: found for line, found in corrections(log).items() if line.rpartition("/")[0] == context.shard}
        if not own:
            yield from lines
            return
        yield from _Episode(context, own, replay(log)).outcomes(lines)


class _Episode:
    """The corrections of one episode, applied."""

    def __init__(self, context: Context, own: Corrections, state: Identities) -> None:
        self.own, self.state = own, state
        (self.episode,) = context.records("probe", Episode)
        self.path = context.inputs / self.episode.media
        self.curves = SpeechCurves.of(context)

    def outcomes(self, lines: Sequence[Utterance]) -> Iterator[Outcome]:
        kept: list[Utterance] = []
        for line in lines:
            correction = self.own.get(line.id)
            if correction and correction.fits(line.text):
                if correction.removed:
                    yield Dropped.of(line, "removed", _by(correction))
                    continue
                line = corrected(line, correction, self.curves, self._read)
            kept.append(line)
        kept += [self._added(line, correction, lines) for line, correction in self._new(lines)]
        yield from sorted(kept, key=lambda line: (line.start, line.id))
        yield from self._stale({line.id: line for line in lines})

    def _new(self, lines: Sequence[Utterance]) -> list[tuple[str, LineCorrection]]:
        there = {line.id for line in lines}
        added = [(line, one) for line, one in self.own.items() if one.added and not one.removed and line not in there]
        return sorted(added, key=lambda pair: pair[0])

    def _added(self, line: str, correction: LineCorrection, lines: Sequence[Utterance]) -> Utterance:
        character = self.state.character_name(self.state.added.get(line, ""))
        near = nearest(lines, correction.span or (0.0, 0.0))
        return added_line(line, correction, character, near, self.curves, self._read)

    def _stale(self, there: dict[str, Utterance]) -> Iterator[Dropped]:
        for line, correction in sorted(self.own.items()):
            if not correction.added and not (line in there and correction.fits(there[line].text)):
                why = "has another text now" if line in there else "is not there any more"
                detail = f"{_by(correction)}: the line that it corrects {why}"
                yield Dropped(f"{self.episode.id}/decision:{correction.id}", "stale_decision", detail)

    def _read(self, start: float, end: float) -> Array:
        episode, audio = self.episode, self.episode.audio
        read = partial(read_clip, self.path, start + episode.start_time, end + episode.start_time, SAMPLE_RATE)
        return read(audio.index, audio.channel)


def _by(correction: LineCorrection) -> str:
    return f"decided by {correction.by}" if correction.by else "decided by a reviewer"
