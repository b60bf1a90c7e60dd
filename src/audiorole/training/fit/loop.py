"""The training loop: packs in, checkpoints and figures out."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import torch
from torch import Tensor

from audiorole.core.progress import Progress, Silent
from audiorole.training.fit.checkpoint import RunState, checkpoints, clear_unfinished, load_checkpoint, save_checkpoint
from audiorole.training.fit.finite import NotFiniteError, all_finite
from audiorole.training.fit.packed_glm import Batch
from audiorole.training.fit.parameters import (
    Network,
    make_optimizer,
    make_trainable,
    packed_network,
    scaled_step,
    trained,
)
from audiorole.training.fit.perplexity import measure_perplexity
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes, shard
from audiorole.training.fit.stream import PackStream
from audiorole.training.tokens.packing import Document, Pack, build_pack, plan_packs

if TYPE_CHECKING:
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Where figures go; `torch.utils.tensorboard.SummaryWriter` is one."""

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Write one figure."""

    def flush(self) -> None:
        """Put everything on disk."""


@dataclass(frozen=True)
class FitData:
    """What a run learns from and is measured on. pad: fills packs; first_audio: ids from here on are audio."""

    train: Sequence[Document]
    held_out: Sequence[Document]
    pad: int
    first_audio: int

    def digest(self) -> str:
        """Return a hash of all training tokens and labels, in their order."""
        digest = hashlib.sha256()
        for document in self.train:
            digest.update(document.ids.tobytes() + document.labels.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class FitResult:
    """checkpoint: the last one's folder; perplexity: `character/modality` → value on the held-out documents."""

    checkpoint: Path
    steps: int
    perplexity: Mapping[str, float]


