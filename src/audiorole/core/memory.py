"""Whether an error came of too little memory; libraries do not all say so in the same words, or at all."""

from __future__ import annotations

import errno
import re
import resource
from collections.abc import Iterator
from pathlib import Path

_WORDS = re.compile(r"bad_?alloc|cannot allocate memory|out of memory|failed to allocate|unable to allocate", re.I)

NEARLY = 0.9
"""Share of a limit beyond which an error of any kind is put down to it: libraries lose the cause on the way."""


def out_of_memory(error: BaseException) -> str:
    """Return the sentence for an error that came of too little memory, "" for any other."""
    limit = _limit()
    reached = bool(limit) and _peak_address_space() > NEARLY * limit
    if not reached and not any(_says_so(each) for each in _chain(error)):
        return ""
    where = f"its limit is {limit / 1e9:.1f} GB" if limit else f"it used {_peak_resident() / 1e9:.1f} GB"
    return f"ran out of memory ({where}); use fewer --workers or give it more, and run the same command again"


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return bool(_WORDS.search(str(error)))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _limit() -> int:
    """Return the limit of this process's address space in bytes, 0 where there is none."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return 0 if soft == resource.RLIM_INFINITY else soft


def _peak_address_space() -> int:
    """Return the largest address space this process had in bytes, 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^VmPeak:\s+(\d+) kB", status, re.M)
    return int(found[1]) * 1024 if found else 0


def _peak_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
