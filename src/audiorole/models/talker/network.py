"""Kokoro-82M whole: phonemes to features, durations and curves, and from them and a style to samples.

The parts are called one by one, so that fitting keeps what does not depend on a voice and hears pieces of a line only.
Parameter names are those of the published checkpoint, except for the shared ALBERT layer (`bert.layer`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from audiorole.models.talker.adaptive import AdaptiveBlock
from audiorole.models.talker.generator import Generator
from audiorole.models.talker.prosody import ProsodyPredictor
from audiorole.models.talker.reading import PhonemeBert, TextEncoder
from audiorole.models.talker.sizes import TalkerSizes

QUIET = -5.0
"""Log energy of a frame under which nobody is heard: silence lies at -9, the softest sound of a word at -4."""


class Decoder(nn.Module):
    """Pronunciation, pitch, energy and the timbre's half of a style → samples."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        wide, style = sizes.wide, sizes.style
        joined = wide + sizes.narrow + 2
        self.encode = AdaptiveBlock(sizes.hidden + 2, wide, style)
        self.decode = nn.ModuleList(
            [
                *(AdaptiveBlock(joined, wide, style) for _ in range(3)),
                AdaptiveBlock(joined, sizes.generator, style, True),
            ]
        )
        self.F0_conv, self.N_conv = (nn.Conv1d(1, 1, 3, 2, padding=1) for _ in range(2))
        self.asr_res = nn.Sequential(nn.Conv1d(sizes.hidden, sizes.narrow, 1))
        self.generator = Generator(sizes)

    def forward(self, spoken: Spoken, style: Tensor) -> Tensor:
        """Return float32 `(batch, samples)`."""
        curves = [self.F0_conv(spoken.pitch[:, None]), self.N_conv(spoken.energy[:, None])]
        values = self.encode(torch.cat([spoken.said, *curves], dim=1), style)
        again = [self.asr_res(spoken.said), *curves]
        for block in self.decode:
            values = block(torch.cat([values, *again], dim=1), style)
        return self.generator(values, style, spoken.excitation)


@dataclass(frozen=True)
class Spoken:
    """A line ready to sound.

    said: `(batch, hidden, frames)`; pitch in Hz, energy: `(batch, 2 * frames)`; excitation: `(batch, samples)`.
    """

    said: Tensor
    pitch: Tensor
    energy: Tensor
    excitation: Tensor

    @property
    def frames(self) -> int:
        """Return how many frames of 25 ms it lasts."""
        return self.said.shape[2]

    def part(self, start: int, end: int) -> Spoken:
        """Return frames `[start, end)`; the excitation's phases go on as in the whole."""
        step = self.excitation.shape[1] // self.frames
        pitch, energy = (curve[:, 2 * start : 2 * end] for curve in (self.pitch, self.energy))
        return Spoken(self.said[:, :, start:end], pitch, energy, self.excitation[:, start * step : end * step])

    def sounding(self, before: int, after: int) -> Spoken:
        """Return the line from `before` frames ahead of its first sound to `after` frames behind its last.

        The network plans up to 0.6 s of silence at either end. Nothing is heard there, and it takes as long to make.
        """
        loud = torch.nonzero(self.energy[0].view(-1, 2).mean(dim=1) > QUIET).flatten()
        if not len(loud):
            return self
        return self.part(max(0, int(loud[0]) - before), min(self.frames, int(loud[-1]) + 1 + after))

    def detach(self) -> Spoken:
        """Return the same without the ways that gradients take."""
        return Spoken(self.said.detach(), self.pitch.detach(), self.energy.detach(), self.excitation.detach())


class TalkerNetwork(nn.Module):
    """The whole network. sizes: Kokoro-82M's by default."""

    def __init__(self, sizes: TalkerSizes | None = None) -> None:
        super().__init__()
        self.sizes = sizes or TalkerSizes()
        self.bert = PhonemeBert(self.sizes)
        self.bert_encoder = nn.Linear(self.sizes.bert_hidden, self.sizes.hidden)
        self.predictor = ProsodyPredictor(self.sizes)
        self.text_encoder = TextEncoder(self.sizes)
        self.decoder = Decoder(self.sizes)

    def read(self, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Return features `(1, symbols, hidden)` and pronunciation `(1, hidden, symbols)`; no style is in them.

        symbols: int64 `(1, symbols)`, with a 0 at both ends.
        """
        return self.bert_encoder(self.bert(symbols)), self.text_encoder(symbols)

    def plan(
        self, read: tuple[Tensor, Tensor], style: Tensor, pace: float = 1.0, noise: torch.Generator | None = None
    ) -> Spoken:
        """Return how the line is spoken in the prosody `style` `(1, style)`, `pace` times as fast."""
        features, pronounced = read
        encoded, lengths = self.predictor.durations(features, style)
        frames = spread(lengths[0] / pace)
        pitch, energy = self.predictor.curves(encoded[:, frames], style)
        return Spoken(pronounced[:, :, frames], pitch, energy, self.excite(pitch, noise))

    def excite(self, pitch: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the excitation; its noise is drawn on the CPU, so that every device hears the same."""
        samples = pitch.shape[1] * self.sizes.samples_per_pitch
        noise = torch.randn(pitch.shape[0], samples, self.sizes.harmonics, generator=generator).to(pitch.device)
        return self.decoder.generator.m_source(pitch, noise)


def spread(lengths: Tensor) -> Tensor:
    """Return which symbol each frame belongs to, int64 `(frames,)`; every symbol lasts a frame at least.

    lengths: frames of each symbol, float `(symbols,)`.
    """
    whole = lengths.detach().round().clamp(min=1).long()
    return torch.repeat_interleave(torch.arange(len(whole), device=lengths.device), whole)
