"""Formats are tested on a small dataset; what each line sounds like is known to the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.published.tiny import publish


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return publish(tmp_path / "out")
