"""Where a fit stands, in one file: facts and tensors that belong together are written together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from audiorole.errors import ConfigError
from audiorole.training.talker.judge import VoiceVerdict
from audiorole.training.tensor_file import write_tensors
from audiorole.types import Record

FACTS = "facts"


class FitFacts(Record, frozen=True):
    """step: steps done. chosen: of the best voice so far, at `share` of the way to it. idle: judgements since.

    history: (step, likeness, wer).
    """

    digest: str
    stock: tuple[int, ...]
    pace: float
    start: VoiceVerdict
    best: VoiceVerdict
    chosen: int = 0
    share: float = 1.0
    step: int = 0
    idle: int = 0
    refused: int = 0
    history: tuple[tuple[int, float, float], ...] = ()


@dataclass(frozen=True)
class FitState:
    """facts and tensors: the parameters, the optimizer's (`opt|…`) and the best voice's (`best|…`)."""

    facts: FitFacts
    tensors: Mapping[str, Tensor]


def save_state(path: Path, state: FitState) -> None:
    """Write the state; the file is whole or the old one."""
    facts = torch.frombuffer(bytearray(msgspec.json.encode(state.facts)), dtype=torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, {FACTS: facts} | {name: tensor.detach().cpu() for name, tensor in state.tensors.items()})


def load_state(path: Path, digest: str) -> FitState | None:
    """Return the state in `path`, None where there is none.

    Raises `ConfigError` for a state of other lines or another plan, and for a damaged file.
    """
    if not path.is_file():
        return None
    try:
        tensors = load_file(path)
        facts = msgspec.json.decode(bytes(tensors.pop(FACTS).numpy()), type=FitFacts)
    except (SafetensorError, KeyError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged ({error}): remove it and fit again.") from error
    if facts.digest != digest:
        raise ConfigError(f"{path} was made with other lines or another plan: fit into another folder.")
    return FitState(facts, tensors)
