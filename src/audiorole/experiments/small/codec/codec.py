"""The codec as the rest sees it: samples to codes, codes and a name to samples; a folder of two files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from audiorole.errors import InputError
from audiorole.experiments.small.codec.config import CodecConfig
from audiorole.experiments.small.codec.encoder import STATES, STRIDE, SpeechEncoder, log_mel_rows
from audiorole.experiments.small.codec.fsq import ScalarQuantizer
from audiorole.experiments.small.codec.vocoder import MelMaker, Vocoder, target_mel
from audiorole.training.tensor_file import write_tensors
from audiorole.types import spoken_name

HEARING_RATE = 16_000
REACH = 40
"""Codes to each side that a sample can depend on: 3 + 18 + 3 in the mel, 15 in the vocoder and its windows."""

Waveform = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint16]


class Codec(nn.Module):
    """All parts. voices in the table: 0 is everyone else, then `config.speakers`, then what training adds behind."""

    def __init__(self, config: CodecConfig, voices: int = 0) -> None:
        super().__init__()
        self.config = config
        self.ears = SpeechEncoder(config, config.ear_layers)
        self.norm = nn.LayerNorm(config.ear_width)
        self.narrow = nn.Linear(config.ear_width, len(config.levels))
        self.quantizer = ScalarQuantizer(config.levels)
        self.mel_maker = MelMaker(config, voices or 1 + len(config.speakers))
        self.vocoder = Vocoder(config)

    def points(self, mel: Tensor, counts: Tensor) -> Tensor:
        """Return the grid points of Whisper's log-mel `(batch, bands, frames)`, `(batch, codes, dimensions)`."""
        return self.quantizer(self.narrow(self.norm(self.ears(mel, counts))))

    def encode(self, waveforms: Sequence[Waveform]) -> list[Codes]:
        """Return the codes of each waveform (float32 mono, 16 kHz), 50 a second; each is heard alone."""
        return [self._encode(waveform) for waveform in waveforms]

    def decode(self, codes: Codes, speaker: str = "") -> Waveform:
        """Return the samples of `codes` in the voice of `speaker`, at the codec's rate."""
        if not len(codes):
            return np.zeros(0, np.float32)
        with torch.inference_mode():
            given = torch.from_numpy(codes.astype(np.int64)).to(self.device)[None]
            samples = self.vocoder(self.mel_maker(self.quantizer.points(given), self.voice(speaker)))
        return np.asarray(samples[0].clamp(-1, 1).cpu().numpy(), dtype=np.float32)

    def revocode(self, waveform: Waveform) -> Waveform:
        """Return `waveform` (at the codec's rate) through the mel and the vocoder alone, without codes."""
        samples = torch.from_numpy(waveform[: len(waveform) // self.config.hop * self.config.hop]).to(self.device)
        with torch.inference_mode():
            return np.asarray(self.vocoder(target_mel(samples[None], self.config))[0].cpu().numpy(), dtype=np.float32)

    def voice(self, speaker: str) -> Tensor:
        """Return the place of `speaker` in the table, int64 `(1,)`; 0 for somebody who is not in it.

        speaker: a written form, `show/Gus`; a table of a codec that learned one series may hold the names alone.
        """
        names = self.config.speakers
        known = speaker if speaker in names else spoken_name(speaker)
        return torch.tensor([names.index(known) + 1 if known in names else 0], device=self.device)

    @property
    def device(self) -> torch.device:
        """Where the codec is."""
        return self.narrow.weight.device

    def _encode(self, waveform: Waveform) -> Codes:
        window = STATES * STRIDE
        parts = [self._encode_window(waveform[start : start + window]) for start in range(0, len(waveform), window)]
        return np.concatenate([np.zeros(0, np.uint16), *parts])

    def _encode_window(self, waveform: Waveform) -> Codes:
        samples = torch.from_numpy(np.ascontiguousarray(waveform)).to(self.device)
        samples = nn.functional.pad(samples, (0, -len(samples) % STRIDE))[None]
        counts = torch.tensor([samples.shape[1] // STRIDE], device=self.device)
        with torch.inference_mode():
            points = self.points(log_mel_rows(samples, self.config.ear_bands), counts)
            return np.asarray(self.quantizer.codes(points)[0].cpu().numpy(), dtype=np.uint16)


def save_codec(codec: Codec, folder: Path) -> None:
    """Write `config.json` and `codec.safetensors`: float16, without the voices that training added."""
    folder.mkdir(parents=True, exist_ok=True)
    state, table = codec.state_dict(), "mel_maker.table.weight"
    state[table] = state[table][: 1 + len(codec.config.speakers)]
    halves = {key: value.detach().to("cpu", torch.float16).contiguous() for key, value in state.items()}
    (folder / "config.json").write_bytes(msgspec.json.format(msgspec.json.encode(codec.config)))
    write_tensors(folder / "codec.safetensors", halves)


def load_codec(folder: Path, device: torch.device | str = "cpu") -> Codec:
    """Return the codec in `folder`, float32, ready to hear and speak. Raises `InputError` where it is not whole."""
    try:
        config = msgspec.json.decode((folder / "config.json").read_bytes(), type=CodecConfig)
        state = {key: value.float() for key, value in load_file(folder / "codec.safetensors").items()}
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(folder), f"holds no readable codec: {error}") from None
    codec = Codec(config)
    missing, unknown = codec.load_state_dict(state, strict=False)
    if missing or unknown:
        raise InputError(str(folder), f"codec.safetensors does not fit config.json: {(missing + unknown)[0]}")
    return codec.to(device).eval().requires_grad_(False)


def fingerprint(folder: Path) -> str:
    """Return a SHA-256 over configuration and weights, for the cache of codes."""
    digest = hashlib.sha256()
    for name in ("config.json", "codec.safetensors"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
