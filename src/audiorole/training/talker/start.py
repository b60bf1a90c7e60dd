"""Where a fit begins: the stock voices nearest to the character, its pitch and its pace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiorole.audio.band import band_edge, limit_band
from audiorole.audio.pitch import pitch_track
from audiorole.models.ports import Floats
from audiorole.models.talker.kokoro import symbol_ids
from audiorole.models.talker.network import TalkerNetwork
from audiorole.training.talker.hearing import LongTermSpectrum
from audiorole.training.talker.judge import Judge
from audiorole.training.talker.lines import VoiceLine, cleanest
from audiorole.training.talker.models import FitModels
from audiorole.training.talker.parameters import VoiceParameters
from audiorole.training.talker.plan import VoicePlan

MOST_LINES = 40
"""Clean lines that the character's voice is averaged over: more add noisier ones."""
MOST_SCALED = 0.35
"""Most that the pitch is scaled by, as a logarithm: six semitones; beyond, the timbre no longer fits it."""
SEMITONES = 12 / np.log(2)


@dataclass
class Aim:
    """What a fit aims at. voices: by encoder, `(dimension,)`; spectrum `(2 * MELS,)`; log_f0 of the median, in Hz.

    range_st: 10th to 90th percentile of the pitch, in semitones. band: Hz up to which the recordings hold speech.
    """

    voices: list[Tensor]
    spectrum: Tensor
    log_f0: float
    range_st: float
    band: float


def aim_at(lines: Sequence[VoiceLine], models: FitModels) -> Aim:
    """Return what the lines of a character sound like, by the cleanest of them."""
    waveforms = [line.waveform for line in cleanest(lines, MOST_LINES)]
    band = band_edge(waveforms)
    heard = [limit_band(waveform, band) for waveform in waveforms]
    spectrum = LongTermSpectrum(band).to(models.device)
    each = [spectrum(torch.from_numpy(one.copy())[None].to(models.device)) for one in heard]
    log_f0, range_st = pitch_of(waveforms)
    return Aim(models.voices(heard), torch.stack(each).mean(dim=0), log_f0, range_st, band)


def pitch_of(waveforms: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> tuple[float, float]:
    """Return log of the median pitch in Hz and its range in semitones; 0, 0 where nothing is voiced."""
    tracks = [track[track > 0] for track in map(pitch_track, waveforms)]
    tracks = [track for track in tracks if len(track) >= 12]
    if not tracks:
        return 0.0, 0.0
    ranges = [SEMITONES * np.log(np.percentile(track, 90) / np.percentile(track, 10)) for track in tracks]
    return float(np.log(np.median(np.concatenate(tracks)))), float(np.median(ranges))


def rank_stock(aim: Aim, models: FitModels, judge: Judge) -> list[int]:
    """Return the places of the stock voices, the nearest first, by all encoders and the judge together."""
    likeness = np.array([_likeness(models.trial(voice), aim, models, judge) for voice in models.stock])
    scaled = (likeness - likeness.mean(axis=0)) / (likeness.std(axis=0) + 1e-6)
    return [int(place) for place in np.argsort(-scaled.mean(axis=1), kind="stable")]


def _likeness(trial: Floats, aim: Aim, models: FitModels, judge: Judge) -> list[float]:
    """Return the cosines of a stock voice and the character's, by each encoder and the judge."""
    heard = limit_band(trial, aim.band)
    voices = models.voices([heard])
    return [*(float(one @ wanted) for one, wanted in zip(voices, aim.voices, strict=True)), judge.likeness(heard)]


def fit_pitch(
    parameters: VoiceParameters, texts: Sequence[str], aim: Aim, models: FitModels, plan: VoicePlan,
    on_step: Callable[[int], None] = lambda step: None,
) -> None:  # fmt: skip
    """Move the prosody's half of the style to the character's pitch and range; scale what is left of the difference."""
    if not aim.log_f0 or not plan.prosody_steps:
        return
    network = models.talker.network
    optimizer = torch.optim.Adam([parameters.prosody], lr=plan.style_rate, betas=(0.8, 0.95))
    with torch.backends.cudnn.flags(enabled=False):  # its LSTMs have no gradient outside training mode
        for step in range(plan.prosody_steps):
            mean, spread = _pitch(parameters, texts[step % len(texts)], network)
            loss = 4 * (mean - aim.log_f0).square() + 0.02 * parameters.prosody.square().mean()
            loss = loss + 0.01 * (spread * SEMITONES * 2.56 - aim.range_st).abs()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            on_step(step + 1)
    with torch.no_grad():
        means = [float(_pitch(parameters, text, network)[0]) for text in texts[:12]]
        parameters.pitch.fill_(float(np.clip(aim.log_f0 - np.mean(means), -MOST_SCALED, MOST_SCALED)))


def _pitch(parameters: VoiceParameters, text: str, network: TalkerNetwork) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of the log pitch in Hz that `text` is spoken at."""
    device = network.bert_encoder.weight.device
    with torch.no_grad():
        read = network.read(symbol_ids(text).to(device))
    rows = parameters.prosody_rows()
    pitch = network.plan(read, rows[min(len(text), len(rows)) - 1][None]).pitch
    voiced = pitch[pitch > 40].log()
    return (voiced.mean(), voiced.std()) if len(voiced) > 10 else (pitch.mean() * 0, pitch.mean() * 0)
