"""CAM++ in torch, with the parameter names of the published checkpoint. Source: Wang et al. 2023, arXiv:2303.00332.

Densely connected time-delay layers; each scales its output by what is heard around it and in the whole.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiorole.errors import WeightsError
from audiorole.models.voices.torch_fbank import TorchFbank

GROWTH, BOTTLENECK, SEGMENT = 32, 128, 100
BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each block."""


class _Nonlinear(nn.Module):
    """Batch norm, then ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.batchnorm = nn.BatchNorm1d(channels)

    def forward(self, values: Tensor) -> Tensor:
        return F.relu(self.batchnorm(values))


class _ResBlock(nn.Module):
    """Two 3x3 convolutions; a stride halves the frequencies only."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, (stride, 1), 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.shortcut = nn.Sequential()
        if stride > 1:
            convolution = nn.Conv2d(channels, channels, 1, (stride, 1), bias=False)
            self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(channels))

    def forward(self, values: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(values)))))
        return F.relu(inner + self.shortcut(values))


class _Head(nn.Module):
    """Features `(batch, bins, time)` → `(batch, channels * bins / 8, time)`."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.layer1 = nn.Sequential(_ResBlock(channels, 2), _ResBlock(channels, 1))
        self.layer2 = nn.Sequential(_ResBlock(channels, 2), _ResBlock(channels, 1))
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, (2, 1), 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        values = F.relu(self.bn1(self.conv1(features[:, None])))
        values = F.relu(self.bn2(self.conv2(self.layer2(self.layer1(values)))))
        return values.flatten(1, 2)


class _ContextMask(nn.Module):
    """A convolution over time, masked by the whole utterance and by segments of a second."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(BOTTLENECK, GROWTH, 3, padding=dilation, dilation=dilation, bias=False)
        self.linear1 = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(BOTTLENECK // 2, GROWTH, 1)

    def forward(self, values: Tensor) -> Tensor:
        segments = F.avg_pool1d(values, SEGMENT, SEGMENT, ceil_mode=True)
        near = segments.repeat_interleave(SEGMENT, dim=2)[:, :, : values.shape[2]]
        context = F.relu(self.linear1(values.mean(dim=2, keepdim=True) + near))
        return self.linear_local(values) * torch.sigmoid(self.linear2(context))


class _DenseLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1, self.nonlinear2 = _Nonlinear(channels), _Nonlinear(BOTTLENECK)
        self.linear1 = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, values: Tensor) -> Tensor:
        return torch.cat([values, self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(values))))], dim=1)


class _Layer(nn.Module):
    """A convolution over time and what surrounds it; `first` says which of the two comes first."""

    def __init__(self, channels: int, out: int, kernel: int = 1, linear_first: bool = False) -> None:
        super().__init__()
        stride = 2 if kernel > 1 else 1
        self.linear = nn.Conv1d(channels, out, kernel, stride, padding=kernel // 2, bias=False)
        self.nonlinear = _Nonlinear(out if linear_first else channels)
        self.linear_first = linear_first

    def forward(self, values: Tensor) -> Tensor:
        return self.nonlinear(self.linear(values)) if self.linear_first else self.linear(self.nonlinear(values))


class _Statistics(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return torch.cat([values.mean(dim=2), values.std(dim=2, correction=1)], dim=1)


class _Dense(nn.Module):
    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels, out, 1, bias=False)
        self.nonlinear = nn.Sequential(OrderedDict(batchnorm=nn.BatchNorm1d(out, affine=False)))

    def forward(self, values: Tensor) -> Tensor:
        return self.nonlinear(self.linear(values[:, :, None])[:, :, 0])


class CamPlusVoice(nn.Module):
    """Waveforms `(batch, num_samples)` at 16 kHz → voices `(batch, 192)`, L2 norm 1."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.features = TorchFbank("povey", scale=1.0)
        self.head, self.xvector = _Head(), _layers()
        try:
            self.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except (RuntimeError, OSError) as error:
            raise WeightsError(f"{path.name} is not CAM++: {error}") from error
        self.eval().requires_grad_(False)

    def forward(self, waveforms: Tensor) -> Tensor:
        with torch.autocast(waveforms.device.type, enabled=False):
            features = self.features(waveforms.float()).transpose(1, 2)
        return F.normalize(self.xvector(self.head(features)).float(), dim=1)


def _layers() -> nn.Sequential:
    channels = 4 * GROWTH
    layers: OrderedDict[str, nn.Module] = OrderedDict(tdnn=_Layer(320, channels, 5, linear_first=True))
    for number, (count, dilation) in enumerate(BLOCKS, 1):
        block: OrderedDict[str, nn.Module] = OrderedDict()
        for place in range(count):
            block[f"tdnnd{place + 1}"] = _DenseLayer(channels, dilation)
            channels += GROWTH
        layers[f"block{number}"] = nn.Sequential(block)
        layers[f"transit{number}"] = _Layer(channels, channels // 2)
        channels //= 2
    layers["out_nonlinear"] = _Nonlinear(channels)
    return nn.Sequential(layers | OrderedDict(stats=_Statistics(), dense=_Dense(2 * channels, 192)))
