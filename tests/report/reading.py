"""Read a page as a browser would: its elements, links and embedded data."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


@dataclass
class Page:
    """elements: (tag, attributes) in order; text: everything shown; data: JSON of the script elements by id."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.elements)

    def with_class(self, name: str) -> int:
        return sum(name in attributes.get("class", "").split() for _, attributes in self.elements)

    def urls(self) -> list[tuple[str, str]]:
        names = ("src", "href", "action", "srcset", "poster", "data")
        return [(tag, attributes[name]) for tag, attributes in self.elements for name in names if name in attributes]


BLOCKS = frozenset({"dd", "div", "dt", "h1", "h2", "h3", "li", "p", "section", "summary", "td", "th", "title", "tr"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self._script, self._inside = Page(), "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, attributes))
        if tag in BLOCKS:
            self.page.text += " "
        if tag in ("script", "style"):
            self._inside, self._script = tag, attributes.get("id", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.page.text += data
        elif self._script:
            self.page.data[self._script] = json.loads(data)


def read_page(path: Path) -> Page:
    """Return the page at `path`; text with its white space folded."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    reader.page.text = " ".join(reader.page.text.split())
    return reader.page
