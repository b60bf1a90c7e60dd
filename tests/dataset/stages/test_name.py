"""Name: what its results depend on."""

from __future__ import annotations

import pytest

from audiorole.dataset.stages.series import name
from audiorole.dataset.stages.series.name import Name
from audiorole.pipeline.digest import stage_digest


def test_a_new_fit_of_the_weights_names_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> str:
        return stage_digest(Name(), {"show/s01e01": "input"}, lambda _kind, reference: reference)

    shipped = digest()
    assert digest() == shipped
    monkeypatch.setattr(name, "shipped_hash", lambda: "another fit")
    assert digest() != shipped
