"""Ten thousand rows: does memory stay flat? `python benchmarks/evaluation_memory.py [--rows 10000]`.

Rows as a run writes them, eighteen metrics each, are written to shards and added up; peak resident memory is
printed at each tenth.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from audiorole.core.store import write_atomic
from audiorole.evaluation.metrics import METRICS
from audiorole.evaluation.metrics.base import MeanMetric, Score
from audiorole.evaluation.run.files import lines_of, read_rows, shard_path, system_folder
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.run.totals import Totals

SHARD = 48


def main() -> None:
    """Write, read, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    count = parser.parse_args().rows
    metrics = {}
    for name in METRICS.names():
        kind = METRICS.load(name)
        if issubclass(kind, MeanMetric):
            metrics[name] = kind(SimpleNamespace(), SimpleNamespace(primary="x"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        _write(out, count, list(metrics))
        base, started = _peak(), time.monotonic()
        totals = Totals(metrics)
        for number, row in enumerate(read_rows(out, "big"), start=1):
            totals.add([row])
            if number % (count // 10) == 0:
                print(
                    f"{number:>7} rows  +{_peak() - base:6.1f} MiB  {number / (time.monotonic() - started):8.0f} rows/s"
                )
        print(f"ap_norm {totals.result('ap_norm').value}")


def _write(out: Path, count: int, names: list[str]) -> None:
    rng = np.random.default_rng(0)
    for at in range(0, count, SHARD):
        rows = [_row(number, names, rng) for number in range(at, min(count, at + SHARD))]
        write_atomic(shard_path(system_folder(out, "big"), at // SHARD), lines_of(rows))


def _row(number: int, names: list[str], rng: np.random.Generator) -> Row:
    scores = {name: Score(value=round(float(rng.random()), 6)) for name in names}
    item = f"show/s01e{number % 12:02d}/u{number // 3:05d}"
    return Row(
        item, number % 3, f"c{number % 6}", item.rpartition("/")[0], "ok", heard="some words " * 8, scores=scores
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
