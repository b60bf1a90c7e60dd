"""Publish: one Parquet file an episode, the line's audio inside as FLAC (or Opus)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr
from msgspec import Meta
from numpy.typing import NDArray

from audiorole.audio.pcm import Pcm, to_int16
from audiorole.dataset.lines.episode_audio import SAMPLE_RATE, episode_audio
from audiorole.errors import UnknownNameError
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.published.schema import row, schema
from audiorole.types import Episode, Record, Utterance
from audiorole.types.ids import line_number

CODECS = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS"), "wav": ("WAV", "PCM_16")}

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Publish(EpisodeStage[Utterance]):
    """sample_rate: Hz of the published audio. codec: flac, opus or wav. rows: per Parquet row group."""

    name: ClassVar[str] = "publish"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "enhance")
    cost: ClassVar[float] = 0.0015
    bytes_per_second: ClassVar[float] = 14200.0
    sample_rate: Annotated[int, Meta(ge=4000, le=192000)] = 16000
    codec: str = "flac"
    rows: Annotated[int, Meta(ge=1)] = 256

    def __post_init__(self) -> None:
        """Refuse a codec that is not known. Raises UnknownNameError, before any work begins."""
        if self.codec not in CODECS:
            raise UnknownNameError("codec of [publish]", self.codec, CODECS)

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines as they are; write their rows."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        if lines:
            pcm = episode_audio(context, episode.media, episode.audio, self.sample_rate)
            enhanced = _enhanced(context)
            context.attach("parquet", lambda path: self._write(path, lines, pcm, enhanced, episode.content_hash))
        yield from lines

    def _write(
        self, path: Path, lines: list[Utterance], pcm: Pcm, enhanced: dict[int, Samples], media_hash: str
    ) -> None:
        layout = schema(self.sample_rate)
        with pq.ParquetWriter(path, layout, compression="zstd", use_dictionary=_dictionaries(layout)) as writer:
            for first in range(0, len(lines), self.rows):
                chosen = lines[first : first + self.rows]
                rows = [row(line, self._audio(line, pcm, enhanced), self.codec, media_hash) for line in chosen]
                writer.write_table(pa.Table.from_pylist(rows, schema=layout))

    def _audio(self, line: Utterance, pcm: Pcm, enhanced: dict[int, Samples]) -> bytes:
        container, subtype = CODECS[self.codec]
        buffer = io.BytesIO()
        samples = enhanced.get(line_number(line.id)) if line.quality and line.quality.enhanced else None
        if samples is None:
            samples = to_int16(pcm.read(line.start, line.end))
        elif pcm.sample_rate != SAMPLE_RATE:
            samples = to_int16(soxr.resample(samples / np.float32(32768), SAMPLE_RATE, pcm.sample_rate))
        soundfile.write(buffer, samples, pcm.sample_rate, format=container, subtype=subtype)
        return buffer.getvalue()


def _enhanced(context: Context) -> dict[int, Samples]:
    """Return line number → enhanced samples at 16 kHz."""
    samples, pointer = context.array("enhance", "enhanced"), context.array("enhance", "enhanced_pointer")
    numbers = context.array("enhance", "enhanced_lines").tolist()
    return {number: samples[pointer[i] : pointer[i + 1]] for i, number in enumerate(numbers)}


def _dictionaries(layout: Any) -> list[str]:
    """Name the columns with few values: a dictionary of audio would only cost memory."""
    few = {"language", "series", "episode", "character", "runner_up", "speaker", "scene", "dialogue", "tier"}
    return [name for name in layout.names if name in few]
