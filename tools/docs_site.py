"""What the documentation's site needs besides `docs`: the pages at the top of the repository, and links to them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ABOVE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""File at the top of the repository → page of the site."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from above `docs`, with their links as seen from there."""
    root = Path(config.config_file_path).parent
    for name, page in ABOVE.items():
        text = (root / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to `../CONTRIBUTING.md` lead to its page."""
    here = posixpath.dirname(page.file.src_uri)

    def target(match: re.Match[str]) -> str:
        return f"]({posixpath.relpath(ABOVE[match[1]], here or '.')}"

    return re.sub(rf"\]\((?:\.\./)+({'|'.join(map(re.escape, ABOVE))})", target, markdown)
