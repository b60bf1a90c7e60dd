"""Whisper that scores texts on a GPU: by CTranslate2 where it can use one, else by torch.

What it recognises freely (`transcribe`) stays with CTranslate2, on the CPU where it cannot use the GPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import torch
from faster_whisper.utils import download_model
from torch import Tensor

from audiorole.errors import ConfigError, WeightsError
from audiorole.models.devices import CUDA, runtime_problem
from audiorole.models.gpu.alignment import attention_matrix, first_frames
from audiorole.models.gpu.whisper_weights import whisper_network
from audiorole.models.ports import Floats, Language
from audiorole.models.weights import store as weights
from audiorole.models.words.whisper import BASE, MAX_FRAMES, SAMPLE_RATE, Aligned, Whisper, Window

FFT, HOP = 400, 160
FRAMES_PER_STEP = 2  # of the features, for each frame of the encoder


class _Settings(msgspec.Struct):
    """What the folder of a CTranslate2 Whisper says of it."""

    alignment_heads: list[tuple[int, int]]
    lang_ids: list[int]


def scorer_on_gpu(location: str | None = None, threads: int = 1, device: str = CUDA) -> Whisper:
    """Return Whisper on the GPU, by the runtime that can use it."""
    if device == CUDA and not runtime_problem("ctranslate2"):
        return Whisper(location, threads, device=CUDA)
    return WhisperByTorch(location, threads, device)


class WhisperByTorch(Whisper):
    """Whisper of a CTranslate2 folder by torch, many windows at once. device: torch's name of it."""

    windows_per_call: ClassVar[int] = 16

    def __init__(self, location: str | None = None, threads: int = 1, device: str = CUDA) -> None:
        folder = weights.folder(BASE) if location is None else _folder(location)
        super().__init__(location, threads)
        self._device = torch.device(device)
        network = whisper_network(folder)
        self._torch: Any = network.half().to(self._device) if self._device.type == "cuda" else network.float()
        self._settings = _settings(folder)
        self._mel = torch.from_numpy(np.array(self._model.feature_extractor.mel_filters)).float().to(self._device)

    def _aligned(
        self, windows: Sequence[Window], tokens: Sequence[list[int]], tokenizer: Any
    ) -> Iterator[tuple[Aligned, Aligned]]:
        for first in range(0, len(windows), self.windows_per_call):
            part = slice(first, first + self.windows_per_call)
            yield from self._scored_batch(windows[part], tokens[part], tokenizer)

    @torch.inference_mode()
    def _scored_batch(
        self, windows: Sequence[Window], tokens: Sequence[list[int]], tokenizer: Any
    ) -> Iterator[tuple[Aligned, Aligned]]:
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        heard = self._hidden([window.waveform for window in windows])
        silent = self._hidden([np.zeros(SAMPLE_RATE, dtype=np.float32)]).expand(len(windows), -1, -1)
        ids = _padded([[*start, *line, tokenizer.eot] for line in tokens], tokenizer.eot).to(self._device)
        found, attention = self._forced(heard, ids, tokenizer.eot, len(start))
        quiet, _ = self._forced(silent, ids, tokenizer.eot, len(start))
        matrices = [
            attention_matrix(one[:, : len(start) + len(line) + 1], _frames(window))[len(start) - 1 : -1].cpu().numpy()
            for one, line, window in zip(attention, tokens, windows, strict=True)
        ]
        for row, (line, path) in enumerate(zip(tokens, first_frames(matrices), strict=True)):
            yield Aligned(found[row, : len(line)], path), Aligned(quiet[row, : len(line)], path)

    def _forced(self, hidden: Tensor, ids: Tensor, end: int, before: int) -> tuple[Floats, Tensor]:
        """Return the probability of each token of the texts, and what the alignment heads attend to.

        The second is `(batch, heads, tokens, frames)`.
        """
        decoded = self._torch.model.decoder(input_ids=ids, encoder_hidden_states=hidden, output_attentions=True)
        logits = decoded.last_hidden_state @ self._torch.model.decoder.embed_tokens.weight.T
        shares = torch.softmax(logits[:, before - 1 : -1, :end].float(), dim=2)
        wanted = ids[:, before:].clamp(max=end - 1)
        found = shares.gather(2, wanted[:, :, None])[:, :, 0]
        attention = torch.stack(
            [decoded.cross_attentions[layer][:, head] for layer, head in self._settings.alignment_heads], dim=1
        )
        return found.cpu().numpy(), attention

    @torch.inference_mode()
    def spoken_languages(self, waveforms: Sequence[Floats]) -> list[Language]:
        """Return the likeliest language of each waveform's first 30 s; "" for one without a sample or with zeros."""
        return [self._spoken(waveform) if np.any(waveform) else Language("", 0.0) for waveform in waveforms]

    def _spoken(self, waveform: Floats) -> Language:
        tokenizer = self._model.hf_tokenizer
        hidden = self._hidden([waveform])
        start = torch.tensor([[tokenizer.token_to_id("<|startoftranscript|>")]], device=self._device)
        decoded = self._torch.model.decoder(input_ids=start, encoder_hidden_states=hidden).last_hidden_state
        known = self._settings.lang_ids
        shares = torch.softmax((decoded[0, -1] @ self._torch.model.decoder.embed_tokens.weight.T)[known].float(), dim=0)
        best = int(shares.argmax())
        return Language(tokenizer.id_to_token(known[best])[2:-2], float(shares[best]))

    def _hidden(self, waveforms: Sequence[Floats]) -> Tensor:
        """Return the encoder's output, `(batch, 1500, width)`."""
        features = torch.stack([self._features(waveform) for waveform in waveforms])
        return self._torch.model.encoder(features.to(self._torch.dtype)).last_hidden_state

    def _features(self, waveform: Floats) -> Tensor:
        """Return log-mel energies `(bands, 3000)`, as OpenAI's whisper/audio.py computes them; zeros behind the end."""
        sound = torch.from_numpy(np.ascontiguousarray(waveform[: 30 * SAMPLE_RATE])).to(self._device)
        window = torch.hann_window(FFT, device=self._device)
        spectrum = torch.stft(torch.nn.functional.pad(sound, (0, HOP)), FFT, HOP, window=window, return_complex=True)
        level = (self._mel @ spectrum[:, :-1].abs().square()).clamp_min(1e-10).log10()
        level = (torch.maximum(level, level.amax() - 8.0) + 4.0) / 4.0
        return torch.nn.functional.pad(level[:, :MAX_FRAMES], (0, max(0, MAX_FRAMES - level.shape[1])))


def _folder(location: str) -> Path:
    """Return the CTranslate2 folder of a path or of a size, which faster-whisper fetches."""
    if Path(location).is_dir():
        return Path(location)
    try:
        return Path(download_model(location))
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f"Whisper cannot be loaded from {location!r}: {error}") from error


def _settings(folder: Path) -> _Settings:
    try:
        return msgspec.json.decode((folder / "config.json").read_bytes(), type=_Settings)
    except (OSError, msgspec.DecodeError) as error:
        raise WeightsError(f"{folder / 'config.json'} does not name the heads that align: {error}") from error


def _padded(rows: Sequence[list[int]], filler: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


def _frames(window: Window) -> int:
    return math.ceil(len(window.waveform) / SAMPLE_RATE * 100) // FRAMES_PER_STEP
