"""Colours, slants and agents that a TTML document defines in its head, and what an element takes of them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from audiorole.dataset.subtitles.formats.xml_text import local, local_attributes
from audiorole.types import Record


class Look(Record, frozen=True):
    """How an element shows its text and who says it. ruby: reading aids above the text, which nobody says."""

    colour: str = ""
    italic: bool = False
    voice: str = ""
    ruby: bool = False


class Head:
    """The styles and agents of a document."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.styles: dict[str, dict[str, str]] = {}
        self.agents: dict[str, str] = {}
        for element in root.iter():
            attributes = local_attributes(element)
            if local(element.tag) in ("style", "region") and "id" in attributes:
                self.styles[attributes["id"]] = attributes
            elif local(element.tag) == "agent" and "id" in attributes:
                names = (text.strip() for child in element if local(child.tag) == "name" for text in [child.text or ""])
                self.agents[attributes["id"]] = next((name for name in names if name), "")

    def look(self, attributes: Mapping[str, str], parent: Look) -> Look:
        """Return the look of an element with `attributes` inside one of look `parent`."""
        colour, slant, ruby = (self._value(attributes, name) for name in ("color", "fontStyle", "ruby"))
        agents = (self.agents.get(name, "") for name in attributes.get("agent", "").split())
        return Look(
            colour=colour or parent.colour,
            italic=slant in ("italic", "oblique") if slant else parent.italic,
            voice=next((agent for agent in agents if agent), parent.voice),
            ruby=parent.ruby or ruby in ("text", "textContainer", "delimiter"),
        )

    def _value(self, attributes: Mapping[str, str], name: str, depth: int = 0) -> str:
        """Return a style's value: its own, else that of the styles it refers to, the last one first."""
        if name in attributes or depth > 8:
            return attributes.get(name, "")
        for reference in reversed(attributes.get("style", "").split()):
            if reference in self.styles and (value := self._value(self.styles[reference], name, depth + 1)):
                return value
        return ""
