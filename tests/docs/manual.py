"""The pages of the manual as tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "guide"


def pages() -> list[Path]:
    """Return every page that a user may read: those of `docs` and those at the top."""
    return [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def blocks(text: str, *languages: str) -> list[str]:
    """Return the contents of the fenced blocks of a page that are marked with one of `languages`."""
    found = re.findall(r"^(`{3,})(\w*)[^\n]*\n(.*?)^\1\s*$", text, re.MULTILINE | re.DOTALL)
    return [content for _, language, content in found if language in languages]


def table(text: str, first: str) -> list[list[str]]:
    """Return the rows, as cells, of all tables of a page whose first column is headed `first`."""
    rows: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and not re.fullmatch(r"-+", cells[0]):
            rows.append(cells)
    return rows


def code(cell: str) -> str:
    """Return what the first code span of a cell holds, "" without one."""
    found = re.search(r"`([^`]+)`", cell)
    return found[1] if found else ""
