"""ECAPA-TDNN in torch, with the parameter names of the published checkpoint. Source: Desplanques et al. 2020,
arXiv:2005.07143. Sizes are read off the weights, so that a small one of the same shape loads as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

DILATIONS = (1, 2, 3, 4)
"""Of the first layer and the three blocks: not in the weights, but in the paper (table 1)."""
EPSILON = 1e-12


class _Named(nn.Module):
    """A layer whose parameters the checkpoint calls `<inner>.weight`."""

    def __init__(self, inner: str, layer: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.add_module(inner, layer)

    def forward(self, values: Tensor) -> Tensor:
        return self.get_submodule(self.inner)(values)


def _convolution(channels: int, out: int, kernel: int = 1, dilation: int = 1) -> _Named:
    padding = dilation * (kernel - 1) // 2
    layer = nn.Conv1d(channels, out, kernel, dilation=dilation, padding=padding, padding_mode="reflect")
    return _Named("conv", layer)


def _norm(channels: int) -> _Named:
    return _Named("norm", nn.BatchNorm1d(channels))


class _Layer(nn.Module):
    """Convolution, ReLU, batch norm."""

    def __init__(self, channels: int, out: int, kernel: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv, self.norm = _convolution(channels, out, kernel, dilation), _norm(out)

    def forward(self, values: Tensor) -> Tensor:
        return self.norm(torch.relu(self.conv(values)))


class _Steps(nn.Module):
    """Res2Net: the channels in equal parts, each part but the first through a layer, after the part before it."""

    def __init__(self, channels: int, scale: int, kernel: int, dilation: int) -> None:
        super().__init__()
        part = channels // scale
        self.blocks = nn.ModuleList(_Layer(part, part, kernel, dilation) for _ in range(scale - 1))

    def forward(self, values: Tensor) -> Tensor:
        first, *rest = values.chunk(len(self.blocks) + 1, dim=1)
        found, before = [first], torch.zeros_like(first)
        for layer, part in zip(self.blocks, rest, strict=True):
            before = layer(part + before)
            found.append(before)
        return torch.cat(found, dim=1)


class _Squeeze(nn.Module):
    """Each channel scaled by what all channels are on average."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _convolution(channels, squeezed), _convolution(squeezed, channels)

    def forward(self, values: Tensor) -> Tensor:
        mean = values.mean(dim=2, keepdim=True)
        return values * torch.sigmoid(self.conv2(torch.relu(self.conv1(mean))))


class _Block(nn.Module):
    """SE-Res2Block with its shortcut."""

    def __init__(self, channels: int, squeezed: int, scale: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.tdnn1, self.tdnn2 = _Layer(channels, channels), _Layer(channels, channels)
        self.res2net_block = _Steps(channels, scale, kernel, dilation)
        self.se_block = _Squeeze(channels, squeezed)

    def forward(self, values: Tensor) -> Tensor:
        return values + self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(values))))


class _Pooling(nn.Module):
    """Mean and deviation over time, weighted by attention that knows the whole utterance."""

    def __init__(self, channels: int, attention: int) -> None:
        super().__init__()
        self.tdnn, self.conv = _Layer(3 * channels, attention), _convolution(attention, channels)

    def forward(self, values: Tensor) -> Tensor:
        even = torch.full_like(values[:, :1], 1 / values.shape[2])
        context = [part[:, :, None].expand_as(values) for part in _moments(values, even)]
        attention = self.conv(torch.tanh(self.tdnn(torch.cat([values, *context], dim=1))))
        return torch.cat(_moments(values, torch.softmax(attention, dim=2)), dim=1)[:, :, None]


def _moments(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    mean = (weights * values).sum(dim=2)
    variance = (weights * (values - mean[:, :, None]) ** 2).sum(dim=2)
    return mean, variance.clamp(EPSILON).sqrt()


class EcapaNetwork(nn.Module):
    """Features `(batch, num_frames, bands)` → voices `(batch, dimension)`."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        size = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        channels, bands, kernel = size["blocks.0.conv.conv.weight"]
        squeezed = size["blocks.1.se_block.conv1.conv.weight"][0]
        scale = 1 + sum(name.startswith("blocks.1.res2net_block.blocks.") and name.endswith(CONV) for name in size)
        inner = size["blocks.1.res2net_block.blocks.0.conv.conv.weight"][2]
        wide = size["mfa.conv.conv.weight"][0]
        later = (_Block(channels, squeezed, scale, inner, dilation) for dilation in DILATIONS[1:])
        self.blocks = nn.ModuleList([_Layer(bands, channels, kernel, DILATIONS[0]), *later])
        self.mfa = _Layer((len(DILATIONS) - 1) * channels, wide)
        self.asp = _Pooling(wide, size["asp.tdnn.conv.conv.weight"][0])
        self.asp_bn = _norm(2 * wide)
        self.fc = _convolution(2 * wide, size["fc.conv.weight"][0])
        self.bands, self.dimension = bands, size["fc.conv.weight"][0]
        self.load_state_dict(dict(weights))

    def forward(self, features: Tensor) -> Tensor:
        """Return the voices."""
        values, outputs = features.transpose(1, 2), []
        for block in self.blocks:
            values = block(values)
            outputs.append(values)
        pooled = self.asp(self.mfa(torch.cat(outputs[1:], dim=1)))
        return self.fc(self.asp_bn(pooled)).squeeze(2)


CONV = ".conv.conv.weight"


def log_mel(waveform: Tensor, bands: int, rate: int = 16000) -> Tensor:
    """Return features of `(num_samples,)`, `(1, num_frames, bands)`: dB of mel bands, 80 dB deep, less their mean.

    Windows of 25 ms every 10 ms, triangles that are symmetric in Hz: what the checkpoint was trained on.
    """
    size, hop = rate // 40, rate // 100
    spectrum = torch.stft(
        waveform[None], size, hop, window=torch.hamming_window(size), pad_mode="constant", return_complex=True
    )
    power = torch.view_as_real(spectrum).pow(2).sum(-1).transpose(1, 2)
    level = 10 * torch.log10((power @ _triangles(size, bands, rate)).clamp(1e-10))
    level = torch.maximum(level, level.amax() - 80.0)
    return level - level.mean(dim=1, keepdim=True)


def _triangles(size: int, bands: int, rate: int) -> Tensor:
    top = 2595 * torch.log10(torch.tensor(1 + rate / 2 / 700)).item()
    edges = 700 * (10 ** (torch.linspace(0, top, bands + 2) / 2595) - 1)
    width, centre = (edges[1:] - edges[:-1])[:-1], edges[1:-1]
    bins = torch.linspace(0, rate // 2, size // 2 + 1)
    slope = (bins[:, None] - centre) / width
    return torch.minimum(slope + 1, 1 - slope).clamp(0)
