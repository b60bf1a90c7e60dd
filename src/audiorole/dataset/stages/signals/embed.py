"""Embed: the voice of each line, and of each window of a long line, so that two voices in one line show.

Arrays: `voices` float16 `(num_lines, dimension)`, `windows` float16 `(num_windows, dimension)`, `window_pointer` int64
`(num_lines + 1,)` (line i owns windows pointer[i]:pointer[i + 1]), `lines` int32 `(num_lines,)`: the lines' numbers.
A line's voice is the mean of its windows', weighted by their seconds; a zero row means that no voice could be measured.
Naming reads off the length of a vector how well the voice was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from audiorole.audio.pcm import Pcm
from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.models import load_model
from audiorole.models.devices import CPU, Device
from audiorole.models.ports import SpeakerEmbedder
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Episode, Record, Utterance
from audiorole.types.ids import line_numbers
from audiorole.types.plain import Array


@dataclass(frozen=True)
class Embed(EpisodeStage[Utterance]):
    """embedder: model reference. window: longest stretch in seconds heard as one voice.

    most: seconds of a line that are heard at most; the middle counts (0 hears all).
    step: windows last a multiple of so many seconds, with a little of what surrounds a line where that is shorter.
    A network compiles anew for each length it meets and keeps the result: a few lengths cost less time and memory.
    device: where the embedder runs.
    """

    name: ClassVar[str] = "embed"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    version: ClassVar[int] = 4
    cost: ClassVar[float] = 0.0036
    bytes_per_second: ClassVar[float] = 380.0
    embedder: str = "wespeaker"
    window: Annotated[float, Meta(ge=0.1, le=600)] = 4.0
    most: float = 8.0
    step: Annotated[float, Meta(ge=0.01, le=60)] = 0.2
    batch: Annotated[int, Meta(ge=1, le=65536)] = 64
    device: Device = "cpu"

    def models(self) -> tuple[tuple[str, str], ...]:
        """The embedder."""
        return (("speaker-embedder", self.embedder),)

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines as they are; save their voices."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        pcm = episode_audio(context, episode.media, episode.audio)
        spans = [self._windows(line, pcm.sample_rate) for line in lines]
        windows = self._embedded(pcm, [span for group in spans for span in group])
        pointer = np.concatenate([[0], np.cumsum([len(group) for group in spans])]).astype(np.int64)
        lengths = np.array([last - first for group in spans for first, last in group], dtype=np.float32)
        context.save("windows", windows.astype(np.float16))
        context.save("window_pointer", pointer)
        context.save("voices", pooled(windows, lengths, pointer).astype(np.float16))
        context.save("lines", line_numbers(lines))
        yield from lines

    def _windows(self, line: Utterance, sample_rate: int) -> list[tuple[int, int]]:
        """Return the windows of a line in samples."""
        pieces = cut_evenly(*middle(line.start, line.end, self.most), self.window)
        return [on_grid(start, end, self.step, sample_rate) for start, end in pieces]

    def _embedded(self, pcm: Pcm, spans: list[tuple[int, int]]) -> NDArray[np.float32]:
        """Embed windows of like length together; the order of the batches does not depend on who runs them."""
        model: SpeakerEmbedder = load_model("speaker-embedder", self.embedder, device=self.device)
        found = np.zeros((len(spans), model.card.dimension), dtype=np.float32)
        order = sorted(range(len(spans)), key=lambda i: (spans[i][1] - spans[i][0], i))
        size = self.batch if self.device == CPU else len(order) + 1  # the model itself knows what its GPU holds
        for first in range(0, len(order), size):
            chosen = order[first : first + size]
            found[chosen] = model.embed([pcm.samples(*spans[i]) for i in chosen], weighted=True)
        return found


def on_grid(start: float, end: float, step: float, sample_rate: int) -> tuple[int, int]:
    """Return the samples of a span, grown on both sides alike to the next multiple of `step` seconds.

    >>> on_grid(1.0, 2.5, 0.2, 1000)
    (950, 2550)
    """
    count = round(max(1, np.ceil((end - start) / step - 1e-6)) * step * sample_rate)
    first = max(0, round((start + end) / 2 * sample_rate) - count // 2)
    return first, first + count


def middle(start: float, end: float, most: float) -> tuple[float, float]:
    """Return the middle `most` seconds of a span, or all of it where `most` is 0 or more than there is."""
    spare = (end - start) - most
    return (start, end) if most <= 0 or spare <= 0 else (start + spare / 2, end - spare / 2)


def cut_evenly(start: float, end: float, longest: float) -> list[tuple[float, float]]:
    """Return the span cut into the fewest equal pieces of at most `longest` seconds."""
    count = max(1, int(np.ceil((end - start) / longest - 1e-6)))
    edges = np.linspace(start, end, count + 1)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def pooled(windows: Array, lengths: Array, pointer: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return each line's voice: the mean of its windows weighted by `lengths`; zero where all are zero."""
    owner = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
    total = np.zeros((len(pointer) - 1, windows.shape[1]), dtype=np.float32)
    np.add.at(total, owner, windows * lengths[:, None])
    weight = np.zeros(len(total), dtype=np.float32)
    np.add.at(weight, owner, lengths * np.any(windows, axis=1))
    return np.asarray(total / np.maximum(weight, 1e-9)[:, None], dtype=np.float32)
