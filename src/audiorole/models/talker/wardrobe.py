"""Voices put on and taken off one network: parameters are replaced while a line sounds, the base keeps its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import cast

import torch
from torch import Tensor, nn

from audiorole.errors import ConfigError
from audiorole.models.talker.network import TalkerNetwork
from audiorole.models.talker.voice import TalkerVoice

KEPT = 6
"""Voices whose parameters are kept ready; a low-rank one takes as much memory as the layers that it changes."""


@contextmanager
def worn(network: nn.Module, parameters: Mapping[str, Tensor]) -> Iterator[None]:
    """Let `network` have `parameters` by name; afterwards it has its own again, the very same tensors."""
    places = [(*_place(network, name), tensor) for name, tensor in parameters.items()]
    own = [module._parameters[name] for module, name, _ in places]
    try:
        for module, name, tensor in places:
            module._parameters[name] = cast(nn.Parameter, tensor)  # any tensor will do for a layer
        yield
    finally:
        for (module, name, _), parameter in zip(places, own, strict=True):
            module._parameters[name] = parameter


def _place(network: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, last = name.rpartition(".")
    return network.get_submodule(path), last


def changed_parameters(network: nn.Module, voice: TalkerVoice) -> dict[str, Tensor]:
    """Return the parameters that `voice` changes, with its changes added.

    Raises `ConfigError` for a change that does not fit the network.
    """
    base = dict(network.named_parameters())
    found: dict[str, Tensor] = {}
    for name in sorted({change.removesuffix(".up").removesuffix(".down") for change in voice.changes}):
        try:
            own = base[name]
            found[name] = own.detach() + _change(voice, name, own)
        except (KeyError, RuntimeError) as error:
            raise ConfigError(f"The voice {voice.name!r} was made for another network: {name}: {error}") from error
    return found


def _change(voice: TalkerVoice, name: str, own: Tensor) -> Tensor:
    """Return what is added to the parameter `own`, in its shape."""
    if name in voice.changes:
        return torch.from_numpy(voice.changes[name]).to(own).view(own.shape)
    up, down = (torch.from_numpy(voice.changes[f"{name}.{side}"]).to(own) for side in ("up", "down"))
    return (up @ down).view(own.shape)


class Wardrobe:
    """The voices of one network. One voice is worn at a time, whichever thread asks. base: what its voices name."""

    def __init__(self, network: TalkerNetwork, base: str = "") -> None:
        self.network, self.base = network, base
        self._lock = Lock()
        self._ready: OrderedDict[int, tuple[TalkerVoice, dict[str, Tensor]]] = OrderedDict()

    @contextmanager
    def wearing(self, voice: TalkerVoice) -> Iterator[None]:
        """Let the network have the voice. Raises `ConfigError` for a voice of another network."""
        with self._lock, worn(self.network, self._parameters(voice)):
            yield

    def _parameters(self, voice: TalkerVoice) -> dict[str, Tensor]:
        if id(voice) not in self._ready:
            self._check(voice)
            self._ready[id(voice)] = voice, changed_parameters(self.network, voice)
        self._ready.move_to_end(id(voice))
        if len(self._ready) > KEPT:
            self._ready.popitem(last=False)
        return self._ready[id(voice)][1]

    def _check(self, voice: TalkerVoice) -> None:
        if voice.base and self.base and voice.base != self.base:
            raise ConfigError(f"The voice {voice.name!r} was fitted on another base: {voice.base[:12]}…, not this one.")
        wanted = 2 * self.network.sizes.style
        if voice.style.shape[1] != wanted:
            raise ConfigError(f"The voice {voice.name!r} has styles of {voice.style.shape[1]} numbers, not {wanted}.")
