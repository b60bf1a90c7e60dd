"""Every file that the manual names exists, whatever was moved since it was written."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import pytest

from audiorole.dataset.stages import STAGES
from tests.docs.manual import DOCS, ROOT, pages, table

FOLDERS = ("src", "tests", "benchmarks", "examples", "tools", "docs")
PATH = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|toml|json|ipynb|npz)|(?:[\w-]+/)+")
INVENTED = re.compile(
    r"(?:^|/)(?:mine|mine/.*|whisper|backwards|test_whisper|test_mine|<.*|my|recipe|worker|cascade|summary|recipe|built)\.(?:py|toml|json)$"
)
"""Files that a reader would write, or that a build writes."""


@cache
def files() -> tuple[str, ...]:
    """Return the files of the repository, and their folders with a slash behind, each with a slash before."""
    roots = [ROOT / name for name in FOLDERS]
    found = [*roots, *(path for root in roots for path in root.rglob("*") if "__pycache__" not in path.parts)]
    return tuple(f"/{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}" for path in found)


def named(text: str) -> list[str]:
    """Return the paths in code spans: of source files anywhere, of folders only where they are the package's."""
    spans = re.findall(r"(?<!`)`([^`\s]+)`(?!`)", text)
    paths = [span for span in spans if PATH.fullmatch(span) and not INVENTED.search(span)]
    packages = {path.name for path in (ROOT / "src" / "audiorole").iterdir() if path.is_dir()}
    ours = packages | set(FOLDERS)
    return [path for path in paths if path.endswith(".py") or path.partition("/")[0] in ours]


def exists(path: str) -> bool:
    """Return True where some file of the repository ends in `path`."""
    return any(file.endswith(f"/{path}") for file in files())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_path_on_a_page_exists(page):
    missing = [path for path in named(page.read_text(encoding="utf-8")) if not exists(path)]
    assert not missing


def test_a_file_that_was_moved_is_found_out():
    assert named("see `naming/series_voices.py` and `run/`") == ["naming/series_voices.py"]
    assert not exists("naming/series_voices.py")
    assert exists("naming/engine.py")


def test_the_layers_on_the_page_are_those_that_are_enforced():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    shown = [set(re.findall(r"`(\w+)`", row[1])) for row in table(text, "layer")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    assert shown == [set(re.findall(r"audiorole\.(\w+)", layer)) for layer in contract["layers"]]


def test_the_stages_on_the_page_are_those_of_a_build():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert [row[1] for row in table(text, "#")] == list(STAGES)


def test_every_package_is_on_the_page():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "audiorole"
    rooms = {path.parent.relative_to(package).as_posix() for path in package.glob("*/*/__init__.py")}
    named_rooms = set(re.findall(r"`(\w+/\w+)/`", text))
    assert named_rooms <= rooms
    assert {f"dataset/{path.parent.name}" for path in package.glob("dataset/*/__init__.py")} <= named_rooms
