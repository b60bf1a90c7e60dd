"""A thousand-hour series on one machine: real lines repeated under new names go through every series-level stage.

    python -m benchmarks.speed.scale --run OUT/run --out J.json [--lines 10000 100000 1000000] [--work DIR]

OUT/run is a finished build of real episodes. Their records and arrays are repeated episode by episode (no audio: it
would not fit) until the series has the wanted number of lines. All that a build does from `dedup` on then runs over
it, a process for each leg as in a build: the stages, where `publish` writes the same half second of silence for every
line, and what is summed up at the end (`result`: summary, card, the folder `dataset`, the report). Prints per stage CPU
seconds and seconds inside the worker (its start, two seconds of imports, is left out), peak memory, the exponent of
growth of CPU time from size to size (1 is linear), and how much memory grows.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from audiorole.dataset.build import BUILT, Built
from audiorole.dataset.input.scan import Scan
from audiorole.dataset.result.assemble import assemble
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.run import resolved
from audiorole.pipeline.store import write_atomic
from audiorole.pipeline.work import EpisodeTask, SeriesTask, StageReport, TaskReport, run_task
from audiorole.report.dataset import write_report
from audiorole.runners.local import ProcessPool
from audiorole.types import Source
from benchmarks.record import write_record
from benchmarks.speed.repeated import SERIES, make_series, repeated_plan

RESULT = "result"
LEGS = (("dedup",), ("name",), ("converse", "correct"), ("curate",), ("publish",), (RESULT,))
"""What runs in one process, as in a build; series-level stages see all episodes, the others one after another."""

BY_EPISODE = {"converse", "publish"}
RUN = [name for leg in LEGS for name in leg]
Tasks = Sequence[EpisodeTask | SeriesTask]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lines", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--work", type=Path)
    arguments = parser.parse_args()
    results: dict[int, dict[str, Any]] = {}
    for lines in arguments.lines:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            results[lines] = one_size(arguments.run.resolve(), Path(folder), lines)
        keep(arguments.out, results)
    show_growth(results)


def keep(out: Path, results: dict[int, dict[str, Any]]) -> None:
    """Write what is known so far: a million lines take long."""
    title = "`benchmarks/speed/scale.py --run OUT/run`, one core, a process a stage"
    sizes = {f"{found['lines']:,} lines ({found['hours']:,.0f} h)": found["stages"] for found in results.values()}
    write_record(out, "scale", "records of a finished build, repeated", {}, {"title": title, "sizes": sizes})


def one_size(run: Path, work: Path, lines: int) -> dict[str, Any]:
    """Return hours, lines, and seconds and peak bytes per stage."""
    plan = repeated_plan(work)
    sources, made, hours = make_series(run, plan, lines)
    print(f"\n== {made:,} lines, {hours:,.0f} h", flush=True)
    stages: dict[str, dict[str, float]] = {}
    for leg in LEGS:
        found = one_leg(plan, leg, [source.id for source in sources])
        show(made, found)
        stages |= found
    return {"lines": made, "hours": hours, "stages": stages}


def one_leg(plan: StagePlan, leg: tuple[str, ...], shards: list[str]) -> dict[str, dict[str, float]]:
    """Run one leg in a process of its own; return seconds and peak gigabytes by stage."""
    series = [SeriesTask(plan, SERIES, tuple(shards), leg[0])]
    tasks: Tasks = [EpisodeTask(plan, shard, leg) for shard in shards] if leg[0] in BY_EPISODE else series
    reports = list(ProcessPool(1).map(result_of if leg[0] == RESULT else run_task, tasks))
    parts = [stage for report in reports for stage in report.stages]
    if failed := [stage.failure for stage in parts if stage.failure]:
        raise SystemExit(f"{leg[0]} failed: {failed[0]}")
    peak = max(report.peak_bytes for report in reports) / 1e9
    return {name: spent([part for part in parts if part.stage == name]) | {"peak_gb": peak} for name in leg}


def spent(parts: Sequence[StageReport]) -> dict[str, float]:
    return {kind: sum(getattr(part, kind) for part in parts) for kind in ("seconds", "cpu_seconds")}


def result_of(task: EpisodeTask | SeriesTask) -> TaskReport:
    """Sum a finished run up as a build does: summary, card, the folder `dataset`, the report."""
    assert isinstance(task, SeriesTask)
    wall, cpu, plan = time.perf_counter(), time.process_time(), task.plan
    sources = tuple(plan.source(shard) for shard in task.shards)
    assemble(plan, Scan(plan.inputs, tuple(one for one in sources if isinstance(one, Source)), ()), plan.home)
    write_atomic(plan.home / "recipe.json", resolved(plan))
    built = Built(str(plan.inputs), tuple(stage.name for stage in plan.stages))
    write_atomic(plan.root / BUILT, msgspec.json.encode(built))
    write_report(plan.home)
    spent = StageReport(RESULT, SERIES, False, time.perf_counter() - wall, time.process_time() - cpu)
    return TaskReport(SERIES, (spent,), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def show(lines: int, stages: dict[str, dict[str, float]]) -> None:
    for name, stage in stages.items():
        each = stage["cpu_seconds"] / lines * 1e6
        print(
            f"  {name:<9} {stage['cpu_seconds']:8.1f} s CPU {stage['seconds']:8.1f} s  {each:7.1f} µs CPU a line"
            f"  {stage['peak_gb']:.2f} GB",
            flush=True,
        )


def show_growth(results: dict[int, dict[str, Any]]) -> None:
    print("\n== growth: exponent of CPU time (1 is linear), gigabytes per million lines more")
    for small, large in pairwise(results.values()):
        ratio = math.log(large["lines"] / small["lines"])
        grown = []
        for name in RUN:
            less, more = small["stages"][name], large["stages"][name]
            exponent = math.log(more["cpu_seconds"] / less["cpu_seconds"]) / ratio
            memory = (more["peak_gb"] - less["peak_gb"]) / (large["lines"] - small["lines"]) * 1e6
            grown.append(f"{name} {exponent:.2f}, {memory:.2f} GB")
        print(f"  {small['lines']:,} → {large['lines']:,}: {'; '.join(grown)}")


if __name__ == "__main__":
    main()
