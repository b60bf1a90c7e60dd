"""Useful tokens per second, MFU and peak memory of training GLM-4-Voice's 9.54 B network, random weights.

    python -m benchmarks.training.speed --annotations FOLDER [--size full|tiny] [--out result.json] RUN...

Runs: gradients, lora, qlora, full, trl-packed, trl-padded; lora:8 recomputes eight layers. All see the same documents
(the lengths of the annotated episodes in FOLDER) at 8,192 tokens a step.

The rule for MFU: (useful tokens × c × 8.85e9 + attention) / seconds / 790 TFLOP/s, where useful tokens are those that
are no padding, c is 4 for LoRA (the base's weights get no gradient) and 6 for full fine-tuning, 8.85e9 are the
parameters without the embedding, attention is 3 × its causal forward pass over each document, and 790 TFLOP/s is a
large bf16 product on an H200. Recomputation counts for nothing. `mfu_head` counts the head for labelled rows only, as
it is run.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import GlmConfig, GlmForCausalLM

from audiorole.training.fit.optimizer import SplitAdamW
from audiorole.training.fit.packed_glm import Batch, PackedGlm
from audiorole.training.fit.parameters import quantize_blocks
from audiorole.training.tokens.packing import Document, Pack, build_pack, plan_packs
from benchmarks.training.documents import annotated_documents

FULL = {"vocab_size": 168_960, "hidden_size": 4096, "intermediate_size": 13_696, "num_hidden_layers": 40}
TINY = {"vocab_size": 1024, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
HEADS = {"full": (32, 2, 128), "tiny": (4, 2, 16)}
PEAK_FLOPS = 790e12
CAPACITY = 8192
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj"]


def random_glm(size: str, device: str, attention: str = "sdpa", layers: int | None = None, dtype=torch.bfloat16):
    """Return a `GlmForCausalLM` of GLM-4-Voice's shape with random weights, made on the device."""
    heads, kv_heads, head = HEADS[size]
    config = GlmConfig(
        **(FULL if size == "full" else TINY) | ({"num_hidden_layers": layers} if layers else {}),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head,
        rms_norm_eps=3.90625e-08,
        max_position_embeddings=8192,
        pad_token_id=0,
        attn_implementation=attention,
    )
    torch.manual_seed(0)
    with torch.device("meta"):
        model = GlmForCausalLM(config).to(dtype)
    model = model.to_empty(device=device)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.02) if parameter.ndim > 1 else torch.nn.init.ones_(parameter)
    model.model.rotary_emb.inv_freq = type(model.model.rotary_emb)(config).inv_freq.to(device)
    return model


def adapt(model, rank: int = 32):
    """Return `model` in PEFT with LoRA on every linear layer of the blocks; adapters are float32, PEFT's default."""
    return get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=TARGETS))


def flops(packs: list[Pack], model, factor: int, head_rows: float | None = None) -> float:
    """Return the floating-point operations that the rule above counts for `packs`."""
    config = model.config
    head = config.vocab_size * config.hidden_size
    query, kv = (count * config.head_dim for count in (config.num_attention_heads, config.num_key_value_heads))
    layer = config.hidden_size * (2 * query + 2 * kv + 3 * config.intermediate_size)
    body = head + config.num_hidden_layers * layer
    useful = sum(pack.useful for pack in packs)
    width = config.num_attention_heads * config.head_dim
    lengths = [int(n) for pack in packs for n in (pack.bounds[1:] - pack.bounds[:-1])[: len(pack.characters)]]
    attention = 3 * 2 * width * config.num_hidden_layers * sum(n * n for n in lengths)
    dense = useful * (body - head) + (useful if head_rows is None else head_rows) * head
    return factor * dense + attention


def timed_steps(step: Callable[[Pack], None], packs: list[Pack], warm_up: int, cuda: bool) -> list[float]:
    """Return the seconds of each step after the warm-up, from one device synchronisation to the next."""
    seconds = []
    for index, pack in enumerate(packs):
        start = time.perf_counter()
        step(pack)
        if cuda:
            torch.cuda.synchronize()
        if index >= warm_up:
            seconds.append(time.perf_counter() - start)
    return seconds


