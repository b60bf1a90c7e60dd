"""A registry: name → `"module:attribute"`, imported on first use, open to third parties through entry points.

>>> registry = Registry("metric", {"sqrt": "math:sqrt"})
>>> registry.names()
['sqrt']
>>> registry.load("sqrt")(9.0)
3.0
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from audiorole.errors import ConfigError, MissingExtraError, UnknownNameError

_OFFERED: dict[str, dict[str, str]] = {}
"""Group → name → target of the plug-ins that this process offers itself."""

Plugin = TypeVar("Plugin")
"""What the names of a registry stand for: a class, or a function."""


@contextmanager
def offered(plugins: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """Offer plug-ins for a while as installed entry points would: group → name → `"module:attribute"`."""
    before = dict(_OFFERED)
    _OFFERED.update({group: {**before.get(group, {}), **names} for group, names in plugins.items()})
    try:
        yield
    finally:
        _OFFERED.clear()
        _OFFERED.update(before)


class Registry(Generic[Plugin]):
    """The plug-ins of one kind; what they are is the type in brackets, `Registry[Callable[[float], float]]`.

    kind: the word for messages, such as `metric`. builtin: name → `"module:attribute"`.
    group: entry-point group of third parties, such as `audiorole.metrics`; "" for none. A built-in name wins.
    extras: top-level package → the extra of audiorole that installs it, so that a missing one is said plainly.
    instead: name → the target that takes its place on a machine where the built-in one cannot be imported.
    """

    def __init__(
        self,
        kind: str,
        builtin: Mapping[str, str],
        group: str = "",
        extras: Mapping[str, str] | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.group = kind, group
        self._builtin = dict(builtin)
        self._extras = dict(extras or {})
        self._instead = dict(instead or {})
        self._problems: dict[str, str] = {}

    def names(self) -> list[str]:
        """Return every known name, sorted."""
        return sorted({*self._builtin, *self._foreign()})

    def target(self, name: str) -> str:
        """Return the `"module:attribute"` behind `name`. Raises `UnknownNameError`."""
        if name in self._builtin:
            return self._builtin[name]
        foreign = self._foreign()
        if name not in foreign:
            raise UnknownNameError(self.kind, name, {*self._builtin, *foreign})
        return foreign[name].value

    def load(self, name: str) -> Plugin:
        """Import and return what `name` stands for.

        Raises `UnknownNameError`; `MissingExtraError` where a known optional package is not installed;
        `ConfigError` where the entry does not lead anywhere (a third party's defect).
        """
        replaced = bool(self.problem(name))
        target = self._instead[name] if replaced else self.target(name)
        try:
            return cast(Plugin, _imported(target))
        except ModuleNotFoundError as error:
            raise self._explained(name, target, error) from error
        except AttributeError as error:
            raise ConfigError(f"The {self.kind} {name!r} points to {target!r}, which does not exist.") from error

    def problem(self, name: str) -> str:
        """Return why `name` is served by what stands `instead` of it on this machine; "" where it is not."""
        if name in self._instead and name not in self._problems:
            try:
                _imported(self.target(name))
                self._problems[name] = ""
            except ImportError as error:
                self._problems[name] = str(error)
        return self._problems.get(name, "")

    def _explained(self, name: str, target: str, error: ModuleNotFoundError) -> Exception:
        package = (error.name or "").partition(".")[0]
        if package in self._extras:
            return MissingExtraError(package, self._extras[package], f"The {self.kind} {name!r}")
        return ConfigError(f"The {self.kind} {name!r} ({target}) cannot be imported: {error}.")

    def _foreign(self) -> dict[str, EntryPoint]:
        if not self.group:
            return {}
        installed = {entry.name: entry for entry in entry_points(group=self.group)}
        return installed | {name: EntryPoint(name, to, self.group) for name, to in _OFFERED.get(self.group, {}).items()}


def _imported(target: str) -> object:
    module, _, attribute = target.partition(":")
    found: object = importlib.import_module(module)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    return found
