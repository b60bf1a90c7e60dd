"""Quality: how clean each line is, and its tier.

DNSMOS is heard in windows of 9.01 s along the episode (what the model was made for) and read off for each line by
overlap: noise and music change by the scene, and a window a line would cost more than all other stages together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np

from audiorole.audio.measures import bandwidth_hz, clipped_share
from audiorole.audio.pcm import Pcm
from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.models import load_model
from audiorole.models.devices import Device
from audiorole.models.ports import QualityEstimator
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Episode, Quality, Record, Utterance

WINDOW_SECONDS = 9.01
"""DNSMOS P.835 was trained on clips of this length (Reddy et al. 2022)."""

BATCH_WINDOWS = 32
"""Windows given to the model at once: twenty megabytes of audio."""


@dataclass(frozen=True)
class RateQuality(EpisodeStage[Utterance]):
    """estimator: model reference, "" leaves DNSMOS out; device: where it runs. Tiers by thresholds rather than one cut.

    tier_a, tier_b: least DNSMOS overall; snr_a, snr_b: least SNR in dB, which decides where DNSMOS is not measured.
    The DNSMOS of tier A, 3.0, is the cut of Emilia (He et al. 2024); B is half a point below it.
    """

    name: ClassVar[str] = "quality"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    cost: ClassVar[float] = 0.0008
    estimator: str = "dnsmos"
    tier_a: float = 3.0
    tier_b: float = 2.5
    snr_a: float = 20.0
    snr_b: float = 10.0
    max_clipping: float = 0.001
    device: Device = "cpu"

    def models(self) -> tuple[tuple[str, str], ...]:
        """The estimator, where one is named."""
        return (("quality", self.estimator),) if self.estimator else ()

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines with their quality."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        pcm = episode_audio(context, episode.media, episode.audio)
        ratings = self._ratings(pcm, lines) if self.estimator else {}
        for line in lines:
            yield msgspec.structs.replace(line, quality=self._quality(line, pcm, ratings))

    def _ratings(self, pcm: Pcm, lines: list[Utterance]) -> dict[int, float]:
        """Return DNSMOS of every window along the episode that holds a line."""
        wanted = sorted({place for line in lines for place in _windows(line)})
        model: QualityEstimator = load_model("quality", self.estimator, device=self.device)
        ratings: dict[int, float] = {}
        for first in range(0, len(wanted), BATCH_WINDOWS):
            places = wanted[first : first + BATCH_WINDOWS]
            windows = [pcm.read(p * WINDOW_SECONDS, (p + 1) * WINDOW_SECONDS) for p in places]
            ratings.update(zip(places, (score.overall for score in model.mos(windows)), strict=True))
        return ratings

    def _quality(self, line: Utterance, pcm: Pcm, ratings: dict[int, float]) -> Quality:
        waveform = pcm.read(line.start, line.end)
        weights = [_windows(line)[place] for place in _windows(line)]
        scores = [ratings[place] for place in _windows(line) if place in ratings]
        dnsmos = round(float(np.average(scores, weights=weights)), 2) if scores else None
        snr = line.speech.snr_db if line.speech else None
        clipping = round(clipped_share(waveform), 5)
        return Quality(
            tier=self.tier(dnsmos, snr, clipping),
            dnsmos=dnsmos,
            snr_db=snr,
            bandwidth=bandwidth_hz(waveform, pcm.sample_rate),
            clipping=clipping,
        )

    def tier(self, dnsmos: float | None, snr: float | None, clipping: float) -> str:
        """Return A, B or C: by DNSMOS, without it by SNR; clipped lines are C."""
        if clipping > self.max_clipping:
            return "C"
        value, high, low = (dnsmos, self.tier_a, self.tier_b) if dnsmos is not None else (snr, self.snr_a, self.snr_b)
        if value is None:
            return "C"
        return "A" if value >= high else "B" if value >= low else "C"


def _windows(line: Utterance) -> dict[int, float]:
    """Return the windows that the line falls into: number → seconds of the line inside it."""
    first, last = int(line.start // WINDOW_SECONDS), int(max(line.start, line.end - 1e-6) // WINDOW_SECONDS)
    seconds = {
        place: min(line.end, (place + 1) * WINDOW_SECONDS) - max(line.start, place * WINDOW_SECONDS)
        for place in range(first, last + 1)
    }
    return {place: max(value, 1e-3) for place, value in seconds.items()}
