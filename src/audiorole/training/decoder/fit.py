"""Teach the flow a character's voice: the published decoder speaks in one voice, whatever the prompt."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.optim import Optimizer

from audiorole.errors import ConfigError
from audiorole.training.decoder.flow import Flow
from audiorole.training.decoder.mel import mel_spectrogram
from audiorole.training.fit.finite import NotFiniteError, all_finite
from audiorole.training.fit.kernels.recorded import Recorded
from audiorole.training.tensor_file import write_tensors

log = logging.getLogger(__name__)

MOST_RECORDED = 128
"""Batches of which a recording is kept on a GPU: some eight hours of speech in batches of the default size."""


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

    codes: Tensor
    mel: Tensor

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

    A run that was stopped goes on from its last checkpoint with the same batches and random numbers. Raises
    `NotFiniteError` where a loss or a weight is no number any more: that checkpoint stays as it is.
    """
    learner = _Learner(flow, _groups(pairs, plan), plan)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.safetensors"
    start = _resume(checkpoint, flow, learner.optimizer)
    flow.train()
    for step, group in zip(range(plan.steps), _order(len(learner.groups), plan.seed), strict=False):
        if step >= start:
            loss = learner.step(step, group)
            _check("The loss", math.isfinite(loss), step + 1, checkpoint)
            on_step(step, loss)
            if plan.save_every and (step + 1) % plan.save_every == 0:
                _check("A weight", all_finite(flow.parameters()), step + 1, checkpoint)
                _save(checkpoint, flow, learner.optimizer, step + 1)
    _check("A weight", all_finite(flow.parameters()), plan.steps, checkpoint)
    learner.optimizer.zero_grad()
    flow.eval()
    write_tensors(folder / "flow.safetensors", {key: tensor.cpu() for key, tensor in flow.state_dict().items()})
    return folder / "flow.safetensors"


def _check(what: str, finite: bool, step: int, checkpoint: Path) -> None:
    """Raise `NotFiniteError` where a figure is none."""
    if not finite:
        raise NotFiniteError(what, step, checkpoint if checkpoint.is_file() else None)


class _Learner:
    """Steps on batches that come again and again. On a GPU the gradients of each are recorded, if they are not many."""

    def __init__(self, flow: Flow, groups: Sequence[Sequence[VoicePair]], plan: DecoderPlan) -> None:
        self.flow, self.groups, self.plan = flow, groups, plan
        self.device = flow.encoder_proj.weight.device
        self.parameters = list(flow.parameters())
        on_gpu = self.device.type == "cuda"
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=plan.learning_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=on_gpu
        )
        for parameter in self.parameters:
            parameter.grad = torch.zeros_like(parameter)
        self._pool = torch.cuda.graph_pool_handle() if on_gpu else None
        self._kept: dict[int, tuple[Recorded, tuple[Tensor, ...]]] = {}

    def step(self, step: int, group: int) -> float:
        """Learn from a batch once; return its loss."""
        for settings in self.optimizer.param_groups:
            settings["lr"] = self.plan.rate_at(step)
        gradients, batch = self._ready(group)
        torch.manual_seed(self.plan.seed * 1_000_003 + step)
        (loss,) = gradients(*batch)
        torch.nn.utils.clip_grad_norm_(self.parameters, self.plan.max_grad_norm)
        self.optimizer.step()
        return float(loss)

    def _ready(self, group: int) -> tuple[Callable[..., Sequence[Tensor]], tuple[Tensor, ...]]:
        if len(self.groups) > MOST_RECORDED:
            return self._gradients, stack(self.groups[group], self.device)
        if group not in self._kept:
            batch = stack(self.groups[group], self.device)
            self._kept[group] = Recorded(self._gradients, self._pool), batch
            self._kept[group][0].record(*batch)
        return self._kept[group]

    def _gradients(self, *batch: Tensor) -> tuple[Tensor]:
        """Write the gradients into the parameters; return the loss."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            loss = self.flow.loss(*batch)
        found = torch.autograd.grad(loss, self.parameters, allow_unused=True, materialize_grads=True)
        torch._foreach_copy_([parameter.grad for parameter in self.parameters if parameter.grad is not None], found)
        return (loss.detach(),)


def stack(batch: Sequence[VoicePair], device: torch.device | str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what `Flow.loss` wants of these lines, filled up to the longest, on the device.

    codes int64 `(batch, codes)`, their counts `(batch,)`, mel float32 `(batch, bands, frames)`, its counts `(batch,)`.
    """
    codes = torch.nn.utils.rnn.pad_sequence([pair.codes for pair in batch], batch_first=True)
    mel = torch.nn.utils.rnn.pad_sequence([pair.mel.T for pair in batch], batch_first=True).transpose(1, 2)
    code_counts = torch.tensor([len(pair.codes) for pair in batch])
    frame_counts = torch.tensor([pair.mel.shape[1] for pair in batch])
    return codes.to(device), code_counts.to(device), mel.to(device), frame_counts.to(device)


def _groups(pairs: Sequence[VoicePair], plan: DecoderPlan) -> list[list[VoicePair]]:
    """Return batches of like lengths. Raises `ConfigError` where there is nothing to learn from."""
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
    return groups


def _order(count: int, seed: int) -> Iterator[int]:
    """Yield the places of `count` batches, epoch after epoch, in an order that depends on the seed alone."""
    order = random.Random(seed)
    while True:
        yield from order.sample(range(count), count)


def _save(path: Path, flow: Flow, optimizer: Optimizer, step: int) -> None:
    names: dict[Tensor, str] = {parameter: name for name, parameter in flow.named_parameters()}
    state = {f"flow|{key}": tensor for key, tensor in flow.state_dict().items()}
    for parameter, values in optimizer.state.items():
        state |= {f"{key}|{names[parameter]}": value for key, value in values.items()}
    write_tensors(path, {"step|": torch.tensor(step)} | {key: tensor.detach().cpu() for key, tensor in state.items()})


def _resume(path: Path, flow: Flow, optimizer: Optimizer) -> int:
    if not path.is_file():
        return 0
    state, parameters = load_file(path), dict(flow.named_parameters())
    flow.load_state_dict({key.removeprefix("flow|"): value for key, value in state.items() if key.startswith("flow|")})
    for key, value in state.items():
        kind, _, name = key.partition("|")
        if name in parameters and kind != "flow":
            optimizer.state[parameters[name]][kind] = value.to(parameters[name].device)
    return int(state["step|"])
