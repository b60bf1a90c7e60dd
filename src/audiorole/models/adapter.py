"""What the embedded models share: where their weights are, what their fingerprint is, how a session is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

from audiorole.errors import ConfigError
from audiorole.models import weights
from audiorole.models.catalogue import catalogue


class Embedded:
    """Base of models whose weights are in the catalogue.

    weights: names in the catalogue. version: of our code around them; raise it when the same input gives other numbers.
    location, the part of a reference after `@`, is a file that replaces the first weight.
    """

    weights: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return the hash of weights and version, without loading or even having the weights of the catalogue."""
        hashes = [catalogue()[name].sha256 for name in cls.weights]
        if location is not None:
            hashes[:1] = [weights.sha256(existing(location))]
        return hashlib.sha256("\n".join([cls.__qualname__, str(cls.version), *hashes]).encode()).hexdigest()

    @classmethod
    def weight_paths(cls, location: str | None = None) -> list[Path]:
        """Return the weight files. Raises `WeightsError` where one is absent."""
        paths = [] if location is None else [existing(location)]
        return paths + [weights.path(name) for name in cls.weights[len(paths) :]]

    @classmethod
    def licence(cls) -> str:
        """Return the licences of the weights, as in the catalogue."""
        return " AND ".join(dict.fromkeys(catalogue()[name].licence for name in cls.weights))


def existing(location: str) -> Path:
    """Return `location` as a path. Raises `ConfigError` where there is no such file."""
    path = Path(location).expanduser()
    if not path.is_file():
        raise ConfigError(f"There is no weight file {location!r}; a reference reads name[@path].")
    return path
