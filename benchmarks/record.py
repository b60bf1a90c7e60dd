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
EXPORTED = Path(__file__).parent / "commit.txt"
"""In a tree that `git archive` wrote, its commit (`.gitattributes`); in a checkout, what stands for it."""


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
    found = {"cpu": model or platform.processor(), "cores": os.cpu_count(), "python": platform.python_version()}
    return found | ({"gpu": name} if (name := gpu()) else {})


def gpu() -> str:
    """Return the name of the first NVIDIA GPU, "" where there is none."""
    ask = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.partition("\n")[0].strip()
    except OSError:
        return ""


def commit() -> str:
    """Return the commit that is checked out, with a plus behind it where files were changed.

    Outside a checkout, the one that `git archive` took the tree from; "" where nothing says.
    """
    said = _git("rev-parse", "--short", "HEAD")
    if not said:
        return exported(EXPORTED.read_text(encoding="utf-8")) if EXPORTED.is_file() else ""
    root = Path(__file__).parents[1]
    return said + ("+" if _git("status", "--porcelain", str(root / "src"), str(root / "benchmarks")) else "")


def exported(text: str) -> str:
    """Return the commit in the text of `EXPORTED`, "" where nothing was put in its place.

    >>> exported("1a2b3c4"), exported("$Format:%h$")
    ('1a2b3c4', '')
    """
    return "" if "$" in text else text.strip()


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip() if done.returncode == 0 else ""