class FitRun:
    """One run in one folder. `run()` begins it, or goes on where its newest checkpoint stands."""

    def __init__(
        self,
        model: PreTrainedModel,
        data: FitData,
        plan: FitPlan,
        folder: Path,
        writer: Writer,
        processes: Processes | None = None,
        on_evaluation: Callable[[Network, int], None] | None = None,
    ) -> None:
        self.data, self.plan, self.folder, self.writer = data, plan, folder, writer
        self.processes, self.on_evaluation = processes or Processes(), on_evaluation
        self.model = make_trainable(model, plan, self.processes.device)
        self.packed = packed_network(self.model, plan)
        self.sharded = plan.method == "full" and self.processes.count > 1
        if self.sharded:
            self.packed = shard(self.packed)
        self.parameters = trained(self.model)
        self.optimizer = make_optimizer(self.parameters, plan)
        self.stream = PackStream(data.train, plan.capacity, data.pad, plan.seed)
        self.num_steps = plan.num_steps(self.stream.packs_per_epoch)
        self.digest = run_digest(plan, data)

    def run(self, progress: Progress | None = None) -> FitResult:
        """Train to the end and return the result. Writes a checkpoint and held-out perplexities at the end at least.

        Raises `NotFiniteError` where a loss, a gradient or a weight is no number any more: the last good checkpoint
        stays as it is.
        """
        progress = progress or Silent()
        step, perplexity = self._resume(), dict[str, float]()
        last = checkpoints(self.folder)[-1] if step else self.folder
        progress.start("fit", {f"step {number}": 1.0 for number in range(step + 1, self.num_steps + 1)})
        while step < self.num_steps:
            self._step(step)
            step += 1
            progress.done(f"step {step}", [])
            if _due(step, self.plan.evaluate_every, self.num_steps):
                perplexity = self.evaluate(step)
            if _due(step, self.plan.save_every, self.num_steps):
                last = self._save(step)
        return FitResult(last, step, perplexity or self.evaluate(step))

    def evaluate(self, step: int) -> dict[str, float]:
        """Return and write the perplexity of the held-out documents, each process its share of the packs."""
        self.packed.eval()
        packs = list(self._held_out())
        tallies = measure_perplexity(self.packed, packs, self.processes.device, self.data.first_audio)
        found = {f"{name or 'all'}/{modality}": tally.perplexity for (name, modality), tally in sorted(tallies.items())}
        if self.processes.first:
            for name, value in found.items():
                self.writer.add_scalar(f"perplexity/{name}", value, step)
            if self.on_evaluation is not None:
                self.on_evaluation(self.model, step)
            self.writer.flush()
        return found

    def _step(self, step: int) -> None:
        started = time.perf_counter()
        torch.manual_seed(hash((self.plan.seed, step, self.processes.rank)) % 2**63)
        self.packed.train()
        packs = [self.stream[step * self.plan.packs_per_step + index] for index in range(self.plan.packs_per_step)]
        nll = rows = torch.zeros((), device=self.processes.device)
        weight = self._total_weight(packs)
        for pack in packs[self.processes.rank :: self.processes.count]:
            batch = self._hide(self._batch(pack))
            losses = self.packed(batch)
            (losses.total / weight).backward()
            nll, rows = nll + losses.nll.sum(), rows + len(batch.rows)
        norm = self._norm()
        total = self.processes.sum(torch.stack((nll, rows)))
        self._check(step + 1, {"The loss": total[0], "The gradient": norm})
        self._update(step, norm)
        if self.processes.first:
            useful = sum(pack.useful for pack in packs)
            self._write(step, total[0] / total[1], norm, useful / (time.perf_counter() - started))

    def _norm(self) -> Tensor:
        """Sum the gradients over the processes; return their norm."""
        if not self.sharded:
            self.processes.sum_gradients(list(self.parameters.values()))
        norm = torch.nn.utils.get_total_norm(self._gradients(), foreach=True)
        return norm.full_tensor() if hasattr(norm, "full_tensor") else norm

    def _gradients(self) -> list[Tensor]:
        return [value.grad for value in self.parameters.values() if value.grad is not None]

    def _check(self, step: int, figures: Mapping[str, Tensor]) -> None:
        """Raise `NotFiniteError` before the weights are touched, in all processes alike."""
        for what, value in figures.items():
            if not bool(torch.isfinite(value)):
                raise NotFiniteError(what, step, next(reversed(checkpoints(self.folder)), None))

    def _update(self, step: int, norm: Tensor) -> None:
        """Clip, step, clear. norm: of the gradient, before clipping."""
        scale = (self.plan.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate_at(step, self.num_steps)
        scaled_step(self.optimizer, self._gradients(), scale)
        self.optimizer.zero_grad(set_to_none=True)

    def _loss_now(self, step: int) -> Tensor:
        """Return the loss of a pack that was just learned: weights may be numbers, and too large to reckon with."""
        self.packed.eval()
        with torch.no_grad():
            return self.packed(self._batch(self.stream[(step - 1) * self.plan.packs_per_step])).total

    def _batch(self, pack: Pack) -> Batch:
        plan, data = self.plan, self.data
        return Batch.of(pack, self.processes.device, data.first_audio, plan.text_weight, plan.audio_weight)

    def _hide(self, batch: Batch) -> Batch:
        """Return `batch` with a share of its audio tokens unseen: the id before the first audio stands in for them."""
        if not self.plan.audio_hidden:
            return batch
        hidden = torch.rand(batch.ids.shape, device=batch.ids.device) < self.plan.audio_hidden
        hidden &= batch.ids >= self.data.first_audio
        return replace(batch, ids=batch.ids.masked_fill(hidden, self.data.first_audio - 1))

    def _total_weight(self, packs: Sequence[Pack]) -> float:
        """Return the summed weights of all labelled rows of a step, over all processes: every token counts the same."""
        labelled = sum(int((pack.targets >= 0).sum()) for pack in packs)
        audio = sum(int(((pack.targets >= 0) & (pack.ids >= self.data.first_audio)).sum()) for pack in packs)
        text = labelled - audio
        weight = max(1e-9, text * self.plan.text_weight + audio * self.plan.audio_weight)
        return weight / self.processes.count if self.sharded else weight  # sharded gradients are means, not sums

    def _held_out(self) -> Iterator[Pack]:
        documents = self.data.held_out
        for chosen in plan_packs([len(document) for document in documents], self.plan.capacity, self.plan.seed):
            yield build_pack([documents[index] for index in chosen], self.plan.capacity, self.data.pad)

    def _write(self, step: int, nll: Tensor, norm: Tensor, speed: float) -> None:
        self.writer.add_scalar("train/nll", float(nll), step + 1)
        self.writer.add_scalar("train/gradient_norm", float(norm), step + 1)
        self.writer.add_scalar("train/learning_rate", self.plan.learning_rate_at(step, self.num_steps), step + 1)
        self.writer.add_scalar("train/tokens_per_second", speed, step + 1)
        log.info("step %d of %d: nll %.4f, %.0f tokens/s", step + 1, self.num_steps, float(nll), speed)

    def _resume(self) -> int:
        found = checkpoints(self.folder)
        step = 0
        if found:
            step = load_checkpoint(found[-1], self.model, self.optimizer, self.digest, self.processes)
        if self.processes.first:  # only now: a run that is refused changes nothing
            clear_unfinished(self.folder)
        return step

    def _save(self, step: int) -> Path:
        """Write a checkpoint. Raises `NotFiniteError` where its weights give no numbers: the last good one stays."""
        dead = torch.tensor(0.0 if all_finite(self.parameters.values()) else torch.nan, device=self.processes.device)
        self._check(step, {"A weight": self.processes.sum(dead), "The loss": self.processes.sum(self._loss_now(step))})
        state = RunState(step=step, digest=self.digest, processes=self.processes.count)
        if self.processes.first:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "plan.json").write_bytes(msgspec.json.format(msgspec.json.encode(self.plan)))
        return save_checkpoint(self.folder, state, self.model, self.optimizer, self.processes, self.plan.keep)


def run_digest(plan: FitPlan, data: FitData) -> str:
    """Return a hash of what must not change between the parts of a run."""
    return hashlib.sha256(f"{plan.digest()}{data.digest()}".encode()).hexdigest()


def _due(step: int, every: int, last: int) -> bool:
    return step == last or (every > 0 and step % every == 0)
