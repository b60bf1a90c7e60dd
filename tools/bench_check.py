"""Compare new records of benchmarks with those that the repository keeps: a ratio that fell too far is a failure.

    python -m tools.bench_check NEW.json … [--records benchmarks/records] [--fall 0.15]

Ratios are of two things in one run, so that another machine may run it. Exit code 1 where one fell by more than
`--fall` or is missing, 2 where there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDS = Path(__file__).parents[1] / "benchmarks" / "records"


@dataclass(frozen=True)
class Compared:
    """One ratio. now: None where the new record lacks it."""

    name: str
    before: float
    now: float | None

    @property
    def change(self) -> float:
        """How much it grew, as a share: -0.2 is a fifth less."""
        return -1.0 if self.now is None or self.before <= 0 else self.now / self.before - 1

    def line(self, fall: float) -> str:
        """Return the row of the table."""
        now = "missing" if self.now is None else f"{self.now:.2f}"
        return (
            f"  {self.name:<48} {self.before:8.2f} {now:>8} {self.change:+7.0%} {'FELL' if self.change < -fall else ''}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", nargs="+", type=Path)
    parser.add_argument("--records", type=Path, default=RECORDS)
    parser.add_argument("--fall", type=float, default=0.15)
    arguments = parser.parse_args()
    kept = {record["benchmark"]: record for path in sorted(arguments.records.glob("*.json")) if (record := read(path))}
    sys.exit(max(check(path, kept, arguments.fall) for path in arguments.new))


def check(path: Path, kept: Mapping[str, dict[str, Any]], fall: float) -> int:
    """Print how the record in `path` compares with the one of its benchmark; return the exit code."""
    new = read(path)
    if new["benchmark"] not in kept:
        print(f"{path}: there is no record of {new['benchmark']!r} to compare with")
        return 2
    old = kept[new["benchmark"]]
    found = compared(old["ratios"], new["ratios"])
    print(f"{new['benchmark']}: {old['commit']} on {old['given']}, now {new['commit']} on {new['given']}")
    for one in found:
        print(one.line(fall))
    return int(any(one.change < -fall for one in found))


def compared(before: Mapping[str, float], now: Mapping[str, float]) -> list[Compared]:
    """Return the ratios of `before` beside those of `now`, whose groups (what stands before a colon) were measured.

    A run may leave groups out, but not single ratios of a group that it measured.
    """
    measured = {name.partition(":")[0] for name in now}
    return [
        Compared(name, value, now.get(name)) for name, value in before.items() if name.partition(":")[0] in measured
    ]


def read(path: Path) -> dict[str, Any]:
    """Return the record in `path`."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


if __name__ == "__main__":
    main()
