"""What a whole file shows about its habits: which prefixes are names, whether it shouts, whether it punctuates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from audiorole.dataset.subtitles.sdh import NAME_PREFIX, is_upper, name_shape, take_tags
from audiorole.types import Record

TERMINAL = frozenset(".!?。！？؟۔।॥։‼⁇⁉")
CLOSING = "\"'”’»)]）】』」›*_"
_OPENING_DASHES = " -–—‐‑―−"
# A prefix in mixed case is a name when the file uses it again: "Note:" and "He said:" do not come back as speakers.
_TIMES_SEEN = 2


class Survey(Record, frozen=True):
    """Habits of one file.

    names: case-folded prefixes taken for names. shouts: most cues are in capitals, so capitals tell nothing.
    punctuates: sentences end with punctuation, so its absence says that a sentence goes on.
    """

    names: frozenset[str]
    shouts: bool = False
    punctuates: bool = True

    def is_name(self, text: str) -> bool:
        """Tell whether the prefix (or bracketed tag) `text` names a speaker in this file."""
        folded = fold(text)
        return folded in self.names or (name_shape(text) == "capitals" and not self.shouts)


def fold(name: str) -> str:
    """Return the form in which names are compared: case-folded, single spaces."""
    return " ".join(name.casefold().split())


def survey(texts: Iterable[str], names: Iterable[str] = ()) -> Survey:
    """Look over the visible texts of all cues. names: of characters, when a cast is given."""
    shown = [text for text in texts if any(char.isalpha() for char in text)]
    prefixes = Counter(fold(name) for text in shown for name in _prefixes(text))
    returning = {name for name, times in prefixes.items() if times >= _TIMES_SEEN}
    return Survey(
        names=frozenset(returning | {fold(name) for name in names if name.strip()}),
        shouts=_share(shown, is_upper) > 0.5,
        punctuates=_share(shown, ends_sentence) > 0.4,
    )


def _prefixes(text: str) -> Iterable[str]:
    for line in take_tags(text).text.split("\n"):
        match = NAME_PREFIX.match(line.lstrip(_OPENING_DASHES + "".join(map(chr, range(0xE000, 0xE010)))))
        if match and name_shape(match.group("name")):
            yield match.group("name")


def _share(texts: list[str], holds: object) -> float:
    assert callable(holds)
    return sum(bool(holds(text)) for text in texts) / len(texts) if texts else 0.0


def ends_sentence(text: str) -> bool:
    """Tell whether the text ends with terminal punctuation; an ellipsis (`...`, `…`) is none."""
    bare = text.rstrip(CLOSING + " ")
    return bare[-1:] in TERMINAL and not bare.endswith(("...", ".."))


def trails_off(text: str) -> bool:
    """Tell whether the text ends in an ellipsis."""
    return text.rstrip(CLOSING + " ").endswith(("...", "..", "…"))
