"""A thousand-hour series on one machine: real lines repeated under new names go through every series-level stage.

    python -m benchmarks.speed.scale --run OUT/run --out J.json [--lines 10000 100000 1000000] [--work DIR]

OUT/run is a finished build of real episodes. Their records and arrays are repeated episode by episode (no audio: it
would not fit) until the series has the wanted number of lines; then dedup, name, converse and curate run over all of it
as in any build, each stage in a process of its own. Prints per stage CPU seconds and seconds inside the worker (its
start, two seconds of imports, is left out), peak memory, the exponent of growth of CPU time from size to size (1 is
linear), and how much memory grows.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import msgspec

from audiorole.dataset.stages.series.converse import Converse
from audiorole.dataset.stages.series.curate import Curate
from audiorole.dataset.stages.series.dedup import Dedup
from audiorole.dataset.stages.series.name import Name
from audiorole.dataset.stages.signals.embed import Embed
from audiorole.dataset.stages.signals.faces import ReadFaces
from audiorole.dataset.stages.signals.listen import Listen
from audiorole.dataset.stages.signals.probe import Probe
from audiorole.models import fingerprint
from audiorole.pipeline.plan import SOURCES, StagePlan
from audiorole.pipeline.store import Marker, StageFolder, read_records, write_atomic
from audiorole.pipeline.work import EpisodeTask, SeriesTask, run_task
from audiorole.pipeline.writer import ShardWriter
from audiorole.runners.local import ProcessPool
from audiorole.types import Episode, Source, Utterance, encode
from benchmarks.record import write_record

GIVEN = {"probe": (), "listen": ("level", "speech", "fingerprint"), "embed": ("voices", "lines")}
RUN = ("dedup", "name", "converse", "curate")
EMBED_INPUT = "quality"  # the last episode stage before the series-level ones: its records hold every field


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
        show(lines, results[lines])
    show_growth(results)
    figures = {"title": "`benchmarks/speed/scale.py --run OUT/run`, one process a stage", "rows": rows(results)}
    write_record(arguments.out, "scale", f"{max(results):,} lines at most, repeated from {arguments.run}", {}, figures)


def rows(results: dict[int, dict[str, Any]]) -> dict[str, str]:
    """Return one row for each stage and size."""
    return {
        f"{name}, {found['lines']:,} lines ({found['hours']:,.0f} h)": (
            f"{stage['cpu_seconds']:.0f} s CPU, {stage['cpu_seconds'] / found['lines'] * 1e6:.0f} µs a line, "
            f"{stage['peak_gb']:.2f} GB"
        )
        for found in results.values()
        for name, stage in found["stages"].items()
    }


def one_size(run: Path, work: Path, lines: int) -> dict[str, Any]:
    """Return hours, lines, and seconds and peak bytes per stage."""
    stages = (Probe(), Listen(), Embed(), ReadFaces(), Dedup(), Name(), Converse(), Curate(keep_duplicates=True))
    line = StagePlan(stages, work / "run", work, fingerprint)
    shards, made, hours = make_series(run, line, lines)
    return {"lines": made, "hours": hours, "stages": {name: one_stage(line, name, shards) for name in RUN}}


def one_stage(line: StagePlan, name: str, shards: list[str]) -> dict[str, float]:
    series = [SeriesTask(line, "show", tuple(shards), name)]
    tasks = [EpisodeTask(line, shard, (name,)) for shard in shards] if name == "converse" else series
    reports = list(ProcessPool(1).map(run_task, tasks))
    failed = [stage.failure for report in reports for stage in report.stages if stage.failure]
    if failed:
        raise SystemExit(f"{name} failed: {failed[0]}")
    seconds = {kind: sum(getattr(s, kind) for r in reports for s in r.stages) for kind in ("seconds", "cpu_seconds")}
    return seconds | {"peak_gb": max(r.peak_bytes for r in reports) / 1e9}


def make_series(run: Path, line: StagePlan, lines: int) -> tuple[list[str], int, float]:
    """Repeat the real episodes under new names until there are `lines` lines; return (shards, lines, hours)."""
    probe = folder_of(run, "probe")
    templates = [str(p.relative_to(probe.path).with_suffix("")) for p in sorted(probe.path.glob("*/*.jsonl"))]
    shards, made, seconds = [], 0, 0.0
    for number, template in enumerate(cycle(templates)):
        if made >= lines:
            return shards, made, seconds / 3600
        shard = f"show/e{number:06d}"
        (episode,) = read_records(probe.records(template), Episode)
        write_atomic(
            StageFolder(line.root / SOURCES).records(shard), bytes(encode(Source(shard, episode.media))) + b"\n"
        )
        records = list(read_records(folder_of(run, EMBED_INPUT).records(template), Utterance))
        for stage in GIVEN:
            whole = [msgspec.structs.replace(episode, id=shard, series="show")]
            repeat(run, line, stage, template, shard, renamed(records, shard) if stage == "embed" else whole)
        run_task(EpisodeTask(line, shard, ("faces",)))  # off: its arrays are empty
        shards.append(shard)
        made, seconds = made + len(records), seconds + episode.duration
    raise AssertionError("a cycle has no end")


def folder_of(run: Path, stage: str) -> StageFolder:
    return StageFolder(next(run.glob(f"*-{stage}")))


def renamed(records: list[Utterance], shard: str) -> list[Utterance]:
    return [msgspec.structs.replace(line, id=f"{shard}/{line.id.rpartition('/')[2]}") for line in records]


def repeat(run: Path, line: StagePlan, stage: str, template: str, shard: str, records: list[Any]) -> None:
    writer = ShardWriter(line.folder(stage), shard)
    for _ in writer.write(records):
        pass
    for name in GIVEN[stage]:
        source = folder_of(run, stage).array(template, name)
        writer.attach(f"{name}.npy", lambda path, source=source: shutil.copyfile(source, path))
    writer.commit(Marker(digest="repeated", kept=0, created=0, dropped={}, outputs={}))


def show(lines: int, result: dict[str, Any]) -> None:
    print(f"\n== {result['lines']:,} lines, {result['hours']:,.0f} h")
    for name, stage in result["stages"].items():
        each = stage["cpu_seconds"] / result["lines"] * 1e6
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
