"""What benchmarks leave behind: one JSON file a benchmark, with the machine, the commit and the ratios it found.

Ratios compare two things of one run, so they hold on other machines; seconds do not. `tools/figures.py` writes the part
on speed of docs/figures.md from the records, and `tools/bench_check.py` compares a new run with them.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).parent / "records"


def write_record(path: Path, benchmark: str, given: str, ratios: dict[str, float], figures: dict[str, Any]) -> None:
    """Write a record. given: what it was run on; ratios: larger is better, each; figures: whatever else is told."""
    record = {
        "benchmark": benchmark,
        "given": given,
        "machine": machine(),
        "commit": commit(),
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "figures": figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what tells one machine from another, without its name."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {"cpu": model or platform.processor(), "cores": os.cpu_count(), "python": platform.python_version()}


def commit() -> str:
    """Return the commit that is checked out, with a plus behind it where files were changed; "" outside a checkout."""
    said = _git("rev-parse", "--short", "HEAD")
    return said + ("+" if said and _git("status", "--porcelain", "src", "benchmarks") else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip() if done.returncode == 0 else ""
