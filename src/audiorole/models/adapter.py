"""What the embedded models share: where their weights are, what their fingerprint is, how a session is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

from audiorole.errors import ConfigError
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import catalogue


class Embedded:
    """Base of models whose weights are in the catalogue.

    weights: names in the catalogue. version: of our code around them; raise it when the same input gives other numbers.
    location, the part of a reference after `@`, is a file that replaces the only weight, or a folder that holds them
    all by their file names.
    """

    weights: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return the hash of weights and version, without loading or even having the weights of the catalogue."""
        if location is None:
            hashes = [catalogue()[name].sha256 for name in cls.weights]
        else:
            hashes = [weights.sha256(path) for path in cls.weight_paths(location)]
        return hashlib.sha256("\n".join([cls.__qualname__, str(cls.version), *hashes]).encode()).hexdigest()

    @classmethod
    def weight_names(cls, location: str | None = None) -> tuple[str, ...]:
        """Return the weights of the catalogue that it reads; none where `location` brings others."""
        return cls.weights if location is None else ()

    @classmethod
    def weight_paths(cls, location: str | None = None) -> list[Path]:
        """Return the weight files. Raises `WeightsError` where one is absent, `ConfigError` for a wrong location."""
        if location is None:
            return [weights.path(name) for name in cls.weights]
        given = Path(location).expanduser()
        paths = [given / Path(name).name for name in cls.weights] if given.is_dir() else [given]
        missing = [path for path in paths if not path.is_file()]
        if missing or len(paths) != len(cls.weights):
            raise ConfigError(
                f"There is no weight file {str((missing or [given])[0])!r}; a reference reads name[@path]."
            )
        return paths

    @classmethod
    def licence(cls) -> str:
        """Return the licences of the weights, as in the catalogue."""
        return " AND ".join(dict.fromkeys(catalogue()[name].licence for name in cls.weights))
