"""Read a development series with its truth: audio at 16 kHz and the lines as they were spoken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SAMPLE_RATE = 16000


@dataclass(frozen=True)
class TrueLine:
    """A line of the truth. start, end: seconds. clean: no other line overlaps it.
    background: what was mixed in."""

    start: float
    end: float
    character: str
    text: str
    clean: bool
    background: str
    segments: tuple[tuple[float, float], ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class TrueEpisode:
    """An episode of the truth; waveform: float32 `(num_samples,)`, 16 kHz."""

    number: int
    waveform: Floats
    lines: tuple[TrueLine, ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.waveform) / SAMPLE_RATE

    def cut(self, line: TrueLine) -> Floats:
        """Return the samples of `line`."""
        return self.waveform[int(line.start * SAMPLE_RATE) : int(line.end * SAMPLE_RATE)]


def read_episodes(folder: Path, parity: int | None = None, limit: int | None = None) -> Iterator[TrueEpisode]:
    """Yield the episodes of `folder`; parity 0 or 1 keeps the even or odd ones, limit stops after that many."""
    paths = [path for path in sorted(folder.glob("*.S*E*.json")) if parity is None or _number(path) % 2 == parity]
    for path in paths[:limit]:
        content = json.loads(path.read_text(encoding="utf-8"))
        yield TrueEpisode(_number(path), decode(folder / content["audio"]), _lines(content["lines"]))


def decode(path: Path) -> Floats:
    """Return the audio of a file as float32 mono at 16 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def _number(path: Path) -> int:
    return int(path.stem[-2:])


def _lines(raw: list[dict[str, object]]) -> tuple[TrueLine, ...]:
    ordered = sorted(raw, key=lambda line: float(str(line["start"])))
    lines: list[TrueLine] = []
    for index, line in enumerate(ordered):
        start, end = float(str(line["start"])), float(str(line["end"]))
        before = index > 0 and float(str(ordered[index - 1]["end"])) > start
        after = index + 1 < len(ordered) and float(str(ordered[index + 1]["start"])) < end
        parts = line.get("segments") or [[start, end, ""]]
        background = str(line.get("background", ""))
        spans = tuple((float(part[0]), float(part[1])) for part in parts)  # type: ignore[attr-defined]
        lines.append(
            TrueLine(start, end, str(line["character"]), str(line["text"]), not (before or after), background, spans)
        )
    return tuple(lines)


def auc(scores: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores)] = np.arange(1, len(scores) + 1)
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))
