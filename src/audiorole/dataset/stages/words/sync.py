"""Sync: put the lines on the clock of the audio, over offsets, frame rates and cuts; refuse foreign subtitles.

Speech activity tells it for nearly every whole episode. Where it does not (short or dense dialogue, clocks that begin
hours away, foreign text), some words of the audio are recognised and sought in the subtitle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.lines.hearing import episode_ear
from audiorole.dataset.sync import Alignment, judge
from audiorole.dataset.sync.records import SyncNote
from audiorole.models import missing_weights
from audiorole.models.devices import Device
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Utterance

LEAD = 0.076
"""Seconds by which the speech curve of `listen`, the mean of two detectors, rises before Silero VAD alone does: median
over excerpts of the even episodes of two development series (benchmarks/sync_excerpts.py)."""


@dataclass(frozen=True)
class Sync(EpisodeStage[Utterance]):
    """method: `auto`, or `none` to trust the subtitles' times as they are.

    transcriber: hears words where activity is not sure (it must give their times); "", or no weights: activity alone.
    device: where it runs.
    keep_unsure: keep the lines at their own times where no alignment could be trusted (they may be foreign text).
    """

    name: ClassVar[str] = "sync"
    version: ClassVar[int] = 3
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "listen")
    cost: ClassVar[float] = 0.0002
    method: str = "auto"
    transcriber: str = "whisper"
    keep_unsure: bool = False
    device: Device = "cpu"

    def models(self) -> tuple[tuple[str, str], ...]:
        """The transcriber, where its weights are at hand: without them sync does what activity alone can do."""
        named = self.transcriber if self.method != "none" else ""
        return (("transcriber", named),) if named and not missing_weights("transcriber", named) else ()

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines on the audio's clock; what falls outside the audio is dropped."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        if not lines or self.method == "none":
            yield from (_inside(line, line.start, line.end, episode.duration) for line in lines)
            return
        times = np.array([(line.start, line.end) for line in lines])
        alignment = self._judged(lines, times, episode, context)
        context.attach("sync.json", lambda path: _write(path, alignment))
        yield from self._mapped(lines, times, alignment, episode.duration)

    def _judged(
        self, lines: list[Utterance], times: np.ndarray[Any, Any], episode: Episode, context: Context
    ) -> Alignment:
        speech = context.array("listen", "speech") / np.float32(100)
        ear = episode_ear(context, episode, self.transcriber, self.device)
        found = judge(times, [line.text for line in lines], speech, FRAME_RATE, episode.duration, ear, LEAD)
        lacking = missing_weights("transcriber", self.transcriber) if self.transcriber else ""
        if found.accepted or not lacking:
            return found
        return msgspec.structs.replace(found, reason=f"{found.reason}; no words could be heard: {lacking}")

    def _mapped(
        self, lines: list[Utterance], times: np.ndarray[Any, Any], alignment: Alignment, duration: float
    ) -> Iterator[Outcome]:
        if not alignment.accepted and not self.keep_unsure:
            for line in lines:
                yield Dropped.of(line, "subtitles_do_not_fit", alignment.reason)
            return
        mapped = alignment.map(times) if alignment.accepted else times
        for line, (start, end) in zip(lines, mapped, strict=True):
            yield _inside(line, float(start), float(end), duration)


def _inside(line: Utterance, start: float, end: float, duration: float) -> Outcome:
    if not np.isfinite(start + end) or end <= 0 or start >= duration:
        return Dropped.of(line, "outside_audio", f"{start:.1f}–{end:.1f} s of {duration:.1f} s")
    start, end = max(0.0, start), min(duration, end)
    return msgspec.structs.replace(line, start=round(start, 3), end=round(max(end, start), 3))


def _write(path: Path, alignment: Alignment) -> None:
    note = SyncNote(
        accepted=alignment.accepted,
        confidence=round(float(alignment.confidence), 4),
        reason=alignment.reason,
        pieces=tuple(msgspec.to_builtins(piece) for piece in alignment.pieces),
    )
    path.write_bytes(msgspec.json.encode(note))
