"""What a whole file shows about its habits: which marks are names, whether it shouts, whether it punctuates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from audiorole.dataset.subtitles.forms import FORMS, Forms, spoken_text, written_forms
from audiorole.dataset.subtitles.marks.names import (
    PARTICLES,
    fold,
    is_label,
    may_name,
    name_and_manner,
    name_and_sound,
    name_shape,
)
from audiorole.dataset.subtitles.marks.sdh import is_manner, is_role, is_upper
from audiorole.dataset.subtitles.marks.sounds import is_sound
from audiorole.dataset.subtitles.shown.markup import ShownLine
from audiorole.types import Record

TERMINAL = frozenset(".!?。！？؟۔।॥։‼⁇⁉")
CLOSING = "\"'”’»)]）】』」›*_"
# A prefix in mixed case is a name when the file uses it again: "Note:" and "He said:" do not come back as speakers.
_TIMES_SEEN = 2
_HABIT_LINES = 3
"""Names by returning tags on this many cues, and on this share of them, make a habit: then a name may occur once."""
_HABIT_SHARE = 0.1
_FEWEST_MOSTLY, _MOSTLY = 4, 0.4
"""Names that come back open this many cues, and this share of them, where a form is how the file names its speakers."""


_UNSURE = frozenset({"loose", "framed", "row"})
"""Forms in which words stand as well: a name without capitals has to come back there."""
_UNPUNCTUATED = 0.7
"""The share of cues that names on rows of their own open, where nothing tells such a row from a sentence."""


class Survey(Record, frozen=True):
    """Habits of one file.

    names: case-folded names of speakers. shouts: most cues are in capitals, so capitals tell nothing. punctuates:
    sentences end with punctuation, so its absence says that a sentence goes on. capitalises: sentences begin with a
    capital, so a small letter says that one goes on. often, mostly: forms (`prefix`, `tag`, `row`, …) in which names
    stand in many cues, or open most of them: then one may occur once. small: forms whose names are in small letters.
    colours: its colours tell speakers apart.
    """

    names: frozenset[str]
    shouts: bool = False
    punctuates: bool = True
    capitalises: bool = True
    often: frozenset[str] = frozenset()
    mostly: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    colours: bool = False

    def prefix(self, text: str) -> str:
        """Return the speaker that `text` before a colon names, "" for none."""
        name = self._known(text)
        if name or (is_label(text) and len(text) > 1):
            return name or text
        base, _ = name_and_manner(text)
        capitals = name_shape(base) == "capitals" and not self.shouts
        return base if capitals or self._once(base, "prefix") else ""

    def tight(self, text: str) -> str:
        """Return the speaker that `text` before a colon without a space names (`NAME:text`), "" for none."""
        name = self._known(text)
        if name or is_label(text):
            return name or text
        return text if self._once(text, "tight") or self._once(text, "prefix") else ""

    def loose(self, text: str) -> str:
        """Return the speaker that `text` before a dash or a bar names, in a file that writes most names so."""
        return (self._known(text) or (text if self._once(text, "loose") else "")) if "loose" in self.mostly else ""

    def framed(self, text: str) -> str:
        """Return the speaker that `text` between marks names, `*Joe* Hello`, in a file that writes most names so."""
        if "framed" not in self.mostly or is_sound(text):
            return ""
        return self._known(text) or (text if self._once(text, "framed") else "")

    def with_manner(self, text: str) -> str:
        """Return the speaker that `text` before a manner in brackets names: `JOE (on phone) Hello`."""
        capitals = name_shape(text) == "capitals" and not self.shouts
        return self._known(text) or (text if capitals or self._once(text, "manner") else "")

    def tag(self, text: str) -> str:
        """Return the speaker that a bracketed `text` before words names, "" for none."""
        base, manner = name_and_manner(text)
        if (is_label(text) and len(text) > 1) or is_role(base):
            return text if is_label(text) else base
        said = not manner or is_sound(manner) or is_manner(manner) or "," in text
        often = "tag" in self.often and said and bool(name_shape(base)) and len(base.split()) <= 2
        return self._known(text) or (base if (often or self._once(base, "tag")) and not is_sound(base) else "")

    def row(self, text: str) -> str:
        """Return the speaker whom a row of its own names, "" for none."""
        capitals = name_shape(text) == "capitals"
        known = fold(text) in self.names and (capitals or "row" in self.often)
        habit = "row" in self.often and capitals and not self.shouts
        return text if known or habit or self._once(text, "row") else ""

    def knows(self, text: str) -> bool:
        """Tell whether the text is the name of somebody who speaks in this file."""
        return bool(self._known(text)) or is_label(text)

    def _known(self, text: str) -> str:
        if fold(text) in self.names:
            return text
        bases = (base for base, manner in (name_and_manner(text), name_and_sound(text)) if manner)
        return next((base for base in bases if fold(base) in self.names), "")

    def _once(self, text: str, form: str) -> bool:
        """Tell whether a name may occur once in a form that opens most cues of the file."""
        if form not in self.mostly or len([word for word in text.split() if word not in PARTICLES]) > 3:
            return False
        shape = name_shape(text)
        if shape == "caseless" and form in _UNSURE:
            return False
        return bool(shape) or (form in self.small and len(text.split()) == 1 and may_name(text))


def survey(cues: Sequence[Sequence[ShownLine]], names: Iterable[str] = ()) -> Survey:
    """Look over the visible rows of all cues. names: of characters, when a cast is given."""
    forms = [written_forms(rows) for rows in cues]
    texts = [text for text in map(spoken_text, cues) if any(map(str.isalpha, text))]
    shouts, punctuates = _share(texts, is_upper) > 0.5, _share(texts, ends_sentence) > 0.4
    found = _Found(forms, shouts, punctuates)
    return Survey(
        names=frozenset({fold(name) for name in names if name.strip()} | found.names),
        shouts=shouts,
        punctuates=punctuates,
        capitalises=_share(texts, _begins_small) < 0.7,
        often=found.often,
        mostly=found.mostly,
        small=found.small,
        colours=_tells_by_colour(cues),
    )


class _Found:
    """The names of a file by the forms in which it writes them, and which of these forms are its habit."""

    def __init__(self, forms: Sequence[Forms], shouts: bool, punctuates: bool) -> None:
        self.cues, self.shouts, self.punctuates = len(forms), shouts, punctuates
        self.written = {form: Counter(name for one in forms for name in one.of(form)) for form in FORMS}
        self.loose_tags = Counter(fold(tag) for one in forms for tag in one.loose_tags)
        self.mostly = frozenset(form for form in FORMS if self._opens_most(form))
        self.small = frozenset(form for form in self.mostly if not any(map(name_shape, self._returning(form))))
        self.names = self._names()
        self.often = frozenset(form for form in ("tag", "row") if self._is_often(form))

    def _names(self) -> set[str]:
        """Return names in capitals or title case that come back in any form, and all of forms that open most cues.

        A name may have a colon here and a row of its own there.
        """
        total: Counter[str] = Counter()
        for form in FORMS:
            if form not in ("loose", "framed") or form in self.mostly:
                total.update({fold(n): times for n, times in self.written[form].items() if self._counts(n, form)})
        names = {name for name, times in total.items() if times >= _TIMES_SEEN}
        return names | {fold(name) for form in self.mostly for name in self._returning(form)}

    def _counts(self, name: str, form: str) -> bool:
        """Tell whether one occurrence in this form speaks for a name."""
        shape = name_shape(name)
        if form == "row":
            several = shape == "title" and self.punctuates and len(self._returning("row")) > 1
            return (shape == "capitals" and not self.shouts) or (several and name in self._returning("row"))
        if form == "tag":
            return bool(shape) and self._is_no_sound(name)
        return bool(shape)

    def _is_no_sound(self, tag: str) -> bool:
        """Tell whether a tag stands before words as a rule, as names do; sounds stand anywhere."""
        return not is_sound(tag) and self.written["tag"][tag] > 3 * self.loose_tags[fold(tag)]

    def _returning(self, form: str) -> set[str]:
        """Return the names, as written, that come back in this form."""
        back = {name for name, times in self.written[form].items() if times >= _TIMES_SEEN and may_name(name)}
        if form == "framed":
            return {name for name in back if not is_sound(name)}
        return {name for name in back if form != "tag" or self._is_no_sound(name)}

    def _opens_most(self, form: str) -> bool:
        """Tell whether several names that come back open most cues in this form."""
        back = self._returning(form)
        lines = sum(self.written[form][name] for name in back)
        share = _UNPUNCTUATED if form == "row" and not self.punctuates else _MOSTLY
        return len(back) > 1 and lines >= max(_FEWEST_MOSTLY, share * self.cues)

    def _is_often(self, form: str) -> bool:
        """Tell whether names stand in many cues in this form."""
        capitals = {name for name in self.written[form] if form == "row" and self._counts(name, form)}
        lines = sum(times for name, times in self.written[form].items() if fold(name) in self.names or name in capitals)
        return lines >= max(_HABIT_LINES, _HABIT_SHARE * self.cues)


def _tells_by_colour(cues: Sequence[Sequence[ShownLine]]) -> bool:
    """Tell whether at least two colours hold several rows with words each: sounds and songs are coloured too."""
    counts = Counter(row.colour for rows in cues for row in rows if spoken_text([row]))
    several = [times for times in counts.values() if times >= max(_TIMES_SEEN, 0.03 * counts.total())]
    return len(several) > 1 and any(counts)


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / len(texts) if texts else 0.0


def _begins_small(text: str) -> bool:
    return next((char for char in text if char.isalpha()), "A").islower()


def ends_sentence(text: str) -> bool:
    """Tell whether the text ends with terminal punctuation; an ellipsis (`...`, `…`) is none."""
    bare = text.rstrip(CLOSING + " ")
    return bare[-1:] in TERMINAL and not bare.endswith(("...", ".."))


def trails_off(text: str) -> bool:
    """Tell whether the text ends in an ellipsis."""
    return text.rstrip(CLOSING + " ").endswith(("...", "..", "…"))
