"""The log of decisions of an output folder: locked, written in one piece, on the disk before it is answered for.

An append that fails leaves the file as long as it was; what a power cut tore is cut off by the next append.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from audiorole.core.disk import read_regular, sync_folder, write_atomic
from audiorole.dataset.input.cast import name_fault
from audiorole.errors import InputError, UserError
from audiorole.naming.answers.decisions import Decision, encode_log
from audiorole.naming.answers.log import Conflict, DecisionLog, after, conflicts, merged, read_rows

LOG = "decisions.jsonl"
"""In the output folder: one decision a line, appended, never edited."""

LOCK = ".decisions.lock"

REVIEWER = "AUDIOROLE_REVIEWER"
"""The environment variable that names who decides; without it, the user of this machine."""


LONGEST_REVIEWER = 60


def decisions_file(home: Path) -> Path:
    """Return the log of decisions of an output folder."""
    return home / LOG


def reviewer(given: str = "") -> str:
    """Return who decides here: who is `given`, or who is set, or the user; "" where nothing says it.

    Raises UserError for a name that cannot be read on a screen.
    """
    named = given.strip() or os.environ.get(REVIEWER, "").strip() or _user()
    if named and (fault := "is too long" if len(named) > LONGEST_REVIEWER else name_fault(named)):
        raise UserError(f"The reviewer's name {named[:LONGEST_REVIEWER]!r} {fault}; choose another (--as NAME).")
    return named


def _user() -> str:
    try:
        return getpass.getuser()[:LONGEST_REVIEWER]
    except (OSError, KeyError, ImportError):  # a user number without a name, in a container
        return ""


def now() -> str:
    """Return the moment of a decision, to the microsecond: two in one second are two decisions."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def read_log(home: Path) -> list[Decision]:
    """Return all decisions of an output folder, in order. Raises InputError where a whole line is damaged."""
    return read_decisions(decisions_file(home)).decisions


def read_decisions(path: Path) -> DecisionLog:
    """Return the decisions of a log, with a note per torn line. Raises InputError where a whole line is damaged."""
    if not path.exists() and not path.is_symlink():
        return DecisionLog([], [])
    return read_rows(read_regular(path), str(path))


def append_decision(home: Path, decision: Decision) -> tuple[Decision, list[str]]:
    """Append a decision to the log of an output folder, for good; return it, and a note per torn line that was cut.

    Where the clock stands before the last decision of the log, the new one is dated behind that.

    Raises UserError where the log is damaged or the disk takes nothing; then the log is as it was.
    """
    path = decisions_file(home)
    try:
        with _locked(home):
            log = read_decisions(path)
            decision = after(decision, log.decisions[-1] if log.decisions else None)
            if log.notes:
                write_atomic(path, encode_log([*log.decisions, decision]))
            else:
                _append(path, encode_log([decision]))
    except OSError as error:
        raise UserError(f"{path}: the answer could not be written down ({error.strerror}); nothing changed.") from error
    return decision, log.notes


def merge_log(home: Path, other: Path) -> tuple[int, list[Conflict], list[str]]:
    """Take the decisions of `other`, a log or an output folder, into that of `home`.

    Returns how many are new, the questions that the two answer differently, and notes on torn lines. Raises InputError.
    """
    other = decisions_file(other) if other.is_dir() else other
    if not other.exists():
        raise InputError(str(other), "there is no such log of decisions")
    with _locked(home):
        ours, theirs = read_decisions(decisions_file(home)), read_decisions(other)
        together = merged(ours.decisions, theirs.decisions)
        if together != ours.decisions or ours.notes:
            write_atomic(decisions_file(home), encode_log(together))
    clashes = conflicts(together, _alone(ours, theirs), _alone(theirs, ours))
    return len(together) - len({d.id for d in ours.decisions}), clashes, [*ours.notes, *theirs.notes]


def _alone(log: DecisionLog, other: DecisionLog) -> Iterable[Decision]:
    known = {decision.id for decision in other.decisions}
    return [decision for decision in log.decisions if decision.id not in known]


def _append(path: Path, data: bytes) -> None:
    """Write `data` behind the file's last line, or leave the file as it was."""
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data
        try:
            _write_once(descriptor, data)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(descriptor, size)
                os.fsync(descriptor)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync_folder(path.parent)


def _write_once(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    if written != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a short write to a file: the disk ran full
    os.fsync(descriptor)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold the log: two people may decide at once."""
    try:
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise InputError(str(home / LOCK), f"cannot be opened ({error.strerror}); it must be a plain file") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
