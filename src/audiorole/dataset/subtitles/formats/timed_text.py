"""TTML and DFXP of every age: clock times, frames and ticks, `dur`, times on body, division, paragraph and span."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import msgspec

from audiorole.dataset.input.release.languages import same_language
from audiorole.dataset.subtitles.formats.arrows import Found, quoted, wrong_times
from audiorole.dataset.subtitles.formats.clock import Clock, clock_of
from audiorole.dataset.subtitles.formats.ttml_styles import Head, Look
from audiorole.dataset.subtitles.formats.xml_text import local, local_attributes, read_xml
from audiorole.dataset.subtitles.records import Problem, RawCue
from audiorole.dataset.subtitles.shown.markup import only_voice
from audiorole.errors import InputError
from audiorole.types import Record

_DEEPEST = 100
"""Levels of elements; documents have about six."""
_LONGEST = 10.0
"""Seconds that text without an end is shown at most."""


class _Span(Record, frozen=True):
    """The time of an element in seconds: its begin, and its end where one is known."""

    begin: float = 0.0
    end: float | None = None
    own: bool = False


class _Text(Record, frozen=True):
    """A run of text with its time, as markup that `markup.shown_lines` reads."""

    text: str
    span: _Span


def read_ttml(text: str, source: str, language: str = "") -> Found:
    """Return cues and problems of a TTML document. language: of the cues to keep where its divisions hold several.

    Raises `InputError` where nothing of the document can be read.
    """
    root, broken = read_xml(text, source, "ttml")
    reader = _Reader(root, source, language)
    cues = _with_ends(list(reader.cues(root)))
    problems = reader.problems + ([Problem(source, 0, f"breaks off ({quoted(broken)})")] if broken else [])
    if not cues and not problems and _has_pictures(root):
        raise InputError(source, "holds pictures, not text: read them with OCR (Subtitle Edit does) into an SRT file.")
    for cue in list(cues):
        if sentence := wrong_times(cue.start, cue.end):
            problems.append(Problem(source, 0, sentence))
            cues.remove(cue)
    return cues, problems


def _has_pictures(root: ElementTree.Element) -> bool:
    names = (name for element in root.iter() for name in (element.tag, *element.attrib))
    return any(local(name) in ("image", "backgroundImage") for name in names)


class _Reader:
    """Walks over a document and gives its cues."""

    def __init__(self, root: ElementTree.Element, source: str, language: str) -> None:
        self.source, self.problems = source, list[Problem]()
        self.clock: Clock = clock_of(local_attributes(root))
        self.head = Head(root)
        divisions = [
            local_attributes(element).get("lang", "") for element in root.iter() if local(element.tag) == "div"
        ]
        several = len({code for code in divisions if code}) > 1
        self.language = language if several and any(same_language(code, language) for code in divisions) else ""

    def cues(self, root: ElementTree.Element) -> Iterator[RawCue]:
        bodies = [element for element in root.iter() if local(element.tag) == "body"]
        for body in bodies or [root]:
            yield from self._inside(body, _Span(), Look(), 0)

    def _inside(self, element: ElementTree.Element, parent: _Span, look: Look, depth: int) -> Iterator[RawCue]:
        attributes = local_attributes(element)
        span = self._span(element, parent)
        look = self.head.look(attributes, look)
        if span is None or depth > _DEEPEST or self._is_foreign(attributes.get("lang", "")):
            return
        if local(element.tag) == "p":
            yield from self._paragraph(element, span, look)
            return
        yield from self._children(element, span, look, depth, attributes.get("timeContainer") == "seq")

    def _children(
        self, element: ElementTree.Element, span: _Span, look: Look, depth: int, in_turn: bool
    ) -> Iterator[RawCue]:
        """Yield the cues of what is inside; in turn, each begins where the one before ends."""
        ended = span.begin
        for child in element:
            cues = list(self._inside(child, msgspec.structs.replace(span, begin=ended), look, depth + 1))
            yield from cues
            if in_turn and cues:
                ended = max(cue.end for cue in cues)

    def _is_foreign(self, code: str) -> bool:
        if not (self.language and code) or same_language(code, self.language):
            return False
        self.problems.append(Problem(self.source, 0, f"a division in another language ({quoted(code)}) is left out"))
        return True

    def _span(self, element: ElementTree.Element, parent: _Span) -> _Span | None:
        """Return the time of an element; None, and a problem, where one of its times cannot be read."""
        times: dict[str, float] = {}
        for name, value in local_attributes(element).items():
            if name in ("begin", "end", "dur") and value.strip():
                seconds = self.clock.seconds(value)
                if seconds is None:
                    self.problems.append(Problem(self.source, 0, f"times cannot be read ({quoted(value)})"))
                    return None
                times[name] = seconds
        begin = parent.begin + times.get("begin", 0.0)
        ends = [parent.begin + times["end"]] if "end" in times else []
        ends += [begin + times["dur"]] if "dur" in times else []
        inherited = None if ends or parent.end is None else parent.end
        return _Span(begin, min(ends) if ends else inherited, own=bool(times))

    def _paragraph(self, element: ElementTree.Element, span: _Span, look: Look) -> Iterator[RawCue]:
        """Yield the cue of a paragraph, or one for each timed span where those hold whole phrases."""
        runs = [run for run in self._runs(element, span, look, _keeps(element, False), 0) if run.text]
        said = [run for run in runs if run.text.strip()]
        timed = [run for run in said if run.span.own and run.span is not span]
        if not (timed or span.own or span.begin or span.end is not None):
            if said:
                shown = " ".join("".join(element.itertext()).split())
                self.problems.append(Problem(self.source, 0, f"text without a time ({quoted(shown)})"))
            return
        if timed and len(timed) == len(said) and sum(len(run.text.split()) for run in timed) >= 2 * len(timed):
            yield from (self._cue([run], run.span) for run in timed)
        else:
            begin = min([run.span.begin for run in timed], default=span.begin)
            ends = [run.span.end for run in timed if run.span.end is not None]
            yield self._cue(runs, _Span(begin, span.end if span.end is not None or not ends else max(ends)))

    def _cue(self, runs: list[_Text], span: _Span) -> RawCue:
        text = "\n".join(row.strip() for row in "".join(run.text for run in runs).split("\n")).strip("\n")
        end = -1.0 if span.end is None else span.end
        return RawCue(index=0, start=span.begin, end=end, text=text, speaker=only_voice(text))

    def _runs(self, element: ElementTree.Element, span: _Span, look: Look, keeps: bool, depth: int) -> Iterator[_Text]:
        yield _Text(_marked(_spaced(element.text, keeps), look), span)
        for child in element:
            name = local(child.tag) if isinstance(child.tag, str) else ""
            if name == "br":
                yield _Text("\n", span)
            elif name == "span" and depth < _DEEPEST:
                inner, seen = self._span(child, span), self.head.look(local_attributes(child), look)
                if inner is not None and not seen.ruby:
                    yield from self._runs(child, inner if inner.own else span, seen, _keeps(child, keeps), depth + 1)
            yield _Text(_marked(_spaced(child.tail, keeps), look), span)


def _keeps(element: ElementTree.Element, inherited: bool) -> bool:
    space = local_attributes(element).get("space", "")
    return space == "preserve" if space else inherited


def _spaced(text: str | None, keeps: bool) -> str:
    return (text or "") if keeps else re.sub(r"\s+", " ", text or "")


def _marked(text: str, look: Look) -> str:
    """Write how the text looks, and who says it, in the tags that every reader here gives."""
    if not text.strip():
        return text
    text = html.escape(text, quote=False)
    text = f"<i>{text}</i>" if look.italic else text
    text = f'<font color="{look.colour}">{text}</font>' if look.colour else text
    return f"<v {look.voice}>{text}</v>" if look.voice else text


def _with_ends(cues: list[RawCue]) -> list[RawCue]:
    """Let a cue without an end last until the next one begins."""
    starts = sorted(cue.start for cue in cues)
    ended = []
    for cue in cues:
        if cue.end < 0:
            following = next((start for start in starts if start > cue.start), cue.start + _LONGEST)
            cue = msgspec.structs.replace(cue, end=min(following, cue.start + _LONGEST))
        ended.append(cue)
    return ended
