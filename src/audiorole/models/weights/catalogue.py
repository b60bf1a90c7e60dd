"""The catalogue of weights: what they are called, hash to, come from, and may be used for."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec

from audiorole.errors import UnknownNameError

PACKS = ("base", "asr", "extra", "faces", "talker")


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One weight file. name: `model/file` or a plain name; it is also its path in the store.

    sha256, size: of the file itself, whatever archive carries it. pack: what it is needed for, one of `PACKS`.
    sources: tried in order (`audiorole.models.weights.sources`). ready: found in an installed package,
    so nothing to pull. converter: `module:function` that makes the file (source path, target path) of the bytes that
    a source carries; carried_sha256 is their hash, and nothing else is converted.
    """

    name: str
    sha256: str
    size: int
    pack: str
    licence: str
    attribution: str
    sources: tuple[str, ...]
    converter: str = ""
    carried_sha256: str = ""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights of `catalogue.toml`."""

    weight: tuple[Weight, ...]

    def __getitem__(self, name: str) -> Weight:
        """Return the weight called `name`. Raises `UnknownNameError`."""
        for weight in self.weight:
            if weight.name == name:
                return weight
        raise UnknownNameError("weight", name, [weight.name for weight in self.weight])

    def select(self, names: tuple[str, ...] = ()) -> tuple[Weight, ...]:
        """Return the weights of `names` in order: weight names, model folders or packs; all for none.

        Raises `UnknownNameError`.
        """
        if not names:
            return self.weight
        chosen = {weight.name: weight for name in names for weight in self._named(name)}
        return tuple(chosen.values())

    def _named(self, name: str) -> tuple[Weight, ...]:
        found = tuple(w for w in self.weight if name in (w.name, w.pack) or w.name.startswith(f"{name}/"))
        if not found:
            folders = {weight.name.partition("/")[0] for weight in self.weight}
            raise UnknownNameError("weight", name, [*folders, *PACKS])
        return found


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the catalogue that ships with the package."""
    text = (files("audiorole.models.weights") / "catalogue.toml").read_bytes()
    return msgspec.toml.decode(text, type=Catalogue)
