"""Whether an output folder holds what was written into it; what is damaged counts as not finished from then on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from audiorole.core.disk import read_sealed
from audiorole.core.out_folder import held, is_ours
from audiorole.dataset.names.decision_file import decisions_file, read_decisions
from audiorole.dataset.result.folder import DATASET, doubt, intact, read_published
from audiorole.dataset.result.summary import read_summary
from audiorole.errors import InputError
from audiorole.pipeline.store import StageFolder


@dataclass
class CheckResult:
    """What a check found. files, size: how many files of how many bytes were looked at; problems: a sentence each."""

    files: int = 0
    size: int = 0
    problems: list[str] = field(default_factory=list)

    def saw(self, path: Path, problem: str = "") -> None:
        """Count one file in, with what is wrong with it."""
        self.files += 1
        self.size += path.lstat().st_size if path.exists() else 0
        if problem:
            self.problems.append(f"{path}: {problem}")


def check(out: Path, full: bool = True) -> CheckResult:
    """Compare every stored file with what vouches for it: by its hash, or by size and time alone where not `full`.

    A damaged result loses its marker, so that the next build computes it again. Raises InputError where `out` is no
    output folder.
    """
    if not is_ours(out):
        raise InputError(str(out), "is no output folder of audiorole")
    found = CheckResult()
    with held(out):
        for folder in sorted((out / "run").glob("[0-9][0-9]-*")):
            for shard, stage in _finished(folder):
                _check_shard(stage, shard, full, found)
        _check_dataset(out, full, found)
        _check_notes(out, found)
    return found


def _finished(folder: Path) -> Iterator[tuple[str, StageFolder]]:
    """Yield (shard, folder) of every result of a stage, earlier ones included."""
    for home in (folder, *sorted((folder / "kept").glob("*/*/*"))):
        done = home / "done"
        for path in sorted(done.rglob("*.json")):
            yield str(path.relative_to(done).with_suffix("")), StageFolder(home)


def _check_shard(stage: StageFolder, shard: str, full: bool, found: CheckResult) -> None:
    marker = stage.read_marker(shard)
    if marker is None:
        found.saw(stage.marker(shard), "the marker is damaged")
        stage.marker(shard).unlink(missing_ok=True)
        return
    found.saw(stage.marker(shard))
    damaged = set(stage.damaged(marker, full))
    for name in marker.outputs:
        found.saw(stage.path / name, "is not what was written" if name in damaged else "")
    if damaged:
        stage.marker(shard).unlink()


def _check_dataset(out: Path, full: bool, found: CheckResult) -> None:
    damaged = []
    for name, stamp in read_published(out).files.items():
        whole = intact(out / DATASET / name, stamp, full)
        found.saw(out / DATASET / name, "" if whole else "is not what was published")
        damaged += [] if whole else [name]
    if damaged:
        doubt(out, damaged)


def _check_notes(out: Path, found: CheckResult) -> None:
    log = decisions_file(out)
    try:
        notes = read_decisions(log).notes
        if log.exists():
            found.saw(log, notes[0] if notes else "")
    except InputError as error:
        found.saw(log, f"line {error.line}: {error.problem}")
    for path in sorted((out / "cache").rglob("*.f32")):
        found.saw(path, "" if read_sealed(path) else "is damaged; it is computed again when it is needed")
    if (out / "summary.json").exists():
        found.saw(out / "summary.json", _summary_problem(out / "summary.json"))


def _summary_problem(path: Path) -> str:
    try:
        read_summary(path.read_bytes())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "cannot be read"
    return ""
