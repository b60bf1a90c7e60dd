"""Break subtitles whose true times are known: offsets, frame rates, cuts on either side, text of another episode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.models.speech.silero import CHUNK, SAMPLE_RATE, SileroVad
from truth import decode

Floats = NDArray[np.float64]
FRAME_RATE = SAMPLE_RATE / CHUNK
SHORTEST_PIECE = 20.0
"""Seconds left between two cuts and at both ends."""


@dataclass(frozen=True)
class Material:
    """An episode: cue times, true and as people have them, `(num_cues, 2)` seconds, and its audio."""

    name: str
    truth: Floats
    written: Floats
    waveform: NDArray[np.float32]
    speech: NDArray[np.float32]

    @property
    def duration(self) -> float:
        """Seconds of audio."""
        return len(self.waveform) / SAMPLE_RATE


@dataclass(frozen=True)
class Broken:
    """A broken subtitle and what it was broken from.

    shown: cue times in the file; truth: where they belong, NaN for cues whose speech the audio lacks.
    removed: spans of the original audio that are cut out.
    """

    condition: str
    shown: Floats
    truth: Floats
    removed: tuple[tuple[float, float], ...] = ()
    foreign: bool = False

    def at_least_zero(self) -> Broken:
        """Leave out cues before zero: a file cannot hold them."""
        kept = self.shown[:, 0] >= 0
        return Broken(self.condition, self.shown[kept], self.truth[kept], self.removed, self.foreign)


def read_material(folder: Path, parity: int | None, limit: int | None, work: Path) -> list[Material]:
    """Read the episodes of `folder`; speech curves are kept in `work`."""
    vad = SileroVad()
    paths = [path for path in sorted(folder.glob("*.S*E*.json")) if parity is None or int(path.stem[-2:]) % 2 == parity]
    found = []
    for path in paths[:limit]:
        content = json.loads(path.read_text(encoding="utf-8"))
        cues = [cue for cue in content["cues"] if cue["lines"]]
        waveform, cache = decode(folder / content["audio"]), work / f"{path.stem}.npy"
        if not cache.exists():
            np.save(cache, vad.speech_probability(waveform))
        truth = np.array([(cue["start"], cue["end"]) for cue in cues])
        written = np.array([(cue["srt_start"], cue["srt_end"]) for cue in cues])
        found.append(Material(path.stem, truth, written, waveform, np.load(cache)))
    return found


def breakages(episode: Material, others: list[Material], seed: int, written: bool = False) -> Iterator[Broken]:
    """Yield every condition once. written: break the subtitle as people have it rather than its exact times."""
    rng = np.random.default_rng([seed, *episode.name.encode()])
    shown, truth = (episode.written if written else episode.truth), episode.truth
    offset = float(rng.uniform(-60, 60))
    yield Broken("untouched", shown, truth)
    yield Broken("offset", shown + offset, truth)
    for name, rate in (("23.976 read as 25", 23.976 / 25), ("25 read as 23.976", 25 / 23.976)):
        yield Broken(name, shown * rate, truth)
        yield Broken(f"{name}, offset", shown * rate + float(rng.uniform(-60, 60)), truth)
    for count in (1, 2, 3):
        yield audio_lacks(f"audio lacks {count}", shown, truth, _cuts(rng, episode.duration, count), 0.0)
        yield subtitle_lacks(f"subtitle lacks {count}", shown, truth, _cuts(rng, episode.duration, count), 0.0)
        moved = float(rng.uniform(-60, 60))
        yield audio_lacks(f"audio lacks {count}, offset", shown, truth, _cuts(rng, episode.duration, count), moved)
        yield subtitle_lacks(
            f"subtitle lacks {count}, offset", shown, truth, _cuts(rng, episode.duration, count), moved
        )
    for other in others:
        foreign = other.written if written else other.truth
        yield Broken("foreign", foreign, np.full_like(foreign, np.nan), foreign=True)


def _cuts(rng: np.random.Generator, duration: float, count: int) -> tuple[tuple[float, float], ...]:
    """Return `count` spans of 20–180 s, at least `SHORTEST_PIECE` apart; drawn again until they fit."""
    while True:
        lengths = rng.uniform(20, 180, count)
        free = duration - lengths.sum() - SHORTEST_PIECE * (count + 1)
        if free > 0:
            break
    gaps = np.diff(np.sort(rng.uniform(0, free, count)), prepend=0.0) + SHORTEST_PIECE
    starts = np.cumsum(gaps) + np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    step = 1 / FRAME_RATE  # whole frames, so that audio and speech curve are cut alike
    return tuple((round(a / step) * step, round((a + b) / step) * step) for a, b in zip(starts, lengths, strict=True))


def _removed_before(times: Floats, cuts: tuple[tuple[float, float], ...]) -> Floats:
    return np.sum([np.clip(times - start, 0, end - start) for start, end in cuts], axis=0)


def _touched(times: Floats, cuts: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    return np.any([(times[:, 1] > start) & (times[:, 0] < end) for start, end in cuts], axis=0)


def audio_lacks(
    name: str, shown: Floats, truth: Floats, cuts: tuple[tuple[float, float], ...], offset: float
) -> Broken:
    """The subtitle was made for a longer cut: `cuts` are gone from the audio, their cues have no place."""
    where = truth - _removed_before(truth, cuts)
    where[_touched(truth, cuts)] = np.nan
    return Broken(name, shown + offset, where, cuts)


def subtitle_lacks(
    name: str, shown: Floats, truth: Floats, cuts: tuple[tuple[float, float], ...], offset: float
) -> Broken:
    """The audio has something extra (ad breaks): the subtitle's clock stands still over `cuts`."""
    kept = ~_touched(truth, cuts) & ~_touched(shown, cuts)
    return Broken(name, (shown - _removed_before(shown, cuts))[kept] + offset, truth[kept])


def audio_of(episode: Material, broken: Broken) -> NDArray[np.float32]:
    """Return the waveform with the removed spans cut out."""
    return _without(episode.waveform, broken.removed, SAMPLE_RATE)


def speech_of(episode: Material, broken: Broken) -> NDArray[np.float32]:
    """Return the speech curve with the removed spans cut out."""
    return _without(episode.speech, broken.removed, FRAME_RATE)


def _without(
    values: NDArray[np.float32], spans: tuple[tuple[float, float], ...], per_second: float
) -> NDArray[np.float32]:
    kept = np.ones(len(values), dtype=bool)
    for start, end in spans:
        kept[round(start * per_second) : round(end * per_second)] = False
    return values[kept]
