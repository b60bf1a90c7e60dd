"""From a saved page, a wiki's source, a table or JSON to plain rows: one row a line of the script.

What a page shows in bold (or in a cell, or in an element called speaker) may be a name: it is kept between two
private-use characters. Cells are kept apart by tabs.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

BOLD, PLAIN = "\ue000", "\ue001"
"""Begin and end of bold; `visible` removes private-use characters, so no text has them."""

_LONGEST_ROW = 5_000
"""Characters; a longer row is read as it stands: marks of wikis cost time that grows with its square."""
_PAGE = re.compile(r"<(?:html|body|p|br|div|table|tr|td|dl|dt|dd|ul|ol|li|pre)\b", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style|head|nav|footer)\b|<!--", re.IGNORECASE)
_BLOCK = re.compile(r"<\s*/?\s*(?:br|p|div|li|tr|h\d|ul|ol|dl|table|blockquote|section|article|body)\b[^<>]*>", re.I)
_BOLD_ON = re.compile(
    r"<\s*(?:b|u|strong|dt|th)\b[^<>]{0,200}>"
    r"|<\s*(?:span|a|em|i|u|div|td|cite|font)\b[^<>]{0,200}(?:class|id)\s*=\s*[\"'][^\"'<>]{0,60}"
    r"(?:speaker|character|char-?name|\bname|person|actor)[^<>]{0,100}>",
    re.IGNORECASE,
)
_BOLD_OFF = re.compile(r"<\s*/\s*(?:b|u|strong|dt|th)\s*>", re.IGNORECASE)
_CELL = re.compile(r"<\s*(?:td|dd)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_LOOKS = re.compile(
    r"</?(?:b|i|u|s|em|strong|font|span|a|small|big|sup|sub|cite|code|tt|br|nowiki|ref)\b[^<>]{0,300}>", re.I
)
_ELEMENT = re.compile(r"<(p|li|tr|dt|dd|h[1-6])\b[^<>]{0,300}>.{0,2000}?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"\[\[(?:[^\[\]|]{0,100}\|)?([^\[\]|]{1,100})\]\]|\[([^\[\]]{1,60})\]\((?:https?:)?[^()\s]{1,200}\)")
_FILE = re.compile(r"\[\[\s*(?:File|Image|Category|Datei|Bild|Soubor|Fichier)\s*:[^\[\]]{0,200}\]\]", re.IGNORECASE)
_TOGETHER = re.compile(rf"{PLAIN}(\s*(?:and|&|,|/|\+|und|et|y|a|e|og|och|en)\s*){BOLD}")  # '''Joe''' and '''Faye'''
_TEMPLATE = re.compile(r"\{\{(?:[^{}|]{0,60}\|)*([^{}|]{1,100})\}\}")
_WIKI_BOLD = re.compile(r"'{3,5}(.{1,200}?)'{3,5}|\*{2,3}(?=\S)(.{1,200}?)\*{2,3}|(?<!\w)__(?=\S)(.{1,200}?)__(?!\w)")
_WIKI_ITALIC = re.compile(
    r"''(.{1,300}?)''|(?<![\w*])\*(?=[^\s*])([^*\n]{1,300}?)\*(?!\w)|(?<!\w)_(?=\S)([^_\n]{1,300}?)_(?!\w)"
)
_TABLE_ROW = re.compile(r"^\s*\|(?![-}+])(.+?)\|?\s*$")
_TABLE_RULE = re.compile(r"^\s*(?:\|?[\s:|+-]{3,}|\{\|.*|\|[-}].*)$")
_SPEAKERS = ("speaker", "character", "name", "who", "speaker_label", "role", "actor", "from")
_TEXTS = ("text", "line", "dialogue", "dialog", "transcript", "content", "utterance", "words", "speech")


def page_rows(text: str) -> list[str]:
    """Return the rows of a script's file."""
    rows = _json_rows(text)
    if rows is None:
        rows = (_without_tags(text) if "<" in text else text).split("\n")
    return [_wiki_row(row) if len(row) <= _LONGEST_ROW else " ".join(row.split()) for row in rows]