def measure_fit(arguments, packs: list[Pack], mode: str, recomputed: int) -> dict:
    """Time audiorole's training step: `lora`, `qlora` or `full`, with `recomputed` layers computed twice."""
    model = random_glm(arguments.size, arguments.device)
    factor = 6
    lora = mode != "full"
    if mode == "qlora":
        quantize_blocks(model, arguments.device)
    if lora:
        model, factor = adapt(model), 4
    base = model.get_base_model() if lora else model
    packed = PackedGlm(base, recomputed).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True) if lora else SplitAdamW(trained, lr=1e-6)
    losses: list[float] = []

    def step(pack: Pack) -> None:
        batch = Batch.of(pack, arguments.device)
        result = packed(batch)
        (result.total / len(batch.rows)).backward()
        norm = torch.nn.utils.get_total_norm([p.grad for p in trained if p.grad is not None], foreach=True)
        scale = (1.0 / (norm + 1e-6)).clamp(max=1.0)
        if lora:
            torch._foreach_mul_([p.grad for p in trained], scale)
            optimizer.step()
        else:
            optimizer.step(grad_scale=scale)
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(result.nll.mean()))

    result = summarise(arguments, step, packs, base, factor)
    if arguments.profile:
        profile(step, packs[0])
    return result | {"recomputed": recomputed, "first_loss": losses[0], "last_loss": losses[-1]}


def summarise(arguments, step: Callable[[Pack], None], packs: list[Pack], model, factor: int) -> dict:
    """Run `step` over `packs` and return the figures."""
    cuda = arguments.device == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds = timed_steps(step, packs, arguments.warm_up, cuda)
    measured = packs[arguments.warm_up :]
    rows = sum(int((pack.targets >= 0).sum()) for pack in measured)
    total = sum(seconds)
    return {
        "tokens_per_second": round(sum(pack.useful for pack in measured) / total, 1),
        "mfu": round(flops(measured, model, factor) / total / PEAK_FLOPS, 4),
        "mfu_head": round(flops(measured, model, factor, rows) / total / PEAK_FLOPS, 4),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else None,
        "median_step_ms": round(1e3 * statistics.median(seconds), 1),
        "slowest_step_ms": round(1e3 * max(seconds), 1),
        "steps": len(seconds),
    }


def profile(step: Callable[[Pack], None], pack: Pack) -> None:
    """Print where one step's device time goes."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as trace:
        step(pack)
        torch.cuda.synchronize()
    events = sorted(trace.key_averages(), key=lambda event: -event.self_device_time_total)
    for event in events[:32]:
        print(f"{event.self_device_time_total / 1e3:9.2f} ms {event.count:6d}  {event.key[:110]}", flush=True)


def measure_ceiling(device: str) -> dict:
    """Return what one large bf16 product reaches on this card, on random data."""
    a, b = (torch.randn(8192, 8192, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(5):
        a @ b
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(20):
        a @ b
    end.record()
    torch.cuda.synchronize()
    return {"gemm_tflops": round(20 * 2 * 8192**3 / start.elapsed_time(end) / 1e9, 1)}


def main() -> None:
    """Run what was asked for, print one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--size", choices=["full", "tiny"], default="full")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=4)
    parser.add_argument("--recomputed", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    results = {"torch": torch.__version__, "device": arguments.device}
    if arguments.device == "cuda":
        results |= {"card": torch.cuda.get_device_name()} | measure_ceiling(arguments.device)
    print(json.dumps(results), flush=True)
    documents = annotated_documents(arguments.annotations, (FULL if arguments.size == "full" else TINY)["vocab_size"])
    for run in arguments.runs:
        try:
            results[run] = _measure(run, arguments, documents)
        except torch.OutOfMemoryError as error:
            results[run] = {"out_of_memory": str(error)[:200]}
        print(json.dumps({run: results[run]}), flush=True)
        if arguments.out:
            arguments.out.write_text(json.dumps(results, indent=1) + "\n")
        gc.collect()
        torch.cuda.empty_cache()


def _measure(run: str, arguments, documents: list[Document]) -> dict:
    if run == "gradients":
        from benchmarks.training.gradients import compare_gradients

        return compare_gradients(arguments, documents)
    if run.startswith("trl-"):
        from benchmarks.training.peers import measure_trl

        return measure_trl(arguments, documents, run)
    mode, _, recomputed = run.partition(":")
    plan = plan_packs([len(document) for document in documents], CAPACITY)[: arguments.steps]
    packs = [build_pack([documents[index] for index in chosen], CAPACITY, pad=0) for chosen in plan]
    return measure_fit(arguments, packs, mode, int(recomputed or arguments.recomputed))


if __name__ == "__main__":
    main()
