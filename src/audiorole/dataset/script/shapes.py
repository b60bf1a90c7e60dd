"""The shapes in which one row of a script holds a name and what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiorole.dataset.script.pages import BOLD, PLAIN
from audiorole.dataset.script.rows import STAMP, ScriptRow
from audiorole.dataset.script.speakers import LONGEST_NAME, clean_name, is_name_like
from audiorole.dataset.subtitles.marks.names import TITLE
from audiorole.types import Record

_ASIDE = r"(?P<aside>(?:\s*(?:\([^()]{0,60}\)|\[[^\[\]]{0,60}\]|（[^（）]{0,60}）|\{[^{}]{0,60}\}))*)"
_WORD = rf"[^:：()\[\]{{}}<>（）【】「」|\t\n{BOLD}{PLAIN}]"
_NAME = rf"(?P<name>{_WORD}{{1,{LONGEST_NAME}}}?)"
_UNDASHED = rf"(?P<name>{_WORD[:-1]}–—]{{1,{LONGEST_NAME}}}?)"
_TEXT = r"(?P<text>.*)$"

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("bold", re.compile(rf"^{BOLD}(?P<name>[^{BOLD}{PLAIN}]{{1,80}}?){PLAIN}{_ASIDE}\s*[:：.|=>~\-–—]*\s*{_TEXT}")),
    ("colon", re.compile(rf"^[\"'“„«‹‚]?\s*{_NAME}\s*[\"'”“»›‘]?{_ASIDE}\s*(?:::?|：|:-)\s*{_TEXT}")),
    ("bracket", re.compile(
        rf"^(?:\[(?P<name>[^\[\]]{{1,60}})\]|\((?P<round>[^()]{{1,60}})\)|<(?P<angle>[^<>]{{1,60}})>"
        rf"|【(?P<cjk>[^【】]{{1,60}})】"
        rf"|（(?P<wide>[^（）]{{1,60}})）|\{{(?P<curly>[^{{}}]{{1,60}})\}}|《(?P<book>[^《》]{{1,60}})》|〈(?P<angled>[^〈〉]{{1,60}})〉|≪(?P<double>[^≪≫]{{1,60}})≫)\s*[:：\-–—]*\s*{_TEXT}")),
    ("tab", re.compile(rf"^{_NAME}{_ASIDE}\s*(?:\t+|\s*\|+\s*|\s{{3,}})\s*{_TEXT}")),
    ("dash", re.compile(rf"^{_UNDASHED}{_ASIDE}(?:\s+[-–—]{{1,2}}\s*|\s*(?:--|[–—])\s*|-\s+){_TEXT}")),
    ("arrow", re.compile(rf"^[@<]?{_NAME}{_ASIDE}\s*(?:=+>|-+>|→|⇒|>+|=|~|»|›|[►▶▸•·]|/{{1,3}}|;)\s+{_TEXT}")),
    ("aside", re.compile(
        rf"^{_NAME}(?<![.\s])\s*(?P<aside>\([^()]{{1,60}}\)|\[[^\[\]]{{1,60}}\])\s*{_TEXT}")),
    ("says", re.compile(
        rf"^{_NAME}\s+(?:says?|said|asks?|replies|whispers|shouts|yells|adds|answers)\s*[,:]\s*{_TEXT}")),
    ("quote", re.compile(rf"^{_NAME}\s*[,:]?\s*[\"“«„「『](?P<text>.+?)[\"”»“」』]?$")),
    ("capital dot", re.compile(rf"^(?P<name>[^\W\d_a-z][^a-z.:{BOLD}{PLAIN}]{{1,{LONGEST_NAME}}})\.[-–—]?\s+{_TEXT}")),
    ("dot", re.compile(rf"^(?P<name>[^\s.:{BOLD}{PLAIN}][^.:{BOLD}{PLAIN}]{{0,{LONGEST_NAME}}})\.[-–—]?\s+{_TEXT}")),
    ("comma", re.compile(r"^\"?(?P<name>[^\",;\t]{1,40})\"?\s*[,;]\s*\"?(?P<text>[^\"].*?)\"?$")),
    ("capitals", re.compile(
        rf"^(?P<name>@?[^\W\d_a-z][^a-z:.!?,{BOLD}{PLAIN}]{{1,{LONGEST_NAME}}}?)\s+(?P<text>[^\s].*)$")),
    ("after", re.compile(
        r"^(?P<text>.+?)\s*(?:\((?P<name>[^()]{1,40})\)|\[(?P<square>[^\[\]]{1,40})\]|(?:\s[-–—~]{1,2}\s+|[–—~]\s*)"
        r"(?P<dashed>(?:(?!\s[-–—~])[^–—~()\[\].!?:]){1,40}))$")),
)  # fmt: skip
"""Kinds of shape, the surest first: the first whose name the script knows is taken."""

_COLON_BOLD = re.compile(
    rf"^{BOLD}[^{PLAIN}]{{1,80}}(?:[:：]\s*{PLAIN}|{PLAIN}\s*(?:[(\[][^()\[\]]{{0,60}}[)\]]\s*)?[:：])"
)

_SIMPLE, _LONGEST_ROW = 3, 5_000
"""Of a row of more characters only so many shapes are tried, those that look at its beginning alone."""

MARKING = re.compile(
    rf"^(?:[\[(<{{【（《「{BOLD}]|[^.!?…]{{1,{LONGEST_NAME}}}?(?:[:：|\t=~→]|\s[-–—]+\s|--|[–—]|-\s|\s{{3,}}))"
)
"""What looks as if it named somebody: such a row is never the speaker before's, even where it is not understood."""


class RowReading(Record, frozen=True):
    """A reading of one row: its shape, the name, what stood in brackets behind the name, and the words."""

    shape: str
    name: str
    aside: str
    text: str


_DIVIDERS = re.compile(r"^(?:[-–—>,;:=~►▶]+\s+)+")


def _words(text: str) -> str:
    """Return what is said without marks of the page and what divides it from the name."""
    return _DIVIDERS.sub("", text.replace(BOLD, "").replace(PLAIN, "").strip()).strip()


def candidates(row: ScriptRow) -> Iterator[RowReading]:
    """Yield what the row may say, by whom, in every shape that fits."""
    for shape, pattern in SHAPES if len(row.raw) <= _LONGEST_ROW else SHAPES[:_SIMPLE]:
        match = pattern.match(row.raw if shape == "tab" else row.text)
        if match is None:
            continue
        groups = match.groupdict()
        given = next((value for name, value in groups.items() if name not in ("text", "aside") and value), "")
        stamps = STAMP.sub("", groups.get("aside") or "")
        name = clean_name(given)
        if is_name_like(name) and not ("dot" in shape and TITLE.fullmatch(name)):  # `Mrs. Robinson. Hello.`
            shape = "colon" if shape == "bold" and _COLON_BOLD.match(row.text) else shape
            yield RowReading(shape, name, stamps.strip(), _words(groups["text"]))
