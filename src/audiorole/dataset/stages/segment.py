"""Segment: boundaries on speech, overlap and music marked; without subtitles, lines come from the speech alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE, snr_db
from audiorole.dataset.lines.segmentation import (
    Boundary,
    Placement,
    place,
    speech_regions,
    split_at_changes,
    split_long,
)
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Speech, Utterance


@dataclass(frozen=True)
class Segment(EpisodeStage):
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
        curves = _Curves(context)
        if not lines:
            lines = list(self._from_speech(episode, curves))
        else:
            spans = place(_boundaries(lines), curves.speech, self.placement)
            lines = [_moved(line, *span, episode.duration) for line, span in zip(lines, spans, strict=True)]
        for line in lines:
            yield self._measured(line, curves)

    def _from_speech(self, episode: Episode, curves: _Curves) -> Iterator[Utterance]:
        stretches = (
            piece
            for region in speech_regions(curves.speech)
            for part in split_long(*region, curves.speech, self.longest)
            for piece in split_at_changes(*part, curves.change, self.change)
        )
        for number, (first, last) in enumerate(stretches, start=1):
            yield Utterance(f"{episode.id}/u{number:05d}", round(first, 3), round(last, 3), text="")

    def _measured(self, line: Utterance, curves: _Curves) -> Outcome:
        speech = curves.facts(line)
        line = msgspec.structs.replace(line, speech=speech)
        if speech.speech_share < self.min_speech:
            return Dropped.of(line, "no_speech", f"{speech.speech_share:.0%} of the span")
        return line


class _Curves:
    """The curves of `listen` as this stage reads them."""

    def __init__(self, context: Context) -> None:
        self.speech = np.asarray(context.array("listen", "speech") / 100, dtype=np.float32)
        self.active = self.speech >= 0.5
        self.possible = self.speech >= 0.25  # at least one of two detectors hears somebody
        self.overlap = context.array("listen", "overlap") >= 50
        self.change = np.asarray(context.array("listen", "change") / 100, dtype=np.float32)
        self.music = context.array("listen", "music") >= 50
        self.level = context.array("listen", "level").astype(np.float32)

    def facts(self, line: Utterance) -> Speech:
        first = round(line.start * FRAME_RATE)
        last = max(first + 1, round(line.end * FRAME_RATE))
        return Speech(
            speech_share=_share(self.possible, first, last),
            overlap_share=_share(self.overlap, first, last),
            music_share=_share(self.music, first, last),
            snr_db=snr_db(self.level, self.active, first, last),
        )


def _share(marks: NDArray[np.bool_], first: int, last: int) -> float:
    return round(float(marks[first:last].mean()), 3) if last > first and first < len(marks) else 0.0


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
