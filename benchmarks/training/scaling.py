"""Scaling of training over the GPUs of one machine: useful tokens per second on one GPU and on all.

    python -m benchmarks.training.scaling --annotations FOLDER [--methods lora full] [--gpus 1 2]

Each GPU gets one pack of 8,192 tokens a step (weak scaling). LoRA copies the base and sums the adapters' gradients;
full fine-tuning shards everything with FSDP2. Efficiency is tokens per second per GPU over that of one GPU, measured in
the same call; sharding on one GPU does not exist, so full fine-tuning's reference is the unsharded step of one GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch


def worker(arguments) -> None:
    """Train a few steps in one process of a group and write the figures."""
    from audiorole.training.fit.loop import FitData, FitRun
    from audiorole.training.fit.plan import FitPlan
    from audiorole.training.fit.processes import Processes
    from benchmarks.training.documents import annotated_documents
    from benchmarks.training.speed import CAPACITY, FULL, TINY, random_glm

    processes = Processes(arguments.device)
    documents = annotated_documents(arguments.annotations, (FULL if arguments.size == "full" else TINY)["vocab_size"])
    plan = FitPlan(
        method=arguments.method,
        steps=arguments.steps,
        capacity=CAPACITY if arguments.size == "full" else 1200,
        packs_per_step=processes.count,
        recomputed=arguments.recomputed if arguments.method == "full" else 0,
        learning_rate=1e-6,
    )
    first_audio = 152_353 * (1 if arguments.size == "full" else 0)
    data = FitData(documents, documents[:1], 0, first_audio)
    model = random_glm(arguments.size, str(processes.device))
    run = FitRun(model, data, plan, Path(tempfile.mkdtemp()), _Nowhere(), processes)
    seconds = []
    for step in range(plan.steps):
        started = time.perf_counter()
        run._step(step)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    kept = seconds[arguments.warm_up :]
    first = arguments.warm_up * processes.count
    useful = sum(run.stream[number].useful for number in range(first, plan.steps * processes.count))
    if processes.first:
        peak = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0
        figures = {
            "gpus": processes.count,
            "tokens_per_second": round(useful / sum(kept), 1),
            "peak_gib": round(peak, 1),
        }
        print("FIGURES " + json.dumps({"method": plan.method, **figures}), flush=True)
    processes.wait()


class _Nowhere:
    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Nothing to do."""


def main() -> None:
    """Start one group of processes for each method and number of GPUs, print the efficiency."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", default=["lora", "full"])
    parser.add_argument("--gpus", type=int, nargs="+", default=[1, max(1, torch.cuda.device_count())])
    parser.add_argument("--size", choices=["full", "tiny"], default="full")
    parser.add_argument("--device", choices=["cpu"], default=None)
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--warm-up", type=int, default=4)
    parser.add_argument("--recomputed", type=int, default=0)
    parser.add_argument("--method", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.method:
        worker(arguments)
        return
    for method in arguments.methods:
        alone = 0.0
        for count in arguments.gpus:
            found = _launch(method, count)
            alone = alone or found.get("tokens_per_second", 0.0) / found.get("gpus", 1)
            if alone and "tokens_per_second" in found:
                found["efficiency"] = round(found["tokens_per_second"] / found["gpus"] / alone, 3)
            print(json.dumps(found), flush=True)


def _launch(method: str, count: int) -> dict:
    group = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--nproc-per-node", str(count)]
    command = [*group, "--master-port", "29511", "-m", "benchmarks.training.scaling", *sys.argv[1:], "--method", method]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "4"}, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FIGURES ")]
    if not lines:
        return {"method": method, "gpus": count, "failed": done.stderr[-1500:]}
    return json.loads(lines[0].removeprefix("FIGURES "))


if __name__ == "__main__":
    main()
