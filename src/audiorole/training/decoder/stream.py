"""Speech while it is being thought: codes come in pieces, samples go out, and the seams are not heard.

Each piece is decoded with the mel so far as its prompt. The last frames of a piece are held back and cross-faded with
what the next piece makes of them, and the vocoder goes on from its own last frame and source, in phase.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.hift import Hift

OVERLAP_CODES = 5
"""Codes whose frames are held back and faded: 34 frames, 0.4 s, as in the published decoder."""


@dataclass
class SpeechStream:
    """One reply's decoder. `push` pieces of codes; the last one with `last=True`, after which the stream is over."""

    flow: Flow
    hift: Hift
    _codes: list[int] = field(init=False, default_factory=list)
    _mel: Tensor | None = field(init=False, default=None)
    _held: Tensor | None = field(init=False, default=None)
    _source: Tensor | None = field(init=False, default=None)
    _pieces: int = field(init=False, default=0)

    def push(self, codes: list[int], last: bool = False) -> Tensor:
        """Return the samples that are ready, float32 `(num_samples,)` at 22.05 kHz on the CPU; may be empty."""
        self._codes += codes
        if not self._codes:
            return torch.zeros(0)
        with torch.inference_mode():
            mel = self._fade(self._continue())
            overlap = 0 if last else min(self.flow.config.frames(OVERLAP_CODES), mel.shape[1])
            ready, self._held = mel[:, : mel.shape[1] - overlap], mel[:, mel.shape[1] - overlap :]
            waveform = self._speak(ready, last)
        self._pieces += 1
        return waveform.float().cpu()

    def _continue(self) -> Tensor:
        """Return the mel after what was given out already."""
        device = self.flow.encoder_proj.weight.device
        return self.flow.generate(torch.tensor(self._codes, device=device), self._mel)

    def _fade(self, mel: Tensor) -> Tensor:
        """Fade from the frames held back into this piece's version of them."""
        if self._held is None or self._held.shape[1] == 0:
            return mel
        length = min(self._held.shape[1], mel.shape[1])
        rise = torch.hamming_window(2 * length, periodic=False, device=mel.device)[:length]
        fall = torch.hamming_window(2 * length, periodic=False, device=mel.device)[length:]
        faded = mel[:, :length] * rise + self._held[:, :length] * fall
        return torch.cat((faded, mel[:, length:]), dim=1)

    def _speak(self, ready: Tensor, last: bool) -> Tensor:
        """Vocode `ready` behind the last frame before it; all but the last frame's samples are given out."""
        behind, given = 0, ready
        if self._mel is not None and self._source is not None:
            behind, given = 1, torch.cat((self._mel[:, -1:], ready), dim=1)
        self._mel = ready if self._mel is None else torch.cat((self._mel, ready), dim=1)
        if given.shape[1] <= behind and not last:
            return torch.zeros(0)
        waveform, source = self.hift(given, seed=self._pieces, source=self._source)
        frame = self.hift.config.samples_per_frame
        self._source = source[-frame:]
        return waveform if last else waveform[:-frame]
