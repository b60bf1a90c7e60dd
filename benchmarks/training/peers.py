"""TRL's SFTTrainer over the same documents: packed rows of 8,192 tokens, or padded batches of as many tokens.

Both run with what TRL offers without a flash-attention wheel: sdpa attention, its own fused language-model head, bf16,
float32 adapters (PEFT's default) and no recomputation where memory allows it.
"""

from __future__ import annotations

import time

import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, TrainerCallback

from audiorole.training.tokens.packing import Document


class StepTimes(TrainerCallback):
    """Seconds of each optimizer step, device synchronised."""

    def __init__(self) -> None:
        self.marks: list[float] = []

    def on_step_begin(self, args, state, control, **kwargs) -> None:
        """Mark the first step's beginning."""
        if not self.marks:
            self._mark()

    def on_step_end(self, args, state, control, **kwargs) -> None:
        """Mark each step's end."""
        self._mark()

    def _mark(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.marks.append(time.perf_counter())


def measure_trl(arguments, documents: list[Document], run: str) -> dict:
    """Return the figures of one TRL run, LoRA r32: `trl-packed[:recompute]` or `trl-padded[:ROWS]`."""
    from trl import SFTConfig, SFTTrainer

    from benchmarks.training.speed import CAPACITY, PEAK_FLOPS, TARGETS, random_glm

    kind, _, detail = run.partition(":")
    packed = kind == "trl-packed"
    mean = sum(map(len, documents)) / len(documents)
    batch = 1 if packed else int(detail or round(CAPACITY / mean))
    data = Dataset.from_list([{"input_ids": d.ids.tolist(), "labels": d.labels.tolist()} for d in documents])
    config = SFTConfig(
        output_dir="out/trl",
        max_steps=arguments.steps,
        per_device_train_batch_size=batch,
        packing=packed,
        max_length=CAPACITY,
        gradient_checkpointing=detail == "recompute",
        bf16=arguments.device == "cuda",
        use_cpu=arguments.device == "cpu",
        learning_rate=1e-5,
        optim="adamw_torch_fused" if arguments.device == "cuda" else "adamw_torch",
        logging_steps=1000,
        save_strategy="no",
        report_to=[],
        dataset_num_proc=None,
        seed=0,
    )
    times, useful, lengths = StepTimes(), [], []
    trainer = SFTTrainer(
        model=random_glm(arguments.size, arguments.device),
        args=config,
        train_dataset=data,
        processing_class=_tokenizer(),
        peft_config=LoraConfig(r=32, lora_alpha=64, target_modules=TARGETS),
        callbacks=[times],
    )
    _count_tokens(trainer, packed, useful, lengths)
    if arguments.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trainer.train()
    seconds = [after - before for before, after in zip(times.marks, times.marks[1:], strict=False)]
    seconds = seconds[arguments.warm_up :]
    # the data loader reads one batch ahead, so tokens are counted by their mean, not by step
    tokens, total = sum(useful) / len(useful) * len(seconds), sum(seconds)
    base = trainer.model.get_base_model()
    counted = 4 * tokens * sum(p.numel() for n, p in base.named_parameters() if "lora" not in n and "embed" not in n)
    return {
        "tokens_per_second": round(tokens / total, 1),
        "mfu": round(counted / total / PEAK_FLOPS, 4),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if arguments.device == "cuda" else None,
        "median_step_ms": round(1e3 * sorted(seconds)[len(seconds) // 2], 1),
        "steps": len(seconds),
        "rows": batch,
        "useful_share": round(sum(useful) / sum(lengths), 4),
        "last_loss": trainer.state.log_history[-1].get("train_loss"),
    }


def _count_tokens(trainer, packed: bool, useful: list[int], lengths: list[int]) -> None:
    collate = trainer.data_collator

    def counting(features):
        batch = collate(features)
        lengths.append(batch["input_ids"].numel())
        useful.append(batch["input_ids"].numel() if packed else int(batch["attention_mask"].sum()))
        return batch

    trainer.data_collator = counting


def _tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<eos>")
