"""What the result of a stage depends on: the outputs it reads, the files from outside, and their digest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.errors import InputError, StageError
from audiorole.pipeline.digest import stage_digest
from audiorole.pipeline.plan import SOURCES, StagePlan
from audiorole.pipeline.stage import Stage
from audiorole.pipeline.store import FileStamp, stamp


def digest_of(plan: StagePlan, stage: Stage, shards: Sequence[str]) -> tuple[str, dict[str, FileStamp]]:
    """Return the digest of `stage` over `shards`, and the stamps of the files from outside behind it."""
    inputs: dict[str, str] = {}
    for shard in shards:
        inputs.update(_inputs(plan, stage, shard))
    files = _stamps(plan, stage, shards)
    inputs.update({f"file:{name}": known.sha256 for name, known in files.items()})
    return stage_digest(stage, inputs, plan.fingerprint), files


def _inputs(plan: StagePlan, stage: Stage, shard: str) -> Iterator[tuple[str, str]]:
    before = plan.before(stage)
    if before.path.name == SOURCES:
        yield shard, before.records(shard).read_text(encoding="utf-8")
        return
    marker = before.read_marker(shard)
    if marker is None:
        raise StageError(f"{shard} has no marker in {before.path.name}; run that stage first.")
    yield shard, marker.outputs[f"{shard}.jsonl"]
    for need in stage.needs:
        needed = plan.folder(need).read_marker(shard)
        for name, value in (needed.outputs if needed else {}).items():
            if not name.startswith("dropped/"):
                yield f"{need}:{name}", value


BESIDE_INPUTS, BESIDE_HOME = "in:", "out:"
"""How the names of files from outside begin: relative to the media folder, or to the output folder."""


def outside_name(plan: StagePlan, path: Path) -> str:
    """Return what a file from outside is called in digests and markers: nothing of it says where the folders lie.

    A file below the output folder is named from there, any other from the media folder, with `..` where it must be.
    """
    below_inputs, below_home = path.is_relative_to(plan.inputs), path.is_relative_to(plan.home)
    if below_home and not (below_inputs and plan.inputs.is_relative_to(plan.home)):
        return BESIDE_HOME + path.relative_to(plan.home).as_posix()
    if below_inputs:
        return BESIDE_INPUTS + path.relative_to(plan.inputs).as_posix()
    return BESIDE_INPUTS + Path(os.path.relpath(path, plan.inputs)).as_posix()


def outside_path(plan: StagePlan, name: str) -> Path:
    """Return the file that `outside_name` gave this name; earlier versions named it by its whole path."""
    for beginning, folder in ((BESIDE_INPUTS, plan.inputs), (BESIDE_HOME, plan.home)):
        if name.startswith(beginning):
            return folder / name.removeprefix(beginning)
    return Path(name)


def untouched(plan: StagePlan, stage: Stage, shards: Sequence[str]) -> bool:
    """Return whether the files from outside have the sizes and times at which the stage took their stamps."""
    for shard in shards:
        known = getattr(plan.folder(stage.name).read_marker(shard), "files", {})
        for path in _external(plan, stage, shard):
            if not _is_as_stamped(path, known.get(outside_name(plan, path))):
                return False
    return True


def _is_as_stamped(path: Path, known: FileStamp | None) -> bool:
    try:
        stat = path.stat()
    except OSError:  # gone since it was listed
        return False
    return known is not None and (stat.st_size, stat.st_mtime_ns) == (known.size, known.mtime_ns)


def _external(plan: StagePlan, stage: Stage, shard: str) -> list[Path]:
    """Return the files from outside that are there; a pipe or a device is not."""
    if type(stage).external is Stage.external:
        return []
    return [path for path in stage.external(plan.source(shard), plan.inputs, plan.home) if not not_regular(path)]


def _stamps(plan: StagePlan, stage: Stage, shards: Sequence[str]) -> dict[str, FileStamp]:
    folder = plan.folder(stage.name)
    stamps: dict[str, FileStamp] = {}
    for shard in shards:
        known = getattr(folder.read_marker(shard), "files", {})
        for path in _external(plan, stage, shard):
            name = outside_name(plan, path)
            if name not in stamps:
                stamps[name] = _stamp(path, known.get(name))
    return stamps


def _stamp(path: Path, known: FileStamp | None) -> FileStamp:
    """Return the stamp of a file. Raises InputError where it cannot be read: a bad disk, a file that went away."""
    try:
        return stamp(path, known)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
