"""Where a run keeps what: rows, replies, timings, and whose they are."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.records import Row, Timing
from audiorole.evaluation.suite import Suite
from audiorole.pipeline.store import hash_file, read_records, write_atomic
from audiorole.types import Record

logger = logging.getLogger(__name__)


def lines_of(records: Iterable[object]) -> bytes:
    """Return records as JSON lines."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def read_rows(out: Path, name: str) -> Iterator[Row]:
    """Yield every finished row of a system, in order."""
    for path in sorted((system_folder(out, name) / "rows").glob("*.jsonl")):
        yield from read_records(path, Row)


def read_timings(out: Path, name: str) -> Iterator[Timing]:
    """Yield the timings of a system's replies."""
    for path in sorted((system_folder(out, name) / "timing").glob("*.jsonl")):
        yield from read_records(path, Timing)


def system_folder(out: Path, name: str) -> Path:
    """Return where a system's rows and replies lie."""
    return out / "systems" / name


def shard_path(folder: Path, at: int) -> Path:
    """Return the file of shard number `at`."""
    return folder / "rows" / f"{at:05d}.jsonl"


def seal_path(folder: Path, at: int) -> Path:
    """Return the file that vouches for the rows of shard number `at`."""
    return folder / "rows" / f"{at:05d}.sha256"


def write_rows(folder: Path, at: int, rows: Iterable[Row]) -> None:
    """Write what vouches for the rows of shard number `at`, and then the rows: whoever finds rows finds both."""
    data = lines_of(rows)
    write_atomic(seal_path(folder, at), hashlib.sha256(data).hexdigest().encode())
    write_atomic(shard_path(folder, at), data)


def is_finished(folder: Path, at: int) -> bool:
    """Return whether shard number `at` is scored, and its rows are as they were written.

    Rows of earlier versions have nothing that vouches for them; they are taken as they are.
    """
    rows, seal = shard_path(folder, at), seal_path(folder, at)
    if not rows.is_file():
        return False
    if not seal.is_file() or seal.read_bytes() == hash_file(rows).encode():
        return True
    logger.warning("%s is damaged: its rows are made again.", rows)
    return False


def claim(out: Path, evaluation: Evaluation) -> None:
    """Write what `out` holds into `run.json`, or check that it is the same. Raises ConfigError where it is not."""
    facts = {
        "signature": evaluation.signature,
        "suite": msgspec.to_builtins(evaluation.suite),
        "limits": msgspec.to_builtins(evaluation.calibration.limits),
        "metrics": list(evaluation.metrics),
        "roles": list(evaluation.items.roles),
        "audiorole": version("audiorole"),
    }
    data = msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n"
    path = out / "run.json"
    if path.is_file() and path.read_bytes() != data:
        raise ConfigError(f"{out} holds an evaluation under another suite, dataset or version: choose another --out.")
    write_atomic(path, data)


class SystemClaim(Record, frozen=True):
    """`systems/NAME/system.json`: whose replies lie in the folder. content: a fingerprint of a folder's files."""

    reference: str
    content: str = ""


def claim_system(out: Path, entrant: Entrant) -> None:
    """Write whose replies `out` keeps under the entrant's name, or check that they are the same system's.

    Raises ConfigError where they are not: kept replies of one system must not stand under another one's name.
    """
    path = system_folder(out, entrant.name) / "system.json"
    claim = SystemClaim(entrant.reference, entrant.content)
    if path.is_file() and (known := read_claim(path)) != claim:
        changed = "other files" if known.reference == claim.reference else repr(known.reference)
        raise ConfigError(
            f"{out} holds replies of {changed} under {entrant.name!r}: "
            f"--again {entrant.name} forgets them and asks anew, or give the system another label."
        )
    write_atomic(path, msgspec.json.encode(claim) + b"\n")


def read_claim(path: Path) -> SystemClaim:
    """Return whose replies lie beside `path`. Raises InputError where the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SystemClaim)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        way = f"--again {path.parent.name} asks the system anew"
        raise InputError(str(path), f"does not say whose replies lie beside it ({error}): {way}") from error


def read_suite(out: Path) -> Suite:
    """Return the suite that `out` was made with. Raises InputError where it holds no evaluation."""
    try:
        facts = msgspec.json.decode((out / "run.json").read_bytes())
        return msgspec.convert(facts["suite"], Suite)
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        raise InputError(str(out), f"holds no evaluation ({error})") from error
