"""Layers that a style steers: normalised features, scaled and shifted by what the style says (AdaIN).

Source: Huang and Belongie 2017 for AdaIN, Li et al. 2023 (StyleTTS 2, arXiv:2306.07691) for the blocks. Shapes are
`(batch, channels, time)`; a style is `(batch, style)`. Parameter names are those of the published checkpoint.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-5


class AdaptiveNorm(nn.Module):
    """Instance norm over time; gain and shift come from the style."""

    def __init__(self, style: int, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(style, 2 * channels)

    def forward(self, values: Tensor, style: Tensor) -> Tensor:
        gain, shift = self.fc(style)[:, :, None].chunk(2, dim=1)
        variance, mean = torch.var_mean(values, dim=2, keepdim=True, correction=0)
        scale = (1 + gain) * torch.rsqrt(variance + EPSILON)
        return torch.addcmul(shift - mean * scale, values, scale)


class AdaptiveLayerNorm(nn.Module):
    """Layer norm over the channels of `(batch, time, channels)`; gain and shift come from the style."""

    def __init__(self, style: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.fc = nn.Linear(style, 2 * channels)

    def forward(self, values: Tensor, style: Tensor) -> Tensor:
        gain, shift = self.fc(style)[:, None].chunk(2, dim=2)
        return (1 + gain) * F.layer_norm(values, (self.channels,), eps=EPSILON) + shift


class AdaptiveBlock(nn.Module):
    """Two convolutions and a shortcut. doubles: the time axis is stretched by two."""

    def __init__(self, channels: int, out: int, style: int, doubles: bool = False) -> None:
        super().__init__()
        self.doubles = doubles
        self.norm1, self.norm2 = AdaptiveNorm(style, channels), AdaptiveNorm(style, out)
        self.conv1, self.conv2 = nn.Conv1d(channels, out, 3, padding=1), nn.Conv1d(out, out, 3, padding=1)
        if channels != out:
            self.conv1x1 = nn.Conv1d(channels, out, 1, bias=False)
        if doubles:
            self.pool = nn.ConvTranspose1d(channels, channels, 3, 2, padding=1, output_padding=1, groups=channels)

    def forward(self, values: Tensor, style: Tensor) -> Tensor:
        inner = F.leaky_relu(self.norm1(values, style), 0.2)
        inner = self.conv1(self.pool(inner) if self.doubles else inner)
        inner = self.conv2(F.leaky_relu(self.norm2(inner, style), 0.2))
        return (inner + self._shortcut(values)) * 0.5**0.5

    def _shortcut(self, values: Tensor) -> Tensor:
        values = values.repeat_interleave(2, dim=2) if self.doubles else values
        return self.conv1x1(values) if hasattr(self, "conv1x1") else values


class SnakeBlock(nn.Module):
    """Three pairs of dilated convolutions with the periodic activation `x + sin²(ax)/a` (Ziyin et al. 2020)."""

    def __init__(self, channels: int, kernel: int, style: int, dilations: tuple[int, ...] = (1, 3, 5)) -> None:
        super().__init__()

        def convolution(dilation: int) -> nn.Conv1d:
            return nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)

        def slopes() -> nn.ParameterList:
            return nn.ParameterList(nn.Parameter(torch.ones(1, channels, 1)) for _ in dilations)

        self.convs1 = nn.ModuleList(convolution(dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(convolution(1) for _ in dilations)
        self.adain1 = nn.ModuleList(AdaptiveNorm(style, channels) for _ in dilations)
        self.adain2 = nn.ModuleList(AdaptiveNorm(style, channels) for _ in dilations)
        self.alpha1, self.alpha2 = slopes(), slopes()

    def forward(self, values: Tensor, style: Tensor) -> Tensor:
        layers = zip(self.adain1, self.alpha1, self.convs1, self.adain2, self.alpha2, self.convs2, strict=True)
        for norm1, slope1, conv1, norm2, slope2, conv2 in layers:
            inner = conv1(_snake(norm1(values, style), slope1))
            values = values + conv2(_snake(norm2(inner, style), slope2))
        return values


def _snake(values: Tensor, slope: Tensor) -> Tensor:
    return torch.addcdiv(values, torch.sin(slope * values).square(), slope)
