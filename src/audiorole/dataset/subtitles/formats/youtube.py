"""The XML that YouTube serves captions in: `<transcript><text start dur>` and `<timedtext><body><p t d>`."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import msgspec

from audiorole.dataset.subtitles.formats.arrows import Found, quoted, wrong_times
from audiorole.dataset.subtitles.formats.xml_text import local, local_attributes, read_xml
from audiorole.dataset.subtitles.records import Problem, RawCue


def read_youtube(text: str, source: str) -> Found:
    """Return cues and problems. Captions overlap as they scroll: each ends where the next begins at the latest."""
    root, broken = read_xml(text, source, "youtube captions")
    pens = {attributes["id"]: attributes.get("fc", "") for attributes in _all(root, "pen") if "id" in attributes}
    problems = [Problem(source, 0, f"breaks off ({quoted(broken)})")] if broken else []
    cues: list[RawCue] = []
    for element in root.iter():
        if local(element.tag) in ("text", "p"):
            cue, sentence = _cue(element, pens)
            if cue:
                cues.append(cue)
            elif sentence:
                problems.append(Problem(source, 0, sentence))
    return _one_after_the_other(cues), problems


def _all(root: ElementTree.Element, name: str) -> Iterator[dict[str, str]]:
    return (local_attributes(element) for element in root.iter() if local(element.tag) == name)


def _cue(element: ElementTree.Element, pens: dict[str, str]) -> tuple[RawCue | None, str]:
    attributes = local_attributes(element)
    scale, names = (0.001, ("t", "d")) if "t" in attributes else (1.0, ("start", "dur"))
    try:
        start, length = (float(attributes.get(name) or 0) * scale for name in names)
    except ValueError:
        return None, f"times cannot be read ({quoted(str(attributes))})"
    text = _text(element, pens).strip("\n")
    if not text.strip():  # the empty row that makes captions scroll
        return None, ""
    sentence = wrong_times(start, start + length) if length else ""
    if sentence:
        return None, sentence
    return RawCue(index=0, start=start, end=start + (length or 5.0), text=text), ""


def _text(element: ElementTree.Element, pens: dict[str, str]) -> str:
    """Return the words of a caption with the colours of their pens. The older form escapes HTML twice."""
    pen = pens.get(element.get("p", ""), "")
    parts = [_coloured(element.text or "", pen)]
    for child in element:
        parts.append(_coloured("".join(child.itertext()), pens.get(child.get("p", ""), "") or pen))
        parts.append(_coloured(child.tail or "", pen))
    return "".join(parts)


def _coloured(text: str, colour: str) -> str:
    if not text.strip():
        return text
    text = html.escape(html.unescape(text), quote=False)
    # YouTube's own white is #FEFEFE.
    return f'<font color="{colour}">{text}</font>' if colour and colour.upper() != "#FEFEFE" else text


def _one_after_the_other(cues: list[RawCue]) -> list[RawCue]:
    ordered = sorted(cues, key=lambda cue: cue.start)
    nexts = [*(cue.start for cue in ordered[1:]), float("inf")][: len(ordered)]
    return [
        msgspec.structs.replace(cue, end=min(cue.end, bound)) if cue.start < bound else cue
        for cue, bound in zip(ordered, nexts, strict=True)
    ]
