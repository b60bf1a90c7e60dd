"""Folders as people have them, after public reports: what is made of each, against what is right.

    python benchmarks/field_cases.py --data DIR [--only 00 10 …] [--units] [--least N] [--keep DIR] [--out J.json]

DIR holds a folder a case: `in/` is the input, `case.toml` says how it is tried: `build` is the command that a user
gives, `unit: scan` and the like are the functions that the command calls. A build is compared with the lines of the
control case (`00-baseline`, whose subtitle is exact); a unit with what `case.toml` expects, written as data in
`field_units.py`. The exit code is 1 where fewer than N cases (all but one) are right. --units leaves builds out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from field_builds import BUILDS, Build, Named, Verdict, read_control
from field_units import UNITS

CONTROL = "00-baseline"


@dataclass(frozen=True)
class Case:
    """One folder. how: `build` or the unit; expected: what is right, in words."""

    name: str
    folder: Path
    title: str
    how: str
    expected: str

    @property
    def inputs(self) -> Path:
        """The input folder."""
        return self.folder / "in"


def main() -> None:
    """Try the cases, print a row for each and a count."""
    arguments = _arguments()
    cases = [case for case in read_cases(arguments.data) if _wanted(case, arguments.only, arguments.units)]
    if not cases:
        sys.exit(f"{arguments.data} holds no such case")
    least = max(1, len(cases) - 1) if arguments.least is None else arguments.least
    verdicts = {}
    for case in cases:
        verdicts[case.name] = tried(case, arguments.data, arguments.keep)
        _show(case, verdicts[case.name])
    right = sum(verdict.right for verdict in verdicts.values())
    wrong = ", ".join(name for name, verdict in verdicts.items() if not verdict.right)
    print(f"{right} of {len(cases)} cases right (at least {least} wanted); wrong: {wrong or 'none'}")
    if arguments.out:
        found = {name: asdict(verdict) for name, verdict in verdicts.items()}
        arguments.out.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    sys.exit(0 if right >= least else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=[], help="beginnings of names")
    parser.add_argument("--units", action="store_true", help="no builds: a second instead of minutes")
    parser.add_argument("--least", type=int, help="fewest right cases")
    parser.add_argument("--keep", type=Path, help="where the builds stay, to look at")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def read_cases(data: Path) -> list[Case]:
    """Return the cases of a folder by name."""
    cases = []
    for path in sorted(data.glob("*/case.toml")):
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        cases.append(Case(path.parent.name, path.parent, told["title"], told["how"], told["expected"]))
    return cases


def _wanted(case: Case, only: list[str], units: bool) -> bool:
    named = not only or any(case.name.startswith(start) for start in only)
    return named and not (units and case.how == "build")


def tried(case: Case, data: Path, keep: Path | None = None) -> Verdict:
    """Return the verdict on one case; an error of the product is a wrong case, not the end of the run."""
    if case.how != "build":
        try:
            return UNITS[case.name](case.inputs)
        except Exception as error:  # whatever went wrong: it is what came of the case
            return Verdict(False, f"{type(error).__name__}: {error}")
    check = BUILDS.get(case.name, Named())
    with tempfile.TemporaryDirectory() as folder:
        built = _built(case, (keep or Path(folder)) / case.name)
        return check.judged(built, read_control(data / CONTROL / "in"))


def _built(case: Case, out: Path) -> Build:
    """Give the command that a user gives, in a process of its own."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "audiorole", "build", str(case.inputs), "--out", str(out), "--workers", "1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return Build(out, done.returncode, done.stdout, done.stderr)


def _show(case: Case, verdict: Verdict) -> None:
    print(f"{'right' if verdict.right else 'WRONG'}  {case.name}  ({case.how}): {case.title}")
    print(f"       expected: {case.expected}")
    print(f"       got:      {verdict.got}", flush=True)


if __name__ == "__main__":
    main()
