"""What verification costs: `audiorole check` on a made-up build of many episodes, and looking at markers on a rebuild.

    python -m benchmarks.robustness.check --folder /tmp/check [--episodes 1000]

The build has the stages of a real one with a few lines an episode: what counts here is the number of files. The rebuild
is of the toy line of the tests, all of it cached, with verification and without, in turn; CPU seconds, the median.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from audiorole.core.out_folder import claim
from audiorole.core.progress import Silent
from audiorole.dataset.result.check import check
from audiorole.dataset.result.folder import publish_files
from audiorole.dataset.stages import STAGES
from audiorole.pipeline.run import run_plan
from audiorole.pipeline.store import Marker, StageFolder
from audiorole.pipeline.writer import ShardWriter
from audiorole.runners.local import InProcess
from audiorole.types import Dropped, Source
from tests.pipeline import toy

ARRAYS = {"listen": 3, "embed": 4, "enhance": 3, "faces": 7, "name": 4}
"""Stage → how many arrays it saves an episode."""


def main() -> None:
    """Make the build and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    os.fsync = lambda descriptor: None
    make(chosen.folder / "out", chosen.episodes)
    for full in (False, True):
        wall, cpu = time.perf_counter(), time.process_time()
        found = check(chosen.folder / "out", full)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        how = "full" if full else "quick"
        print(f"check --{how}: {found.files:,} files, {len(found.problems)} problems, ", end="")
        print(f"{wall:.1f} s ({cpu:.1f} s CPU), peak {peak:.0f} MB")
    rebuild(chosen.folder / "toy", chosen.episodes, chosen.rounds)


def make(out: Path, episodes: int) -> None:
    """Write a build of `episodes` episodes, every stage with records, dropped records and arrays."""
    claim(out)
    published = {}
    for number, name in enumerate(STAGES, start=1):
        folder = StageFolder(out / "run" / f"{number:02d}-{name}")
        for episode in range(episodes):
            shard = f"show/s01e{episode:04d}"
            writer = ShardWriter(folder, shard)
            records = [Source(f"{shard}/u{line:05d}", "media.mkv") for line in range(20)]
            list(writer.write([*records, Dropped(f"{shard}/u99999", "reason")]))
            for array in range(ARRAYS.get(name, 0)):
                writer.save(f"array{array}", np.zeros(64, np.float32))
            marker = writer.commit(Marker("digest", 0, 0, {}, {}))
            published[f"train/{shard.replace('/', '-')}.parquet"] = (
                folder.records(shard),
                marker.outputs[f"{shard}.jsonl"],
            )
    publish_files(out, published, {"README.md": b"A data set."})


def rebuild(root: Path, episodes: int, rounds: int) -> None:
    """Time a rebuild of which all is cached, with the outputs looked at and without."""
    sources = toy.media(root, **{f"e{number}": str(number) for number in range(episodes)})
    run = lambda: run_plan(toy.line(root), sources, InProcess(), Silent())  # noqa: E731
    run()
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        seconds["with"].append(_cpu(run))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StageFolder, "damaged", _nothing)
            patch.setattr(Marker, "sealed", lambda marker: marker)
            seconds["without"].append(_cpu(run))
    with_, without = (statistics.median(seconds[kind]) for kind in ("with", "without"))
    print(f"rebuild of {episodes} cached episodes: {with_:.2f} s CPU, {without:.2f} s without verification ", end="")
    print(f"(+{with_ / without - 1:.1%})")


def _nothing(folder: StageFolder, marker: Marker, full: bool = False) -> Iterator[str]:
    """Look at whether the files are there, as was done before."""
    yield from (name for name in marker.outputs if not (folder.path / name).exists())


def _cpu(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


if __name__ == "__main__":
    main()
