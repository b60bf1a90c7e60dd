"""WeSpeaker's ResNet34 in torch, with the weights of its ONNX graph. Source: Wang et al. 2023, arXiv:2210.17016.

The graph has batch norm folded into its convolutions and numbers for names, so weights are taken in the graph's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

from audiorole.errors import WeightsError
from audiorole.models.voices.torch_fbank import TorchFbank

BLOCKS = (3, 4, 6, 3)
EPSILON = 1e-7

Convolution = tuple[Tensor, Tensor]


class ResNetVoice(nn.Module):
    """Waveforms `(batch, num_samples)` at 16 kHz → voices `(batch, 256)`, L2 norm 1."""

    weight: Tensor
    bias: Tensor
    mean: Tensor

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.features = TorchFbank("hamming")
        graph = onnx.load(str(path)).graph
        constants = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
        found = [[constants[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Conv"]
        if len(found) != 1 + 2 * sum(BLOCKS) + len(BLOCKS) - 1:
            raise WeightsError(f"{path.name} is not WeSpeaker's ResNet34: {len(found)} convolutions.")
        self.convolutions = nn.ParameterList([nn.Parameter(one, requires_grad=False) for pair in found for one in pair])
        for name, key in (("weight", "model.seg_1.weight"), ("bias", "model.seg_1.bias"), ("mean", "mean_vec")):
            self.register_buffer(name, constants[key])

    def forward(self, waveforms: Tensor) -> Tensor:
        with torch.autocast(waveforms.device.type, enabled=False):
            features = self.features(waveforms.float()).transpose(1, 2)[:, None]
        values, layers = features, self._layers()
        values = F.relu(_convolved(values, next(layers)))
        for stage, count in enumerate(BLOCKS):
            for place in range(count):
                values = _block(values, layers, 2 if stage and not place else 1)
        return self._voice(values.float())

    def _layers(self) -> Iterator[Convolution]:
        parts = list(self.convolutions)
        return iter(list(zip(parts[::2], parts[1::2], strict=True)))

    def _voice(self, values: Tensor) -> Tensor:
        spread = values.var(dim=-1, correction=1)
        pooled = torch.cat([values.mean(dim=-1).flatten(1), (spread + EPSILON).sqrt().flatten(1)], dim=1)
        return F.normalize(F.linear(pooled, self.weight, self.bias) - self.mean, dim=1)


def _block(values: Tensor, layers: Iterator[Convolution], stride: int) -> Tensor:
    inner = F.relu(_convolved(values, next(layers), stride))
    following = next(layers)
    shortcut = values
    if following[0].shape[-1] == 1:
        shortcut, following = _convolved(values, following, stride), next(layers)
    return F.relu(_convolved(inner, following) + shortcut)


def _convolved(values: Tensor, layer: Convolution, stride: int = 1) -> Tensor:
    weight, bias = layer
    return F.conv2d(values, weight, bias, stride, padding=weight.shape[-1] // 2)
