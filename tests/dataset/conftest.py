"""Tests of the line run on models of their own, offered as a third party's would be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audiorole.testing.models import fake_models as offer_fakes


@pytest.fixture(autouse=True)
def fake_models() -> Iterator[None]:
    """Offer the models of `audiorole.testing.models` under the name `fake`."""
    with offer_fakes():
        yield
