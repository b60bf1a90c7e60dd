"""A tiny decoder of the real classes with weights that depend on names and a seed alone."""

import torch

from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.hift import Hift, HiftConfig

ENCODER = {"codes": 128, "inputs": 64, "width": 64, "heads": 4, "ffn": 96, "layers": 2}
FLOW = FlowConfig(**ENCODER, channels=64, field_heads=2, field_blocks=2, field_middle=3)
HIFT = HiftConfig(channels=64, f0_channels=32)


def fill(module, seed=0, std=0.08):
    """Give every parameter seeded values, in the order of their names."""
    random = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(module.named_parameters()):
        noise = torch.randn(parameter.shape, generator=random) * std
        centre = 1.0 if name.endswith(("alpha", "norm.weight")) or (parameter.ndim == 1 and "weight" in name) else 0.0
        parameter.data.copy_(noise + centre)
    return module.eval()


def tiny_flow():
    return fill(Flow(FLOW))


def tiny_hift():
    hift = fill(Hift(HIFT), seed=1, std=0.04)
    hift.f0_predictor.classifier.bias.data.fill_(150.0)
    return hift
