"""How much more a local Ray cluster does with more workers, and whether the bytes stay the same.

    python -m benchmarks.speed.workers --data FOLDER --out W.json [--workers 1 2 4] [--runner ray]
        [--set stage.field=value …] [--copies 2]

The same build, into a folder of its own, with each number of workers; speed-up is against the first of them. Starting
the cluster is counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import audiorole
from benchmarks.record import write_record
from benchmarks.robustness.kill_resume import differences, taken_away
from benchmarks.robustness.same_bytes import intermediate
from benchmarks.series_truth import link_series, read_truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--runner", default="ray")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(arguments, Path(folder))
    ratios = {f"{arguments.runner}: {name}": value for name, value in figures.pop("ratios").items()}
    write_record(arguments.out, "workers", figures.pop("given"), ratios, figures)


def measured(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    for copy in range(arguments.copies):
        link_series(truth, work / "media" / f"show{copy}")
    settings = arguments.settings or ["validate.scorer=", "validate.transcriber="]
    walls: dict[int, float] = {}
    expected: dict[str, str] = {}
    rows: dict[str, str] = {}
    for count in arguments.workers:
        out = work / f"out{count}"
        begun = time.perf_counter()
        result = audiorole.build(work / "media", out, settings=settings, runner=arguments.runner, workers=count)
        walls[count] = time.perf_counter() - begun
        found = taken_away(out) | intermediate(out)
        expected = expected or found
        seconds, changed = result.summary.hours * 3600, len(differences(expected, found))
        faster = walls[arguments.workers[0]] / walls[count]
        inside = (sum(spent.values()) for spent in (result.run.seconds, result.run.cpu_seconds))
        rows[f"{count} workers"] = (
            f"{walls[count]:.1f} s, {seconds / walls[count]:.0f} x real time, {faster:.2f} times as fast; "
            f"{next(inside):.1f} s in workers, {next(inside):.1f} s of CPU; "
            f"{changed} of {len(found)} files differ; {result.run.peak_bytes / 1e9:.2f} GB a worker"
        )
        print(f"{count} workers: {rows[f'{count} workers']}", flush=True)
        _end(arguments.runner)
    first = walls[arguments.workers[0]]
    return {
        "title": f"`benchmarks/speed/workers.py --data FOLDER`, runner `{arguments.runner}`, led by subtitles",
        "given": f"{seconds / 3600:.2f} h of {arguments.data.name}", "rows": rows,
        "ratios": {f"{count} workers against one": first / walls[count] for count in arguments.workers[1:]},
    }  # fmt: skip


def _end(runner: str) -> None:
    if runner == "ray":
        import ray

        ray.shutdown()


if __name__ == "__main__":
    main()
