"""The store of weights: one folder, every file known by its hash, written whole or not at all.

The store is `$AUDIOROLE_HOME/models` (default: the user's cache folder). `$AUDIOROLE_MODELS_DIR` names a folder of
files brought by hand, for machines without a network; it is searched by content, so any layout will do.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from audiorole.core.extras import missing_extra
from audiorole.errors import WeightsError
from audiorole.models.weights import sources
from audiorole.models.weights.catalogue import Weight, catalogue
from audiorole.models.weights.verified import has_hash
from audiorole.models.weights.verified import sha256 as sha256

CHUNK = 1 << 20


@dataclass(frozen=True)
class Installed:
    """What the store says of one weight. state: `ok`, `absent` or `altered`; origin: where it came from."""

    weight: Weight
    state: str
    origin: str = ""


def home() -> Path:
    """Return the store's folder (it may not exist yet)."""
    base = os.environ.get("AUDIOROLE_HOME")
    return (Path(base) if base else _cache_folder() / "audiorole") / "models"


def _cache_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def path(name: str) -> Path:
    """Return the file of weight `name`: from the store, or in place inside an installed package.

    Its hash is checked, once as long as nothing touches the file. Raises `WeightsError` with the command that fetches
    it.
    """
    weight = catalogue()[name]
    stored = home() / weight.name
    if stored.is_file() and _is(stored, weight):
        return stored
    found = _in_packages(weight) or _in_offline_folder(weight, _offline_folder())
    if found is None:
        state = "is not the file that was installed" if stored.is_file() else "is not installed"
        raise WeightsError(f"The weight {name!r} {state}. Run: audiorole models pull {name}")
    return found


def folder(model: str) -> Path:
    """Return the folder of a model made of several files, all of them present. Raises `WeightsError`."""
    paths = [path(weight.name) for weight in catalogue().select((model,))]
    parents = {found.parent for found in paths}
    if len(parents) != 1:
        raise WeightsError(f"The files of {model!r} lie in several folders. Run: audiorole models pull {model}")
    return parents.pop()


def pull(weight: Weight, fetcher: sources.Fetcher, offline: Path | None = None) -> Installed:
    """Install `weight` from `offline` or the first source that gives the right bytes.

    Nothing is fetched when it is installed and intact. Raises `WeightsError` that lists every source tried.
    """
    stored = home() / weight.name
    if stored.is_file() and sha256(stored) == weight.sha256:
        return Installed(weight, "ok", "store")
    found = _in_packages(weight) or _in_offline_folder(weight, offline or _offline_folder())
    if found is not None:
        with _whole(weight) as target, found.open("rb") as source:
            _copy(source, target)
        return Installed(weight, "ok", str(found))
    return Installed(weight, "ok", _pull_from_sources(weight, fetcher))


def _pull_from_sources(weight: Weight, fetcher: sources.Fetcher) -> str:
    problems = []
    for source in weight.sources:
        try:
            with _whole(weight) as target:
                _fetch(weight, source, fetcher, target)
        except WeightsError as error:
            problems.append(f"{source}: {error}")
        else:
            return source
    raise WeightsError(f"No source of {weight.name!r} could be used.\n  " + "\n  ".join(problems))


def _fetch(weight: Weight, source: str, fetcher: sources.Fetcher, target: IO[bytes]) -> None:
    """Append the bytes of `weight` to `target`, made of what the source carries where it carries something else."""
    if not weight.converter:
        fetcher.fetch(sources.parse(source), target)
        return
    with tempfile.TemporaryDirectory(prefix="audiorole-") as scratch:
        carried, made = Path(scratch) / "carried", Path(scratch) / "made"
        with carried.open("wb") as handle:
            fetcher.fetch(sources.parse(source), handle)
        found = sha256(carried)
        if found != weight.carried_sha256:
            raise WeightsError(f"its SHA-256 is {found[:16]}…, not {weight.carried_sha256[:16]}….")
        _converter(weight)(carried, made)
        with made.open("rb") as handle:
            _copy(handle, target)


def _converter(weight: Weight) -> Callable[[Path, Path], None]:
    """Return what converts `weight`. Raises `MissingExtraError` where its library is not installed."""
    module, _, function = weight.converter.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        raise missing_extra(error, f"the weight {weight.name!r}") or error from error


def verify(weights: tuple[Weight, ...] = ()) -> Iterator[Installed]:
    """Hash every weight that is there, and say which are intact."""
    for weight in weights or catalogue().weight:
        yield state(weight, rehash=True)


def state(weight: Weight, *, rehash: bool = False) -> Installed:
    """Return whether `weight` is installed; by size only unless `rehash`."""
    try:
        found = path(weight.name)
    except WeightsError:
        return Installed(weight, "altered" if (home() / weight.name).is_file() else "absent")
    if rehash and sha256(found) != weight.sha256:
        return Installed(weight, "altered", str(found))
    return Installed(weight, "ok", str(found))


def _is(file: Path, weight: Weight) -> bool:
    return file.stat().st_size == weight.size and has_hash(file, weight.sha256, home())


class _whole:
    """Write a weight to a temporary file; move it into the store only when size and hash are right."""

    def __init__(self, weight: Weight) -> None:
        self._weight, self._final = weight, home() / weight.name

    def __enter__(self) -> IO[bytes]:
        self._final.parent.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(dir=self._final.parent, prefix=f".{self._final.name}-", delete=False)
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        temporary = Path(self._file.name)
        try:
            if kind is None:
                self._check(temporary)
                temporary.replace(self._final)
        finally:
            temporary.unlink(missing_ok=True)

    def _check(self, file: Path) -> None:
        found, wanted = sha256(file), self._weight.sha256
        if found != wanted:
            raise WeightsError(f"its SHA-256 is {found[:16]}…, not {wanted[:16]}… ({file.stat().st_size} bytes).")


def _in_packages(weight: Weight) -> Path | None:
    """Return the file inside an installed package, if it is the right one. Hashed: packages change under us."""
    for source in weight.sources:
        parts = sources.parse(source)
        if len(parts) == 1 and parts[0].kind == "installed":
            try:
                found = sources.installed_file(parts[0])
            except WeightsError:
                continue
            if _is(found, weight):
                return found
    return None


def _offline_folder() -> Path | None:
    named = os.environ.get("AUDIOROLE_MODELS_DIR")
    return Path(named) if named else None


def _in_offline_folder(weight: Weight, offline: Path | None) -> Path | None:
    if offline is None:
        return None
    if not offline.is_dir():
        raise WeightsError(f"The folder of weights {str(offline)!r} does not exist.")
    for candidate in sorted(offline.rglob("*")):
        if candidate.is_file() and _is(candidate, weight):
            return candidate
    return None


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)
