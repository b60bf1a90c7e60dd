"""Teach the flow a character's voice: the published decoder speaks in one voice, whatever the prompt."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file

from audiorole.errors import ConfigError
from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.mel import mel_spectrogram

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DecoderPlan:
    """How the flow learns: the `[decoder]` table of a recipe.

    batch_frames: mel frames in a batch, filling included. learning_rate: reached after `warmup` steps, then constant,
    and over the last `decay` (share of the steps) it falls to nothing along a line.
    save_every: steps between checkpoints; 0 means only at the end.
    """

    steps: int = 2000
    batch_frames: int = 20_000
    learning_rate: float = 1e-4
    warmup: int = 100
    decay: float = 0.0
    max_grad_norm: float = 1.0
    seed: int = 0
    save_every: int = 500

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch_frames < 1:
            raise ConfigError("steps and batch_frames must be at least 1.")
        if not 0 <= self.decay <= 1:
            raise ConfigError(f"decay is {self.decay}; it is a share of the steps.")

    def rate_at(self, step: int) -> float:
        """Return the learning rate of the 0-based `step`."""
        rise = (step + 1) / max(1, self.warmup)
        fall = (self.steps - step) / max(1.0, self.decay * self.steps)
        return self.learning_rate * min(1.0, rise, fall if self.decay else 1.0)


@dataclass(frozen=True)
class VoicePair:
    """One line of the character: its codes, int64 `(codes,)`, and its log-mel, float32 `(80, frames)`."""

    codes: Any
    mel: Any

    @classmethod
    def of(cls, codes: npt.NDArray[np.uint16], waveform: npt.NDArray[np.float32]) -> VoicePair:
        """Pair the codes of a line with the mel of its waveform at 22.05 kHz."""
        return cls(torch.from_numpy(codes.astype(np.int64)), mel_spectrogram(torch.from_numpy(waveform)))


def fit_decoder(
    flow: Flow,
    pairs: Sequence[VoicePair],
    plan: DecoderPlan,
    folder: Path,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> Path:
    """Train `flow` in place on `pairs`; return the file of its weights, `folder/flow.safetensors`.

    A run that was stopped goes on from its last checkpoint with the same batches and random numbers.
    """
    device = flow.encoder_proj.weight.device
    optimizer = torch.optim.AdamW(flow.parameters(), lr=plan.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    folder.mkdir(parents=True, exist_ok=True)
    start = _resume(folder / "checkpoint.safetensors", flow, optimizer)
    batches = _batches(pairs, plan)
    flow.train()
    for step, batch in enumerate(batches):
        if step >= plan.steps:
            break
        if step >= start:
            on_step(step, _step(flow, optimizer, batch, plan, step, device))
            if plan.save_every and (step + 1) % plan.save_every == 0:
                _save(folder / "checkpoint.safetensors", flow, optimizer, step + 1)
    flow.eval()
    _write(folder / "flow.safetensors", {key: tensor.cpu() for key, tensor in flow.state_dict().items()})
    return folder / "flow.safetensors"


def _step(flow: Flow, optimizer: Any, batch: Sequence[VoicePair], plan: DecoderPlan, step: int, device: Any) -> float:
    torch.manual_seed(plan.seed * 1_000_003 + step)
    for group in optimizer.param_groups:
        group["lr"] = plan.rate_at(step)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        loss = flow.loss(*_stack(batch, device))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(flow.parameters(), plan.max_grad_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _stack(batch: Sequence[VoicePair], device: Any) -> tuple[Any, Any, Any, Any]:
    codes = torch.nn.utils.rnn.pad_sequence([pair.codes for pair in batch], batch_first=True)
    mel = torch.nn.utils.rnn.pad_sequence([pair.mel.T for pair in batch], batch_first=True).transpose(1, 2)
    code_counts = torch.tensor([len(pair.codes) for pair in batch])
    frame_counts = torch.tensor([pair.mel.shape[1] for pair in batch])
    return codes.to(device), code_counts.to(device), mel.to(device), frame_counts.to(device)


def _batches(pairs: Sequence[VoicePair], plan: DecoderPlan) -> Iterator[list[VoicePair]]:
    """Yield batches of like lengths, epoch after epoch, in an order that depends on the seed alone."""
    usable = sorted(
        (pair for pair in pairs if len(pair.codes) and pair.mel.shape[1]), key=lambda pair: pair.mel.shape[1]
    )
    if not usable:
        raise ConfigError("There is no line to learn the voice from.")
    groups: list[list[VoicePair]] = [[]]
    for pair in usable:  # ascending: the newest is the longest of its batch
        if groups[-1] and (len(groups[-1]) + 1) * pair.mel.shape[1] > plan.batch_frames:
            groups.append([])
        groups[-1].append(pair)
    order = random.Random(plan.seed)
    while True:
        yield from order.sample(groups, len(groups))


def _save(path: Path, flow: Flow, optimizer: Any, step: int) -> None:
    names = {parameter: name for name, parameter in flow.named_parameters()}
    state = {f"flow|{key}": tensor for key, tensor in flow.state_dict().items()}
    for parameter, values in optimizer.state.items():
        state |= {f"{key}|{names[parameter]}": value for key, value in values.items()}
    _write(path, {"step|": torch.tensor(step)} | {key: tensor.detach().cpu() for key, tensor in state.items()})


def _resume(path: Path, flow: Flow, optimizer: Any) -> int:
    if not path.is_file():
        return 0
    state, parameters = load_file(path), dict(flow.named_parameters())
    flow.load_state_dict({key.removeprefix("flow|"): value for key, value in state.items() if key.startswith("flow|")})
    for key, value in state.items():
        kind, _, name = key.partition("|")
        if name in parameters and kind != "flow":
            optimizer.state[parameters[name]][kind] = value if kind == "step" else value.to(parameters[name].device)
    return int(state["step|"])


def _write(path: Path, tensors: dict[str, Any]) -> None:
    unfinished = path.with_suffix(".tmp")
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, unfinished)
    unfinished.rename(path)