def _without_tags(text: str) -> str:
    """Turn a saved web page into lines; elements in plain text are taken out where they stand."""
    if not _PAGE.search(text[:50_000]):
        return html.unescape(_LOOKS.sub("", _spoken_of(text)))  # `<Joe> Okay` is no element
    text = _ELEMENT.sub(lambda match: re.sub(r"\s*\n\s*", " ", match[0]), _without_hidden(text))
    return html.unescape(_TAG.sub("", _CELL.sub("\t", _BLOCK.sub("\n", _spoken_of(text)))))


def _without_hidden(text: str) -> str:
    """Take out what a page does not show: scripts, styles, comments."""
    kept, position, folded = [], 0, text.lower()
    while match := _HIDDEN.search(text, position):
        last = f"</{match[1].lower()}" if match[1] else "-->"
        end = folded.find(last, match.end())
        if end < 0:
            break
        kept.append(text[position : match.start()])
        position = max(end + len(last), folded.find(">", end) + 1)
    return "".join([*kept, text[position:]])


def _spoken_of(text: str) -> str:
    """Mark what is bold; an element that is called speaker ends with its own tag."""
    text = re.sub(
        r"(<\s*(span|a|em|i|u|div|td|cite|font)\b[^<>]{0,200}>)([^<>]{1,80})<\s*/\s*\2\s*>",
        lambda match: f"{BOLD}{match[3]}{PLAIN}" if _BOLD_ON.match(match[1]) else match[0],
        text,
        flags=re.IGNORECASE,
    )
    return _BOLD_OFF.sub(PLAIN, _BOLD_ON.sub(BOLD, text))


def _wiki_row(row: str) -> str:
    """Resolve links, templates, bold and table cells of a wiki or of Markdown within one row."""
    if _TABLE_RULE.match(row) and "|" in row:
        return ""
    if match := _TABLE_ROW.match(row):
        row = "\t".join(cell.strip() for cell in re.split(r"\|\|?", match.group(1)))
    row = _LINK.sub(lambda match: match[1] or match[2], _FILE.sub("", row))
    row = _TEMPLATE.sub(r"\1", row)
    row = _WIKI_BOLD.sub(lambda match: f"{BOLD}{match[1] or match[2] or match[3]}{PLAIN}", row)
    row = _WIKI_ITALIC.sub(lambda match: _italic(row, match), row)
    return _TOGETHER.sub(r"\1", row)


def _italic(row: str, match: re.Match[str]) -> str:
    """Italics that open a row may be its name; elsewhere they stress a word."""
    words = next(group for group in match.groups() if group)
    opens = not row[: match.start()].strip(" \t*:#>-•" + BOLD)
    return f"{BOLD}{words}{PLAIN}" if opens else words


def _json_rows(text: str) -> list[str] | None:
    """Return `speaker<tab>text` rows of JSON or JSON lines whose records name a speaker; None for anything else."""
    if text.lstrip("\ufeff \n\t")[:1] not in ("{", "["):
        return None
    try:
        documents = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            documents = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            return None
    rows = [row for document in documents for row in _records(document, 0)]
    return rows or None


def _records(value: Any, depth: int) -> Iterator[str]:
    if depth > 8:
        return
    if isinstance(value, list):
        for item in value:
            yield from _records(item, depth + 1)
    elif isinstance(value, dict):
        speaker, words = _first(value, _SPEAKERS), _first(value, _TEXTS)
        if words:
            yield f"{speaker}\t{words}" if speaker else words
        else:
            for item in value.values():
                yield from _records(item, depth + 1)


def _first(record: dict[str, Any], keys: tuple[str, ...]) -> str:
    folded = {str(key).casefold(): value for key, value in record.items()}
    found = (" ".join(value.split()) for key in keys if isinstance(value := folded.get(key), str))
    return next((value for value in found if value), "")
