"""Short clips inside the page: the published audio of chosen lines as Opus in Ogg, equal input giving equal bytes."""

from __future__ import annotations

import base64
import io
import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from audiorole.published.reader import read_sounds
from audiorole.report.build_folder import BuildFolder
from audiorole.types import Utterance

BIT_RATE = 20_000
"""Bits a second: Opus's own recommendation for one wideband voice is 16–20 kb/s (RFC 6716, section 2.1.1)."""

OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
MOST_THREADS = 16
"""That encode beside each other."""

PEAKS = 40
"""Bars of a clip's small waveform."""

_BYTES_A_SECOND = BIT_RATE / 8 * 1.1 * 4 / 3  # container, then base64
_BYTES_A_CLIP = 500


@dataclass(frozen=True)
class PageClip:
    """One line's audio. opus: base64 of an Ogg file; peaks: loudness in `PEAKS` steps, digits 0–9."""

    opus: str
    peaks: str


def affordable(lines: Iterable[Utterance], budget: float) -> list[Utterance]:
    """Return `lines` in their order, each once, as far as their clips fit into `budget` bytes."""
    chosen: dict[str, Utterance] = {}
    for line in lines:
        cost = _BYTES_A_CLIP + line.duration * _BYTES_A_SECOND
        if line.id not in chosen and cost <= budget:
            chosen[line.id] = line
            budget -= cost
    return list(chosen.values())


def read_clips(build: BuildFolder, lines: Iterable[Utterance]) -> dict[str, PageClip]:
    """Return the clips of `lines` by id; a line whose audio was not published has none."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        wanted[line.episode].add(line.id)
    clips: dict[str, PageClip] = {}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as pool:  # FFmpeg works without Python's lock
        for episode in sorted(wanted):
            if path := build.table(episode):
                sounds = list(read_sounds(path, wanted[episode]))
                made = pool.map(_clip, [data for _, data in sounds])
                clips.update(zip([identity for identity, _ in sounds], made, strict=True))
    return clips


def _clip(data: bytes) -> PageClip:
    samples, sample_rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    mono = np.ascontiguousarray(samples[:, 0])
    return PageClip(base64.b64encode(encode_opus(mono, sample_rate)).decode("ascii"), peaks(mono))


def encode_opus(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    """Return mono `samples` as an Ogg Opus file, with up to 20 ms of silence behind them.

    Encoded by FFmpeg, because libsndfile draws a serial number at random for each stream. Only whole Opus frames go in:
    FFmpeg ends a stream under a second that stops within a frame at a time its packets do not reach.
    """
    if sample_rate not in OPUS_RATES:
        samples, sample_rate = soxr.resample(samples, sample_rate, max(OPUS_RATES)), max(OPUS_RATES)
    whole = np.pad(samples, (0, -len(samples) % (sample_rate // 50)))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        options = {"b": str(BIT_RATE), "application": "voip", "compression_level": "1", "flags": "+bitexact"}
        stream = container.add_stream("libopus", rate=sample_rate, layout="mono", options=options)
        frame = av.AudioFrame.from_ndarray(whole[None, :], format="s16", layout="mono")
        frame.sample_rate = sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def peaks(samples: NDArray[np.int16]) -> str:
    """Return the loudness of `samples` along the clip, relative to its loudest part, as `PEAKS` digits."""
    if len(samples) < PEAKS:
        return "0" * PEAKS
    edges = np.linspace(0, len(samples), PEAKS + 1).astype(int)
    loudness = np.sqrt([np.mean(np.square(samples[a:b], dtype=np.float64)) for a, b in pairwise(edges)])
    scaled = loudness / max(float(loudness.max()), 1.0)
    return "".join(str(int(digit)) for digit in np.rint(np.sqrt(scaled) * 9))
