"""The recipes that ship inside the package, by name: `fast`, `eval-small`, `train-lora`."""

from __future__ import annotations

from pathlib import Path

from audiorole.errors import InputError, UnknownNameError

FOLDER = Path(__file__).parents[1] / "recipes"
KINDS = {"eval": "eval-", "train": "train-"}
"""What a recipe is for → how its name begins; those of `build` begin with neither."""


def shipped_recipes(kind: str = "") -> dict[str, Path]:
    """Return name → file of the recipes of a kind (`build`, `eval`, `train`); "" gives all."""
    found = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
    return {name: path for name, path in found.items() if kind in ("", kind_of(name))}


def kind_of(name: str) -> str:
    """Return what the recipe called `name` is for.

    >>> kind_of("eval-small"), kind_of("fast")
    ('eval', 'build')
    """
    return next((kind for kind, prefix in KINDS.items() if name.startswith(prefix)), "build")


def find_recipe(given: str | Path, kind: str = "") -> Path:
    """Return the file that `given` names: a path, or a shipped recipe with or without what its name begins with.

    A file that is there always wins. Raises UnknownNameError for a name that no shipped recipe of `kind` has,
    InputError for a path that leads nowhere.
    """
    path, known = Path(given), shipped_recipes(kind)
    if path.is_file():
        return path
    if path.suffix == ".toml" or len(path.parts) > 1:
        hint = f"; one of that name ships with audiorole: {path.stem}" if path.stem in known else ""
        raise InputError(str(path), f"cannot be read (no such file){hint}")
    for name in (path.name, KINDS.get(kind, "") + path.name):
        if name in known:
            return known[name]
    raise UnknownNameError("recipe", str(given), known)
