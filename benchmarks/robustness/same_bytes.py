"""The same build in one process, in a pool of processes and through Ray: the same bytes.

    python -m benchmarks.robustness.same_bytes [--data FOLDER …] [--workers 2]
        [--set stage.field=value …] [--out J.json]

Compared are `dataset/`, `summary.json`, `report.html`, and every record, drop, array and table of the run folder; only
the markers are left out, because they hold times. Ray is a local cluster.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from audiorole.core.config import with_settings
from audiorole.dataset.build import BuildOptions, build
from audiorole.pipeline.run import Runner
from audiorole.report.dataset import write_report
from audiorole.runners.local import InProcess, ProcessPool
from audiorole.runners.ray import RayRunner
from benchmarks.robustness.kill_resume import SERIES, differences, taken_away


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", default=[SERIES])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    figures = {str(data.name): compared(data, arguments) for data in arguments.data}
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    sys.exit(0 if all(not figure["different"] for figure in figures.values()) else 1)


def compared(data: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Build `data` on every runner and compare all with the first."""
    runners: dict[str, Runner] = {
        "in-process": InProcess(),
        "pool": ProcessPool(arguments.workers),
        "ray": RayRunner(arguments.workers),
    }
    figures: dict[str, Any] = {"seconds": {}, "different": []}
    with tempfile.TemporaryDirectory() as folder:
        expected: dict[str, str] = {}
        for name, runner in runners.items():
            begun = time.perf_counter()
            options = BuildOptions(data, Path(folder) / name, with_settings({}, arguments.settings))
            result = build(options, runner)
            write_report(options.out)
            figures["seconds"][name] = round(time.perf_counter() - begun, 1)
            found = taken_away(options.out) | intermediate(options.out)
            expected = expected or found
            figures["different"] += [f"{name}: {path}" for path in differences(expected, found)]
            figures |= {"files": len(found), "lines": result.num_lines, "exit_code": result.exit_code}
            print(f"{data.name} on {name}: {figures['seconds'][name]} s, {result.num_lines} lines", flush=True)
    return figures


def intermediate(out: Path) -> dict[str, str]:
    """Return name → SHA-256 of what the stages wrote."""
    files = [path for path in (out / "run").rglob("*") if path.is_file() and "done" not in path.parts]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


if __name__ == "__main__":
    main()
