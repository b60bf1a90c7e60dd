"""Tests of the line run on models of their own, registered as a third party would."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

import audiorole.core.registry
from tests.dataset.tiny import MODELS

_REAL = audiorole.core.registry.entry_points


def _entry_points(group: str) -> list[EntryPoint]:
    kind = group.removeprefix("audiorole.models.")
    own = [EntryPoint("fake", f"tests.dataset.tiny:{MODELS[kind]}", group)] if kind in MODELS else []
    return [*_REAL(group=group), *own]


@pytest.fixture(autouse=True)
def fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the models of `tests.dataset.tiny` under the name `fake`."""
    monkeypatch.setattr(audiorole.core.registry, "entry_points", _entry_points)
