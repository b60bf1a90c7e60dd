"""Reading XML that people and their tools wrote: HTML entities, bare ampersands, documents that break off."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from typing import TypeAlias

from audiorole.errors import InputError

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(?:([A-Za-z][A-Za-z0-9]{1,30});)?")

Parser: TypeAlias = "ElementTree.XMLPullParser[ElementTree.Element]"


def read_xml(text: str, source: str, format_: str) -> tuple[ElementTree.Element, str]:
    """Return the root of the document, and what is wrong where it breaks off in the middle ("" where nothing is).

    Raises `InputError` where nothing of it can be read, and for entities of its own.
    """
    if "<!ENTITY" in text[:100_000].upper():
        raise InputError(source, "declares XML entities, which no subtitle needs: remove the DOCTYPE and try again.")
    parser: Parser = ElementTree.XMLPullParser(events=("start",))
    broken = ""
    try:
        parser.feed(_with_prefixes(_ENTITY.sub(_character, text.lstrip("\ufeff \n\r\t"))))
        parser.close()
    except ElementTree.ParseError as error:
        broken = str(error)
    root = _first(parser)
    if root is None or (broken and not any(text for text in root.itertext() if text.strip())):
        raise InputError(source, f"cannot be read as {format_.upper()} ({broken or 'no element'}).")
    return root, broken


def _with_prefixes(text: str) -> str:
    """Declare the prefixes that a document uses and forgot to declare."""
    root = re.search(r"<(?![?!])[\w:.-]+", text)
    if root is None:
        return text
    used = set(re.findall(r"[\s</]([A-Za-z_][\w.-]{0,30}):[A-Za-z_]", text)) - {"xml", "xmlns", "http", "https"}
    lost = sorted(used - set(re.findall(r"xmlns:([\w.-]{1,30})\s*=", text)))
    declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in lost[:50])
    return text[: root.end()] + declared + text[root.end() :]


def _first(parser: Parser) -> ElementTree.Element | None:
    try:
        for _, element in parser.read_events():  # type: ignore[misc]
            if isinstance(element, ElementTree.Element):
                return element
    except ElementTree.ParseError:
        pass
    return None


def _character(match: re.Match[str]) -> str:
    """Write an entity of HTML as its character, an ampersand that is none as one."""
    shown = html.unescape(match.group())
    return "&amp;" + match.group()[1:] if shown == match.group() else html.escape(shown, quote=False)


def local(name: str) -> str:
    """Return a name without its namespace: documents of 2006, of 2010 and of none are read alike."""
    return name.rpartition("}")[2]


def local_attributes(element: ElementTree.Element) -> dict[str, str]:
    """Return the attributes by their local names."""
    return {local(name): value for name, value in element.attrib.items()}
