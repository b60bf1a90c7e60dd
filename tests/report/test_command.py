"""`audiorole report OUT`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from audiorole.cli.dataset.report import command
from audiorole.errors import InputError


def test_command_says_where_the_page_is(built):
    result = CliRunner().invoke(command, [str(built)], standalone_mode=False, catch_exceptions=False)
    assert f"Report: {built / 'report.html'}" in result.output


def test_open_hands_the_page_to_the_browser(built, monkeypatch):
    monkeypatch.setattr("audiorole.cli.dataset.report.write_report", lambda out: out / "report.html")
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    CliRunner().invoke(command, [str(built), "--open"], standalone_mode=False, catch_exceptions=False)
    assert opened == [(built / "report.html").as_uri()]


def test_folder_without_a_build_is_a_users_mistake(tmp_path):
    with pytest.raises(InputError, match="audiorole build"):
        CliRunner().invoke(command, [str(tmp_path)], standalone_mode=False, catch_exceptions=False)
