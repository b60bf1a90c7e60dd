"""What every test has: fsync costs nothing, and a module that needs an extra is skipped where it is not installed."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from audiorole.core.extras import EXTRAS

DEV = ("datasets", "hatchling", "httpx", "lhotse", "nbclient", "webdataset")
BROUGHT_BY = EXTRAS | dict.fromkeys(DEV, "dev") | {"safetensors": "train"}


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the failed import of an extra's package into a skip."""
    report = yield
    call = getattr(report, "call", None)
    extra = _missing_extra(call.excinfo.value) if call and call.excinfo else None
    if extra and report.outcome == "failed":
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 1, f"Skipped: needs the extra audiorole[{extra}]")
    return report


def _missing_extra(error: BaseException | None) -> str | None:
    """Return the extra whose package could not be imported, from the innermost cause."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError):
            return BROUGHT_BY.get((error.name or "").partition(".")[0])
        error = error.__cause__ or getattr(error, "cause", None)
    return None


@pytest.fixture(autouse=True)
def no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let fsync do nothing: no test cuts the power, and a disk takes milliseconds for each.

    Tests of what is fsynced replace it again.
    """
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
