"""Read the published decoder: `config.yaml`, the flow's and the vocoder's weights.

The weights are published as PyTorch pickles. They are opened with `weights_only=True`, which runs no code, and once:
`convert_decoder` writes them as safetensors, which every later load prefers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
import yaml  # type: ignore[import-untyped]
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from audiorole.errors import InputError
from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.hift import Hift, HiftConfig
from audiorole.types.plain import JsonObject

EVERYTHING = 1 << 30
"""A block that holds any number of codes: an encoder that is not causal at all."""

WEIGHT_NORMS = (
    ("weight_g", "weight_v"),
    ("parametrizations.weight.original0", "parametrizations.weight.original1"),
)
"""Names of length and direction of a normalised weight, before and since PyTorch 2.1."""


def load_flow(folder: Path, device: torch.device | str = "cpu") -> Flow:
    """Load the flow of the decoder in `folder`. Raises `InputError` where names or shapes are not the flow's."""
    state = _read(folder, "flow")
    flow = Flow(FlowConfig.of_state(state, **_settings(folder)))
    _fill(flow, state, folder / "flow")
    return flow.to(device).eval()


def load_hift(folder: Path, device: torch.device | str = "cpu") -> Hift:
    """Load the vocoder of the decoder in `folder`; weight normalisation is folded into the weights."""
    state = fold_weight_norm(_read(folder, "hift"))
    hift = Hift(HiftConfig.of_state(state))
    _fill(hift, state, folder / "hift")
    return hift.to(device).eval()


def convert_decoder(source: Path, target: Path) -> None:
    """Write the decoder in `source` to `target` as `config.yaml`, `flow.safetensors` and `hift.safetensors`."""
    target.mkdir(parents=True)
    if (source / "config.yaml").is_file():
        (target / "config.yaml").write_bytes((source / "config.yaml").read_bytes())
    save_file({key: tensor.contiguous() for key, tensor in _read(source, "flow").items()}, target / "flow.safetensors")
    save_file(fold_weight_norm(_read(source, "hift")), target / "hift.safetensors")


def fold_weight_norm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return `state` with each pair (length, direction) of a weight-normalised layer as its plain weight."""
    folded = dict(state)
    for length, direction in WEIGHT_NORMS:
        for key in [key for key in folded if key.endswith("." + length)]:
            prefix = key.removesuffix(length)
            g, v = folded.pop(key), folded.pop(prefix + direction)
            folded[prefix + "weight"] = g * v / v.flatten(1).norm(dim=1).view(-1, *[1] * (v.ndim - 1))
    return folded


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads hyperpyyaml's files as plain data: `!new:module.Class` tags are dropped, nothing is made or imported."""


def _plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!", _plain)


def _settings(folder: Path) -> JsonObject:
    """Return what the weights do not tell: the size of the encoder's blocks and the guidance."""
    path = folder / "config.yaml"
    if not path.is_file():
        return {}
    flow = yaml.load(path.read_text(), Loader=_Loader).get("flow", {})
    content = flow.get("decoder", {}).get("cfm_params", {})
    rates, encoder = content.get("content", content), flow.get("encoder", {})
    found = {
        "block": EVERYTHING if encoder.get("selfattention_layer_type") == "rel_selfattn" else encoder.get("block_size"),
        "codes_per_second": flow.get("input_frame_rate"),
        "guidance": rates.get("inference_cfg_rate"),
        "guidance_dropout": rates.get("training_cfg_rate"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _read(folder: Path, name: str) -> dict[str, Tensor]:
    if (folder / f"{name}.safetensors").is_file():
        return dict(load_file(folder / f"{name}.safetensors"))
    path = folder / f"{name}.pt"
    if not path.is_file():
        raise InputError(str(folder), f"has neither {name}.safetensors nor {name}.pt")
    return dict(torch.load(path, map_location="cpu", weights_only=True))


def _fill(module: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    wanted = module.state_dict()
    for key in sorted(set(wanted) | set(state)):
        if key not in state:
            raise InputError(str(path), f"lacks {key}")
        if key not in wanted:
            if re.search(r"(rand_noise|stft_window|\.pe)$", key):  # buffers that are computed
                continue
            raise InputError(str(path), f"has unknown {key}")
        if wanted[key].shape != state[key].shape:
            raise InputError(str(path), f"{key} is {tuple(state[key].shape)}, wanted {tuple(wanted[key].shape)}")
    module.load_state_dict({key: state[key] for key in wanted})
