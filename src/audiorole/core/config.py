"""Recipes: TOML tables named after stages, whose keys are the stages' fields; `--set stage.field=value` on top."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from audiorole.core.recipes import find_recipe
from audiorole.errors import ConfigError, InputError, UnknownNameError

StageT = TypeVar("StageT")
Tables = dict[str, dict[str, Any]]


def read_recipe(given: str | Path, kind: str = "") -> Tables:
    """Return the tables of a TOML recipe: a file, or the name of one that ships (`audiorole.core.recipes`).

    kind: `build`, `eval` or `train`, where the names of others would not do. Raises InputError where it is no TOML or
    holds anything but tables, UnknownNameError for a name that does not ship.
    """
    path = find_recipe(given, kind)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(str(path), "is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(path), f"not valid TOML: {error}") from error
    for name, table in content.items():
        if not isinstance(table, dict):
            raise InputError(str(path), f"{name!r} stands outside a table; write it under [stage]")
    return content


def with_settings(tables: Mapping[str, Mapping[str, object]], settings: Iterable[str]) -> Tables:
    """Return `tables` with `stage.field=value` settings on top; values are TOML, bare words are strings."""
    merged = {name: dict(table) for name, table in tables.items()}
    for setting in settings:
        key, equals, value = setting.partition("=")
        stage, dot, name = key.strip().partition(".")
        if not (equals and dot and stage and name):
            raise ConfigError(f"--set {setting!r} is not of the form stage.field=value.")
        merged.setdefault(stage, {})[name] = _value(value.strip())
    return merged


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def configure(kind: type[StageT], table: Mapping[str, object], name: str) -> StageT:
    """Return `kind(**table)` with every key and type checked; `name` is the table's name in messages."""
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise UnknownNameError(f"field of [{name}]", key, known)
    return kind(**{key: _converted(kind, key, value, name) for key, value in table.items()})


def _converted(kind: type[StageT], key: str, value: object, name: str) -> Any:
    try:
        return getattr(msgspec.convert({key: value}, kind), key)
    except msgspec.ValidationError as error:
        what = str(error).replace(f" - at `$.{key}`", "").replace(" - at `$.", " at `").replace("Expected", "expected")
        raise ConfigError(f"{name}.{key} = {value!r}: {what}.") from error
