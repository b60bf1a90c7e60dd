"""What the guide says of the columns holds in a dataset that was built: which are never empty, and their ranges."""

from __future__ import annotations

import re
from typing import Any

import pytest

import audiorole
from audiorole.published.lines import published_lines
from audiorole.testing.series import SETTINGS, write_series
from tests.docs.manual import GUIDE, code, table

ROWS = table((GUIDE / "what-comes-out.md").read_text(encoding="utf-8"), "column")


@pytest.fixture
def values(tmp_path, fake_models) -> list[dict[str, Any]]:
    write_series(tmp_path / "in")
    result = audiorole.build(tmp_path / "in", tmp_path / "out", settings=SETTINGS, workers=1)
    assert result.num_lines
    return [line.values for line in published_lines(tmp_path / "out")]


def test_never_empty_and_in_range(values):
    for name, _, unit, empty in ((code(row[0]), *row[1:]) for row in ROWS if code(row[0]) != "audio"):
        found = [row[name] for row in values]
        if empty.startswith("never"):
            assert all(value is not None and value != "" for value in found), name
        if re.match(r"0 to 1(?:;|,|$)", unit):
            assert all(0 <= value <= 1 for value in found if value is not None), name
