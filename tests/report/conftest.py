from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.report.dataset import write_report
from tests.report.fake_build import FakeBuild


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A build of four episodes, one of them quarantined, with its report."""
    out = FakeBuild(episodes=4, bad=("night-desk/s01e03",)).write(tmp_path_factory.mktemp("built"))
    write_report(out)
    return out
