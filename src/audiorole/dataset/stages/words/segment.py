"""Segment: boundaries on speech, overlap and music marked; without subtitles, lines come from the speech alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from audiorole.dataset.lines.curves import SpeechCurves
from audiorole.dataset.lines.segmentation import (
    Boundary,
    Placement,
    place,
    speech_regions,
    split_at_changes,
    split_long,
)
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Utterance


@dataclass(frozen=True)
class Segment(EpisodeStage[Utterance]):
    """min_speech: share of a line's frames that must hold speech; below it nobody talks there (`no_speech`).

    longest: seconds after which a stretch of speech without subtitles is cut at its quietest point. change: how sure a
    change of speaker must be to cut there too (even episodes: 14.6 % of lines mixed two people without, 7.3 % with;
    benchmarks/build_from_nothing.py).
    """

    name: ClassVar[str] = "segment"
    version: ClassVar[int] = 2
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "listen")
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.0003
    min_speech: float = 0.05
    longest: float = 12.0
    change: float = 0.3
    placement: Placement = field(default_factory=Placement)

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines with their boundaries on speech."""
        lines = sorted(records, key=lambda line: (line.start, line.id))
        (episode,) = context.records("probe", Episode)
        curves = SpeechCurves.of(context)
        if not lines:
            lines = list(self._from_speech(episode, curves))
        else:
            spans = place(_boundaries(lines), curves.speech, self.placement)
            lines = [_moved(line, *span, episode.duration) for line, span in zip(lines, spans, strict=True)]
        for line in lines:
            yield self._measured(line, curves)

    def _from_speech(self, episode: Episode, curves: SpeechCurves) -> Iterator[Utterance]:
        stretches = (
            piece
            for region in speech_regions(curves.speech)
            for part in split_long(*region, curves.speech, self.longest)
            for piece in split_at_changes(*part, curves.change, self.change)
        )
        for number, (first, last) in enumerate(stretches, start=1):
            yield Utterance(f"{episode.id}/u{number:05d}", round(first, 3), round(last, 3), text="")

    def _measured(self, line: Utterance, curves: SpeechCurves) -> Outcome:
        speech = curves.facts(line.start, line.end)
        line = msgspec.structs.replace(line, speech=speech)
        if speech.speech_share < self.min_speech:
            return Dropped.of(line, "no_speech", f"{speech.speech_share:.0%} of the span")
        return line


def _boundaries(lines: list[Utterance]) -> list[Boundary]:
    return [
        Boundary(
            line.start,
            line.end,
            loose_start=bool(line.cue and line.cue.part > 0),
            loose_end=bool(line.cue and line.cue.part < line.cue.parts - 1),
            overlaps=index > 0 and line.start < lines[index - 1].end - OVERLAP_SECONDS,
            shortest=min(0.8 * line.duration, sum(map(str.isalnum, line.text)) / FASTEST_LETTERS),
        )
        for index, line in enumerate(lines)
    ]


FASTEST_LETTERS = 20.0
"""Letters a second that hardly anybody speaks above: the quickest line of the development data has 19."""

OVERLAP_SECONDS = 0.3
"""Cues that overlap by more than this were timed to overlap; less is a reader's lead-in."""


def _moved(line: Utterance, start: float, end: float, duration: float) -> Utterance:
    start, end = max(0.0, start), min(duration, end)
    return msgspec.structs.replace(line, start=round(start, 3), end=round(end, 3))
