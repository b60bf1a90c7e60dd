"""Write the part on speed of docs/figures.md from the records of benchmarks: no figure in it is typed by hand.

    python -m tools.speed_figures [--check]

The part stands between two marks. `--check` writes nothing and fails where the page is not what the records say.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE, RECORDS = ROOT / "docs" / "figures.md", ROOT / "benchmarks" / "records"
BEGIN, END = "<!-- speed: written by tools/speed_figures.py -->", "<!-- end of speed -->"
Figures = Mapping[str, Any]

MODES = {
    "led": "led by subtitles, no recognition",
    "moonshine": "every line checked by Moonshine",
    "whisper": "every line checked by Whisper base",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    new = with_part(page, part(RECORDS))
    if arguments.check:
        sys.exit(
            0 if new == page else "docs/figures.md is not what the records say; run: python -m tools.speed_figures"
        )
    PAGE.write_text(new, encoding="utf-8")


def with_part(page: str, text: str) -> str:
    """Return `page` with `text` between the marks."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        sys.exit(f"docs/figures.md lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n{mark}{after}"


def part(records: Path) -> str:
    """Return the tables of all records that are known here."""
    tables = []
    for path in sorted(records.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["benchmark"] in TABLES:
            tables.append("\n".join([*TABLES[record["benchmark"]](record["figures"]), "", told(record), ""]))
    return "\n".join(tables)


def told(record: Figures) -> str:
    """Return where and on what a table was measured."""
    machine = record["machine"]
    gpu = f" and {machine['gpu']}" if machine.get("gpu") else ""
    return f"On {record['given']}; {machine['cores']} cores of {machine['cpu']}{gpu}, commit {record['commit']}."


def heading(*cells: str) -> str:
    """Return the first two rows of a table."""
    return f"| {' | '.join(cells)} |\n{'|---' * len(cells)}|"


def floor_table(figures: Figures) -> Iterator[str]:
    """Yield the rows of `benchmarks/speed/floor.py`."""
    what = "`benchmarks/speed/floor.py --data FOLDER`, one worker, CPU time"
    yield heading(
        what, "episode a CPU second", "script / build", "script on our sessions / build", "floor / build", "peak"
    )
    for mode, words in MODES.items():
        if mode in figures:
            found = figures[mode]
            low = sum(found["floor"].values())
            own = f"{found['own'] / found['cpu']:.2f}" if "own" in found else ""
            yield (
                f"| {words} | {found['seconds'] / found['cpu']:.0f} s | {found['script'] / found['cpu']:.2f} | "
                f"{own} | {low / found['cpu']:.0%} | {found['peak_gb']:.2f} GB |"
            )
    led = figures.get("led", {})
    if led:
        alone = ", ".join(f"{name} {value / led['cpu']:.0%}" for name, value in led["floor"].items())
        stages = sorted(led["stages"].items(), key=lambda item: -item[1])
        yield ""
        yield f"Of a build that is led by subtitles, decoding and the models alone would take: {alone}. By stage: "
        yield (
            ", ".join(f"{name} {value / led['cpu']:.0%}" for name, value in stages if value > 0.005 * led["cpu"]) + "."
        )


def gpu_table(figures: Figures) -> Iterator[str]:
    """Yield the rows of `benchmarks/speed/gpu.py`."""
    what = "`benchmarks/speed/gpu.py --data FOLDER --copies N`, whole builds"
    yield heading(what, "hours", "real time", "GPU busy", "CPU seconds", "peak a worker")
    for name, found in figures.items():
        if "x_wall" in found:
            yield (
                f"| {name} | {found['hours']:.1f} | {found['x_wall']:.0f} x | "
                f"{found['gpu_busy_percent']['mean']:.0f} % | {found['cpu_seconds']:.0f} | {found['peak_gb']:.2f} GB |"
            )
    for name, found in figures.items():
        if "x_wall" in found:
            yield ""
            yield f"Where the processor's time goes, {name}: {by_stage(found)}."


def by_stage(found: Figures) -> str:
    """Return the stages' shares of the CPU time, largest first, those of a hundredth and more."""
    seconds = {name: stage["cpu_seconds"] for name, stage in found["stages"].items()}
    shares = {name: value / sum(seconds.values()) for name, value in seconds.items()}
    return ", ".join(
        f"{name} {share:.0%}" for name, share in sorted(shares.items(), key=lambda x: -x[1]) if share >= 0.01
    )


def scale_table(figures: Figures) -> Iterator[str]:
    """Yield a row for each stage of `benchmarks/speed/scale.py`, and how its CPU time and memory grew."""
    sizes: Figures = figures["sizes"]
    counts = [int(size.partition(" ")[0].replace(",", "")) for size in sizes]
    yield heading(figures["title"], *sizes, *(["growth of CPU time"] if len(sizes) > 1 else []))
    for name in next(iter(sizes.values())):
        found = [stages[name] for stages in sizes.values()]
        cells = [
            f"{one['cpu_seconds'] / count * 1e6:,.0f} µs a line, {one['peak_gb']:.2f} GB"
            for one, count in zip(found, counts, strict=True)
        ]
        powers = [
            f"{math.log(more['cpu_seconds'] / less['cpu_seconds']) / math.log(after / before):.2f}"
            for (less, more), (before, after) in zip(pairwise(found), pairwise(counts), strict=True)
        ]
        yield f"| {' | '.join([name, *cells, *([', '.join(powers)] if powers else [])])} |"
    yield ""
    yield "CPU time on one core, the most memory of the process. Growth is the exponent from size to size: 1 is linear."


def plain_table(figures: Figures) -> Iterator[str]:
    """Yield name and value of each figure."""
    yield heading(figures["title"], "")
    yield from (f"| {name} | {value} |" for name, value in figures["rows"].items())


TABLES: dict[str, Callable[[Figures], Iterator[str]]] = {
    "floor": floor_table,
    "gpu": gpu_table,
    "scale": scale_table,
    "thousand": plain_table,
    "workers": plain_table,
    "replies": plain_table,
}
"""Benchmark → what writes its table."""


if __name__ == "__main__":
    main()
