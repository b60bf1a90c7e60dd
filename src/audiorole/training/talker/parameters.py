"""What a fit may change: a blend of stock styles, a step away from it, biases and low-rank updates of the decoder."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from audiorole.models.talker.network import TalkerNetwork
from audiorole.models.talker.voice import TalkerVoice
from audiorole.training.talker.plan import VoicePlan

TYPICAL = slice(40, 120)
"""Rows of a style, by symbols of a line, that say how far styles lie apart."""
BIASES = re.compile(r"decoder\..*\.fc\.bias$")
MATRICES = re.compile(r"decoder\.(encode|decode\.\d+|generator\.resblocks\.\d+)\.(conv[12]|convs[12]\.\d+)\.weight$")
FIRST_SHARE = 1.5
"""How much more a start counts than the next one, as a difference of logits over all of them."""


class VoiceParameters(nn.Module):
    """packs: float32 `(starts, rows, style)`, the nearest first. Names of changed parameters have `|` for a dot."""

    packs: Tensor
    spread: Tensor
    first: Tensor
    prosody_blend: Tensor

    def __init__(self, network: TalkerNetwork, packs: Tensor, plan: VoicePlan) -> None:
        super().__init__()
        self.timbre_size = network.sizes.style
        self.register_buffer("packs", packs, persistent=False)
        self.register_buffer("spread", _spread(packs), persistent=False)
        first = -FIRST_SHARE * torch.arange(len(packs), dtype=torch.float32)
        self.register_buffer("first", first, persistent=False)
        self.logits = nn.Parameter(first.clone())
        self.register_buffer("prosody_blend", first.softmax(0), persistent=False)
        self.timbre, self.prosody = (
            nn.Parameter(torch.zeros(self.timbre_size)),
            nn.Parameter(torch.zeros(self.timbre_size)),
        )
        self.pitch = nn.Parameter(torch.zeros(()), requires_grad=False)
        own = dict(network.named_parameters())
        names = [name for name in own if plan.biases and BIASES.match(name)]
        self.biases = nn.ParameterDict({_key(name): torch.zeros_like(own[name]) for name in names})
        matrices = {name: own[name] for name in own if plan.rank and MATRICES.match(name)}
        self.up = nn.ParameterDict({_key(name): _up(matrix, plan.rank) for name, matrix in matrices.items()})
        self.down = nn.ParameterDict({_key(name): _down(matrix, plan.rank) for name, matrix in matrices.items()})

    def timbre_rows(self) -> Tensor:
        """Return the timbre for each length of line, `(rows, style)`."""
        blend = torch.einsum("k,krs->rs", self.logits.softmax(0), self.packs[:, :, : self.timbre_size])
        return blend + self.timbre * self.spread[: self.timbre_size]

    def prosody_rows(self) -> Tensor:
        """Return the prosody for each length of line, `(rows, style)`."""
        blend = torch.einsum("k,krs->rs", self.prosody_blend, self.packs[:, :, self.timbre_size :])
        return blend + self.prosody * self.spread[self.timbre_size :]

    def changes(self, network: TalkerNetwork) -> dict[str, Tensor]:
        """Return what is added to each changed parameter of the decoder, in its shape."""
        found = {_name(key): change for key, change in self.biases.items()}
        for key, up in self.up.items():
            found[_name(key)] = (up @ self.down[key]).view_as(network.get_parameter(_name(key)))
        return found

    def shrink(self, share: float) -> None:
        """Move the timbre back to `share` of the way from its start; pitch and prosody stay.

        A low-rank update is halved by halving one of its factors.
        """
        with torch.no_grad():
            self.logits.copy_(self.first + share * (self.logits - self.first))
            for part in (self.timbre, *self.biases.values(), *self.up.values()):
                part.mul_(share)

    def tether(self) -> Tensor:
        """Return how far biases, updates and style lie from nothing: a sum of squares."""
        parts = [*self.biases.values(), *self.up.values(), self.timbre]
        return torch.stack([part.square().sum() for part in parts]).sum()

    def voice(self, network: TalkerNetwork, name: str, pace: float, provenance: Mapping[str, str]) -> TalkerVoice:
        """Return the voice as it stands now."""
        with torch.no_grad():
            style = torch.cat([self.timbre_rows(), self.prosody_rows()], dim=1)
            changes = {_name(key): change for key, change in self.biases.items()}
            changes |= {f"{_name(key)}.up": up for key, up in self.up.items()}
            changes |= {f"{_name(key)}.down": down for key, down in self.down.items()}
            for part in ("weight", "bias") if float(self.pitch) else ():
                key = f"predictor.F0_proj.{part}"
                changes[key] = network.get_parameter(key) * (self.pitch.exp() - 1)
            return TalkerVoice(
                name, _array(style), {key: _array(change) for key, change in changes.items()}, pace, "", provenance
            )


def _spread(packs: Tensor) -> Tensor:
    """Return how far the starts' styles lie apart, `(style,)`; of a single one, how far its numbers do."""
    rows = packs[:, TYPICAL] if packs.shape[1] > TYPICAL.stop else packs
    apart = rows.flatten(0, 1).std(dim=0) if len(packs) > 1 else rows.std().expand(packs.shape[2])
    return apart + 1e-3


def _up(matrix: Tensor, rank: int) -> Tensor:
    return torch.zeros(matrix.shape[0], rank)


def _down(matrix: Tensor, rank: int) -> Tensor:
    size = matrix[0].numel()
    return torch.randn(rank, size) / size**0.5


def _key(name: str) -> str:
    return name.replace(".", "|")


def _name(key: str) -> str:
    return key.replace("|", ".")


def _array(tensor: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(tensor.detach().float().cpu().numpy().astype(np.float16), dtype=np.float32)
