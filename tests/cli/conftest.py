"""The command line as a user meets it, on the tiny series and its models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import audiorole.cli.main
from audiorole.testing.series import SETTINGS
from tests.dataset.conftest import fake_models

__all__ = ["fake_models"]


class Shell:
    """Runs the command line in this process and keeps what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.said, self.complained = "", ""

    def __call__(self, *words: str | Path) -> int:
        self._monkeypatch.setattr(sys, "argv", ["audiorole", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            audiorole.cli.main.main()
        self.said, self.complained = self._capsys.readouterr()
        assert "Traceback" not in self.said + self.complained
        return int(end.value.code or 0)

    def build(self, folder: Path, out: Path, *words: str) -> int:
        settings = [word for setting in SETTINGS for word in ("--set", setting)]
        return self("build", folder, "--out", out, "--workers", "1", *settings, *words)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)
