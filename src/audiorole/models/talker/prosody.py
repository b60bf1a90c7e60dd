"""How long each phoneme lasts, at which pitch and how loud: what the second half of a style steers.

Source: Li et al. 2023 (StyleTTS 2, arXiv:2306.07691), the prosody predictor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiorole.models.talker.adaptive import AdaptiveBlock, AdaptiveLayerNorm
from audiorole.models.talker.sizes import TalkerSizes


def _both_ways(width: int, out: int) -> nn.LSTM:
    return nn.LSTM(width, out // 2, batch_first=True, bidirectional=True)


def with_style(values: Tensor, style: Tensor) -> Tensor:
    """Return `(batch, time, channels)` with the style `(batch, style)` behind every step."""
    return torch.cat([values, style[:, None].expand(-1, values.shape[1], -1)], dim=2)


class DurationEncoder(nn.Module):
    """Features `(batch, symbols, hidden)` → `(batch, symbols, hidden + style)`, the style behind them."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(sizes.layers):
            layers.append(_both_ways(sizes.hidden + sizes.style, sizes.hidden))
            layers.append(AdaptiveLayerNorm(sizes.style, sizes.hidden))
        self.lstms = nn.ModuleList(layers)

    def forward(self, values: Tensor, style: Tensor) -> Tensor:
        values = with_style(values, style)
        for layer in self.lstms:
            values = layer(values)[0] if isinstance(layer, nn.LSTM) else with_style(layer(values, style), style)
        return values


class _Projection(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.linear_layer = nn.Linear(width, out)

    def forward(self, values: Tensor) -> Tensor:
        return self.linear_layer(values)


class ProsodyPredictor(nn.Module):
    """Durations of symbols, then pitch and energy of frames."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        width, style = sizes.hidden, sizes.style
        self.text_encoder = DurationEncoder(sizes)
        self.lstm, self.shared = _both_ways(width + style, width), _both_ways(width + style, width)
        self.duration_proj = _Projection(width, sizes.longest)
        self.F0, self.N = (
            nn.ModuleList(
                [
                    AdaptiveBlock(width, width, style),
                    AdaptiveBlock(width, width // 2, style, doubles=True),
                    AdaptiveBlock(width // 2, width // 2, style),
                ]
            )
            for _ in range(2)
        )
        self.F0_proj, self.N_proj = nn.Conv1d(width // 2, 1, 1), nn.Conv1d(width // 2, 1, 1)

    def durations(self, features: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Return `(batch, symbols, hidden + style)` features and float `(batch, symbols)` frames that each lasts."""
        encoded = self.text_encoder(features, style)
        return encoded, torch.sigmoid(self.duration_proj(self.lstm(encoded)[0])).sum(dim=2)

    def curves(self, frames: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Return pitch in Hz and log energy, `(batch, 2 * frames)` each, of `(batch, frames, hidden + style)`."""
        shared = self.shared(frames)[0].transpose(1, 2)
        pitch, energy = shared, shared
        for block in self.F0:
            pitch = block(pitch, style)
        for block in self.N:
            energy = block(energy, style)
        return self.F0_proj(pitch).squeeze(1), self.N_proj(energy).squeeze(1)
