"""The site of the documentation is built, and a link or an anchor that leads nowhere stops it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.docs.manual import ROOT

pytest.importorskip("mkdocs", reason="needs the extra audiorole[docs]")
pytest.importorskip("material", reason="needs the extra audiorole[docs]")


def site(root, out):
    """Run the command of `make docs` and return its end."""
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(out)]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_site_is_built_with_every_link(tmp_path):
    done = site(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "guide" / "your-folder.html").is_file()
    contributing = (tmp_path / "site" / "contributing.html").read_text(encoding="utf-8")
    assert 'href="architecture.html"' in contributing


@pytest.fixture
def copy(tmp_path):
    """A copy of what the site is made of."""
    root = tmp_path / "copy"
    for name in ("docs", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, root / name)
    return root


def test_links_that_lead_nowhere_are_errors(copy, tmp_path):
    page = copy / "docs" / "guide" / "dropped.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[a](gone.md) [b](how-sure.md#gone) [c](../../src/x.py)\n")
    done = site(copy, tmp_path / "site")
    assert done.returncode == 1
    assert all(wrong in done.stderr for wrong in ("gone.md", "#gone", "src/x.py"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_links_at_the_top_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert all((ROOT / target).exists() for target in targets), targets


def test_the_makefile_builds_it_strictly():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(r"mkdocs build.*", makefile)
    assert "quiet" not in command  # which would silence the warnings that strict turns into errors
    assert "strict: true" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
