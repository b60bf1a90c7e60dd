"""The manual's ways to open a dataset run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.docs.manual import GUIDE, blocks
from tests.published.tiny import publish

SNIPPETS = {
    library: next(
        block
        for block in blocks((GUIDE / "what-comes-out.md").read_text(encoding="utf-8"), "python")
        if f"import {library}" in block or f"from {library} " in block
    )
    for library in ("datasets", "pandas", "polars")
}


@pytest.mark.parametrize("library", sorted(SNIPPETS))
def test_a_way_to_open_the_dataset_runs(library, tmp_path):
    if find_spec(library) is None:
        pytest.skip(f"needs the package {library} (audiorole[dev])")
    publish(tmp_path / "OUT")
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SNIPPETS[library]], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Gus" in done.stdout
    if library == "datasets":
        assert int(done.stdout.split()[-1]) > 1000
