"""Recipes: TOML tables named after stages, whose keys are the stages' fields; `--set stage.field=value` on top."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from audiorole.core.recipes import find_recipe
from audiorole.core.toml import parse_toml, read_toml
from audiorole.errors import ConfigError, InputError, UnknownNameError

StageT = TypeVar("StageT")
Tables = dict[str, dict[str, Any]]


def read_recipe(given: str | Path, kind: str = "") -> Tables:
    """Return the tables of a TOML recipe: a file, or the name of one that ships (`audiorole.core.recipes`).

    kind: `build`, `eval` or `train`, where the names of others would not do. Raises InputError where it is no TOML or
    holds anything but tables, UnknownNameError for a name that does not ship.
    """
    path = find_recipe(given, kind)
    tables: Tables = {}
    for name, table in read_toml(path).items():
        if not isinstance(table, dict):
            raise InputError(str(path), f"{name!r} stands outside a table; write it under [stage]")
        tables[name] = table
    return tables


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
        return parse_toml(f"value = {text}")["value"]
    except (ValueError, KeyError):
        return text


def configure(kind: type[StageT], table: Mapping[str, object], name: str) -> StageT:
    """Return `kind(**table)` with every key, type and number checked; `name` is the table's name in messages.

    Numbers are finite; a whole number whose default is not negative is not negative. Closer limits are stated with the
    field, by `msgspec.Meta`. Raises UnknownNameError, also for a key of a nested table, and ConfigError.
    """
    _known_keys(kind, table, name)
    return kind(**{key: _converted(kind, key, value, name) for key, value in table.items()})


def _known_keys(kind: Any, table: Mapping[str, object], name: str) -> None:
    known = [field.name for field in dataclasses.fields(kind)]
    hints = get_type_hints(kind)
    for key, value in table.items():
        if key not in known:
            raise UnknownNameError(f"field of [{name}]", key, known)
        inner = hints[key]
        if dataclasses.is_dataclass(inner) and isinstance(value, Mapping):
            _known_keys(inner, value, f"{name}.{key}")


def _converted(kind: type[StageT], key: str, value: object, name: str) -> Any:
    default = next(field.default for field in dataclasses.fields(kind) if field.name == key)  # type: ignore[arg-type]
    if fault := _fault(value, default):
        raise ConfigError(f"{name}.{key} = {_short(value)}: {fault}.")
    try:
        return getattr(msgspec.convert({key: value}, kind), key)
    except msgspec.ValidationError as error:
        what = str(error).replace(f" - at `$.{key}`", "").replace(" - at `$.", " at `").replace("Expected", "expected")
        raise ConfigError(f"{name}.{key} = {_short(value)}: {what}.") from error


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


LONGEST_SHOWN = 120
LARGEST = 2.0**53
"""Beyond it, not every whole number is a float."""


def _fault(value: Any, default: Any) -> str:
    """Return what is wrong with a value of whatever type, however deep in a table, or ""."""
    if isinstance(value, Mapping):
        inner = {field.name: field.default for field in dataclasses.fields(default)} if _is_table(default) else {}
        return next((fault for key, each in value.items() if (fault := _fault(each, inner.get(key)))), "")
    if isinstance(value, list):
        return next((fault for each in value if (fault := _fault(each, None))), "")
    if isinstance(value, str):
        return "holds a NUL character" if "\0" in value else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if not math.isfinite(value) or abs(value) > LARGEST:
        return "is not a number that can be used"
    natural = isinstance(default, int) and not isinstance(default, bool) and default >= 0
    return "must not be negative" if natural and value < 0 else ""


def _is_table(default: Any) -> bool:
    return dataclasses.is_dataclass(default) and not isinstance(default, type)
