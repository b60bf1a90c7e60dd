"""What a training run learns from and how, written down before it begins: another run is refused before it changes
anything in the folder.

    out/fit/claim.json
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from audiorole.core.disk import TEMPORARY, write_atomic
from audiorole.errors import ConfigError
from audiorole.training.dialogues.examples import Example
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes
from audiorole.types.record import Record, encode


class RunClaim(Record, frozen=True):
    """What must not change between the parts of a run. plan, examples: SHA-256, as hex."""

    plan: str
    examples: str
    processes: int


def claim_run(out: Path, plan: FitPlan, examples: Sequence[Example], processes: Processes) -> None:
    """Write down what the run in `out` is made of; where it has a checkpoint, check that it is the same.

    Raises `ConfigError`, with nothing written, where it is not.
    """
    path, folder = out / "fit" / "claim.json", out / "fit"
    claim = RunClaim(plan.digest(), _digest(examples), processes.count)
    begun = checkpoints(folder)
    known = _read(path) if begun else None
    if known is not None and (changed := _changed(known, claim)):
        raise ConfigError(f"{begun[-1]} was made with {changed}: start a new folder, or restore what it was made with.")
    processes.wait()
    if processes.first:
        _clean_interrupted(out)
    if processes.first and known is None:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(path, msgspec.json.encode(claim) + b"\n")


def _clean_interrupted(out: Path) -> None:
    """Remove what a killed run left half-written; nobody else's files are called so."""
    for folder in (out / "fit", out / "tokens"):
        for path in folder.glob(f"*.[0-9]*{TEMPORARY}"):
            path.unlink()


def _changed(known: RunClaim, claim: RunClaim) -> str:
    """Return what differs, in words; "" for nothing."""
    names = {"plan": "another plan", "examples": "other data", "processes": f"{known.processes} processes"}
    return " and ".join(said for name, said in names.items() if getattr(known, name) != getattr(claim, name))


def _digest(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(bytes(encode(example)) + b"\n")
    return digest.hexdigest()


def _read(path: Path) -> RunClaim | None:
    """Return what was claimed; None for a run of an earlier version, whose checkpoint tells, but later."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunClaim)
    except (OSError, msgspec.DecodeError):
        return None
