"""How the codec learns: encoder, mel and reader first, the vocoder on true mel, then all of it together."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.parametrize import cached
from torch.optim import Optimizer

from audiorole.experiments.small.codec.codec import Codec, save_codec
from audiorole.experiments.small.codec.config import CodecPlan
from audiorole.experiments.small.codec.corpus import CodecBatch, Sound, batches, stack
from audiorole.experiments.small.codec.discriminators import Discriminators
from audiorole.experiments.small.codec.encoder import log_mel_rows
from audiorole.experiments.small.codec.listener import Reader, RecognitionLoss, listened_mel
from audiorole.experiments.small.codec.losses import (
    fooling_error,
    judges_error,
    likeness_error,
    meaning_error,
    mel_error,
    reading_error,
    spectral_error,
)
from audiorole.experiments.small.codec.vocoder import target_mel
from audiorole.training.fit.finite import NotFiniteError, all_finite
from audiorole.training.fit.kernels.recorded import Recorded
from audiorole.training.tensor_file import write_tensors

log = logging.getLogger(__name__)

FIGURES = ("mel", "spectral", "fooling", "likeness", "recall", "sense", "judges")
WEIGHTS = (4.0, 15.0, 1.0, 2.0)
"""Of the first four; the plan has those of the next two. DAC (Kumar et al. 2023) weighs spectra 15; HiFi-GAN weighs
what the judges heard 2."""
REPORT = 50
"""Steps between figures; to read them makes a GPU wait."""
NOBODY = 0.1
"""Share of rows that are spoken by place 0, so that a voice for everyone else is learned."""

Figures = Mapping[str, float]


class CodecFit:
    """One run in one folder; a run that was stopped goes on from its checkpoint with the same batches and numbers."""

    def __init__(
        self,
        codec: Codec,
        listener: RecognitionLoss,
        sounds: Sequence[Sound],
        plan: CodecPlan,
        folder: Path,
        device: torch.device,
        held_out: Sequence[Sound] = (),
    ) -> None:
        torch.manual_seed(plan.seed)
        self.codec: Codec = codec.to(device)
        self.listener: RecognitionLoss = listener.to(device).eval()
        self.reader: Reader = Reader(codec.config, listener).to(device)
        self.judges: Discriminators = Discriminators().to(device)
        self._parts = {"codec": nn.ModuleDict({"codec": codec, "reader": self.reader}), "judges": self.judges}
        self._own, self._judging = (list(part.parameters()) for part in self._parts.values())
        self.held_out = held_out
        self.sounds, self.plan, self.folder, self.device = sounds, plan, folder, device
        ears = list(codec.ears.parameters())
        others = [
            value for name, value in self._parts["codec"].named_parameters() if not name.startswith("codec.ears.")
        ]
        settings: dict[str, Any] = {
            "lr": plan.learning_rate,
            "betas": (0.8, 0.99),
            "weight_decay": 0.01,
            "fused": device.type == "cuda",
        }
        groups = [{"params": others, "share": 1.0}, {"params": ears, "share": plan.ear_rate}]
        judging = [{"params": self._judging, "share": 1.0}]
        self.optimizers = {
            "codec": torch.optim.AdamW(groups, **settings),
            "judges": torch.optim.AdamW(judging, **settings),
        }
        self._hear_recorded, self._speak_recorded = Recorded(self._hear), Recorded(self._speak)

    def run(self, on_step: Callable[[int, Figures], None] = lambda step, figures: None) -> Codec:
        """Learn to the end and write the codec into the folder; return it."""
        start = self._resume()
        self.codec.train()
        for step, batch in enumerate(batches(self.sounds, self.plan, self.codec.config, self.device)):
            if step >= self.plan.steps:
                break
            if step >= start:
                figures = self._step(step, batch)
                self._check(step + 1, "A loss", all(map(math.isfinite, figures.values())))
                due = self.plan.save_every and (step + 1) % self.plan.save_every == 0
                if due:
                    self._save(step + 1)
                if self.held_out and (due or step + 1 == self.plan.steps):
                    figures = {**figures, **self.evaluate()}
                on_step(step, figures)
        self._check(self.plan.steps, "A weight", self._is_finite())
        save_codec(self.codec.eval(), self.folder)
        return self.codec

    def _is_finite(self) -> bool:
        return all_finite([*self._own, *self._judging])

    def _check(self, step: int, what: str, finite: bool) -> None:
        """Raise `NotFiniteError` where a figure is none; nothing dead is saved."""
        path = self.folder / "checkpoint.safetensors"
        if not finite:
            raise NotFiniteError(what, step, path if path.is_file() else None)

    def evaluate(self) -> Figures:
        """Return the errors of mel, letters and meaning on the sounds that are held out, means over batches."""
        found: dict[str, list[float]] = {}
        self.codec.eval()
        for start in range(0, len(self.held_out), self.plan.rows):
            sounds = self.held_out[start : start + self.plan.rows]
            batch = stack(sounds, [0] * len(sounds), self.plan.window_codes, self.codec.config, self.device)
            with torch.no_grad():
                for name, value in self._errors(batch).items():
                    found.setdefault(f"held_out_{name}", []).append(float(value))
        self.codec.train()
        return {name: sum(values) / len(values) for name, values in found.items()}

    def _errors(self, batch: CodecBatch) -> dict[str, Tensor]:
        counts = batch.code_counts
        mel, predicted, logits, recalled, states = self._hear(batch.heard, batch.said, counts, batch.voices)
        with self._fast():
            made = self.codec.vocoder(predicted)
        return {
            "mel": mel_error(predicted, mel, 2 * counts),
            "reading": reading_error(logits, batch),
            "recall": meaning_error(recalled, states, counts),
            "sense": self._sense(made, states, counts),
        }

    def _step(self, step: int, batch: CodecBatch) -> Figures:
        torch.manual_seed(self.plan.seed * 1_000_003 + step)
        self._set_rate(step)
        named = torch.rand(len(batch.voices), device=self.device) > NOBODY
        voices = batch.voices * named
        heard = self._hear_recorded(batch.heard, batch.said, batch.code_counts, voices)
        reading, reading_grad = self._read(heard[2], batch)
        places, own = self._crops(step, batch)
        found = self._speak_recorded(*heard, batch.said, batch.code_counts, places, own, reading_grad)
        figures, grads = found[: len(FIGURES)], found[len(FIGURES) :]
        self._update("judges", self._judging, grads[: len(self._judging)])
        self._update("codec", self._own, grads[len(self._judging) :])
        if step % REPORT:
            return {}
        return dict(zip(("reading", *FIGURES), map(float, (reading, *figures)), strict=True))

    def _hear(
        self, heard: Tensor, said: Tensor, code_counts: Tensor, voices: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the true mel, the codes' mel, the letters' logits, and the listener's states: guessed, true."""
        mel, sounds = target_mel(said, self.codec.config), log_mel_rows(heard, self.codec.config.ear_bands)
        with self._fast():
            points = self.codec.points(sounds, code_counts)
            recalled, logits = self.reader(points, code_counts)
            predicted = self.codec.mel_maker(points, voices)
            with torch.no_grad():
                states = self.listener(sounds, code_counts)
        return mel, predicted.float(), logits.float(), recalled.float(), states.float()

    def _sense(self, made: Tensor, states: Tensor, counts: Tensor) -> Tensor:
        """Return how far `made` `(rows, samples)` leads the listener astray; behind a row's `counts` it is silenced."""
        config = self.codec.config
        valid = torch.arange(made.shape[1], device=made.device) < config.samples_per_code * counts[:, None]
        sounds = listened_mel(made * valid, config.sample_rate, config.ear_bands)
        with self._fast():
            return meaning_error(self.listener(sounds, counts), states, counts)

    def _read(self, logits: Tensor, batch: CodecBatch) -> tuple[Tensor, Tensor]:
        """Return the letters' loss and its weighted gradient with respect to the logits."""
        given = logits.detach().requires_grad_()
        error = reading_error(given, batch)
        (grad,) = torch.autograd.grad(error, given)
        return error.detach(), grad * self.plan.reading_weight

    def _crops(self, step: int, batch: CodecBatch) -> tuple[Tensor, Tensor]:
        """Return which frames of each row are spoken, int64 `(rows, frames)`, and whose mel is the predicted one."""
        rows, frames = len(batch.voices), self.plan.crop_frames
        room = (2 * batch.code_counts - frames).clamp(min=0)
        starts = (torch.rand(rows, device=self.device) * (room + 1)).long()
        joint = step >= self.plan.joint_from * self.plan.steps
        own = torch.rand(rows, 1, 1, device=self.device) < (self.plan.joint_share if joint else 0.0)
        return starts[:, None] + torch.arange(frames, device=self.device), own

    def _speak(
        self, mel: Tensor, predicted: Tensor, logits: Tensor, recalled: Tensor, states: Tensor,
        said: Tensor, counts: Tensor, places: Tensor, own: Tensor, reading_grad: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """Return the figures, then the gradients of the judges, then those of codec and reader."""
        with self._fast():
            made = self.codec.vocoder(torch.where(own, predicted, mel))
        real_crop, made_crop = self._cut(said, places), self._cut(made, places)
        judged = max(1, round(self.plan.judged * len(said)))  # rows are in random order
        with self._fast(), cached():  # the judges' weights are normed once, not at every use
            heard_real, heard_made = self.judges.compare(real_crop[:judged], made_crop[:judged].detach())
            fooled = self.judges(made_crop[:judged])
        judging = judges_error(heard_real, heard_made)
        parts = (
            mel_error(predicted, mel, 2 * counts),
            spectral_error(made_crop, real_crop, self.codec.config.sample_rate),
            fooling_error(fooled),
            likeness_error(heard_real, fooled),
            meaning_error(recalled, states, counts),
            self._sense(made, states, counts),
        )
        weights = (*WEIGHTS, self.plan.recall_weight, self.plan.sense_weight)
        total = sum(
            (weight * part for weight, part in zip(weights, parts, strict=True)), start=torch.zeros_like(parts[0])
        )
        judging_grads = torch.autograd.grad(judging, self._judging)
        # A recording is made once and its way back is walked at every step, so it must outlive the first.
        grads = torch.autograd.grad(
            (total, logits), self._own, (torch.ones_like(total), reading_grad), retain_graph=logits.is_cuda
        )
        found = (*(part.detach() for part in parts), judging.detach(), *judging_grads, *grads)
        return tuple(value.contiguous() for value in found)  # the fused optimizer wants gradients laid out as weights

    def _cut(self, samples: Tensor, places: Tensor) -> Tensor:
        """Return the samples of the mel frames `places` int64 `(rows, frames)`."""
        frames = samples.view(len(samples), -1, self.codec.config.hop)
        return frames.gather(1, places[:, :, None].expand(-1, -1, frames.shape[2])).flatten(1)

    def _fast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _update(self, name: str, parameters: Sequence[Tensor], grads: Sequence[Tensor]) -> None:
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = grad
        torch.nn.utils.clip_grad_norm_(parameters, 10.0, foreach=True)
        self.optimizers[name].step()

    def _set_rate(self, step: int) -> None:
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.plan.rate_at(step) * group["share"]

    def _save(self, step: int) -> None:
        self._check(step, "A weight", self._is_finite())
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"step": torch.tensor(step)}
        for name, module in self._parts.items():
            state |= {f"{name}|{key}": value for key, value in module.state_dict().items()}
            state |= _optimizer_state(name, module, self.optimizers[name])
        held = {key: value.detach().cpu().contiguous() for key, value in state.items()}
        write_tensors(self.folder / "checkpoint.safetensors", held)

    def _resume(self) -> int:
        path = self.folder / "checkpoint.safetensors"
        if not path.is_file():
            return 0
        state = load_file(path)
        for name, module in self._parts.items():
            own = {key.removeprefix(f"{name}|"): value for key, value in state.items() if key.startswith(f"{name}|")}
            module.load_state_dict(own)
            _restore_optimizer(name, module, self.optimizers[name], state)
        return int(state["step"])


def _optimizer_state(name: str, module: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    names: dict[Tensor, str] = {parameter: key for key, parameter in module.named_parameters()}
    return {
        f"{name} {kind}|{names[parameter]}": value
        for parameter, values in optimizer.state.items()
        for kind, value in values.items()
    }


def _restore_optimizer(name: str, module: nn.Module, optimizer: Optimizer, state: Mapping[str, Tensor]) -> None:
    parameters = dict(module.named_parameters())
    for joined, value in state.items():
        owner, _, key = joined.partition("|")
        if owner.startswith(f"{name} "):
            parameter, kind = parameters[key], owner.removeprefix(f"{name} ")
            optimizer.state[parameter][kind] = value if kind == "step" else value.to(parameter.device)
