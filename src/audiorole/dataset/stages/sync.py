"""Sync: put the lines on the clock of the audio, over offsets, frame rates and cuts; refuse foreign subtitles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.sync import Alignment, align
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Utterance


class SyncNote(Record, frozen=True):
    """What sync did to an episode; lies beside its records as `<shard>.sync.json`."""

    accepted: bool
    confidence: float
    reason: str
    pieces: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class Sync(EpisodeStage):
    """method: `auto`, or `none` to trust the subtitles' times as they are.

    keep_unsure: keep the lines at their own times where no alignment could be trusted (they may be foreign text).
    """

    name: ClassVar[str] = "sync"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "listen")
    cost: ClassVar[float] = 0.0002
    method: str = "auto"
    keep_unsure: bool = False

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines on the audio's clock; what falls outside the audio is dropped."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        if not lines or self.method == "none":
            yield from (_inside(line, line.start, line.end, episode.duration) for line in lines)
            return
        times = np.array([(line.start, line.end) for line in lines])
        alignment = align(times, context.array("listen", "speech") / np.float32(100), FRAME_RATE, episode.duration)
        context.attach("sync.json", lambda path: _write(path, alignment))
        yield from self._mapped(lines, times, alignment, episode.duration)

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
