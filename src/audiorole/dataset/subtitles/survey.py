"""What a whole file shows about its habits: which marks are names, whether it shouts, whether it punctuates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from audiorole.dataset.subtitles.forms import Forms, spoken_text, written_forms
from audiorole.dataset.subtitles.markup import ShownLine
from audiorole.dataset.subtitles.names import is_label, name_and_manner, name_and_sound, name_shape
from audiorole.dataset.subtitles.sdh import is_manner, is_role, is_upper
from audiorole.dataset.subtitles.sounds import is_sound
from audiorole.types import Record

TERMINAL = frozenset(".!?。！？؟۔।॥։‼⁇⁉")
CLOSING = "\"'”’»)]）】』」›*_"
# A prefix in mixed case is a name when the file uses it again: "Note:" and "He said:" do not come back as speakers.
_TIMES_SEEN = 2
_HABIT_LINES = 3
"""Names by returning tags on this many cues, and on this share of them, make a habit: then a name may occur once."""
_HABIT_SHARE = 0.1


class Survey(Record, frozen=True):
    """Habits of one file.

    names: case-folded names of speakers. shouts: most cues are in capitals, so capitals tell nothing. punctuates:
    sentences end with punctuation, so its absence says that a sentence goes on. capitalises: sentences begin with a
    capital, so a small letter says that one goes on. prefixes, tags, rows: names before colons, in brackets, or on rows
    of their own, are a habit. colours: its colours tell speakers apart.
    """

    names: frozenset[str]
    shouts: bool = False
    punctuates: bool = True
    capitalises: bool = True
    prefixes: bool = False
    tags: bool = False
    rows: bool = False
    colours: bool = False

    def prefix(self, text: str) -> str:
        """Return the speaker that `text` before a colon names, "" for none."""
        name = self._known(text)
        if name or (is_label(text) and len(text) > 1):
            return name or text
        base, _ = name_and_manner(text)
        shape = name_shape(base)
        once = self.prefixes and shape in ("title", "caseless") and len(base.split()) <= 3
        return base if once or (shape == "capitals" and not self.shouts) else ""

    def tag(self, text: str) -> str:
        """Return the speaker that a bracketed `text` before words names, "" for none."""
        if is_label(text) and len(text) > 1:
            return text
        if is_role(text):
            return text
        return self._known(text) or (name_and_manner(text)[0] if self.tags and self._name_once(text) else "")

    def row(self, text: str) -> str:
        """Return the speaker whom a row of its own names, "" for none."""
        shape = name_shape(text)
        known = fold(text) in self.names and (self.rows or shape == "capitals")
        return text if known or (self.rows and shape == "capitals" and not self.shouts) else ""

    def _known(self, text: str) -> str:
        if fold(text) in self.names:
            return text
        bases = (base for base, manner in (name_and_manner(text), name_and_sound(text)) if manner)
        return next((base for base in bases if fold(base) in self.names), "")

    def _name_once(self, text: str) -> bool:
        """Tell whether a tag that occurs once may be a name, in a file that writes names so."""
        base, manner = name_and_manner(text)
        few = len(base.split()) <= 2 and (not manner or is_sound(manner) or is_manner(manner) or "," in text)
        return few and name_shape(base) in ("capitals", "title", "caseless") and not is_sound(base)


def fold(name: str) -> str:
    """Return the form in which names are compared: case-folded, single spaces."""
    return " ".join(name.casefold().split())


def survey(cues: Sequence[Sequence[ShownLine]], names: Iterable[str] = ()) -> Survey:
    """Look over the visible rows of all cues. names: of characters, when a cast is given."""
    forms = [written_forms(rows) for rows in cues]
    texts = [text for text in map(spoken_text, cues) if any(map(str.isalpha, text))]
    given = {fold(name) for name in names if name.strip()}
    shouts = _share(texts, is_upper) > 0.5
    prefixes = _returning(chain.from_iterable(_marked(form, shouts) for form in forms))
    tagged, tag_habit = _tag_names(forms, given | prefixes)
    punctuates = _share(texts, ends_sentence) > 0.4
    alone, row_habit = _row_names(forms, shouts, punctuates)
    return Survey(
        names=frozenset(given | prefixes | tagged | alone | _small_names(forms, len(texts))),
        shouts=shouts,
        punctuates=punctuates,
        capitalises=_share(texts, _begins_small) < 0.7,
        prefixes=_names_most(forms, prefixes, len(texts)),
        tags=tag_habit,
        rows=row_habit,
        colours=_tells_by_colour(cues),
    )


def _returning(names: Iterable[str]) -> set[str]:
    counts = Counter(fold(name_and_manner(name)[0]) for name in names if name_shape(name_and_manner(name)[0]))
    return {name for name, times in counts.items() if times >= _TIMES_SEEN}


def _marked(form: Forms, shouts: bool) -> Iterator[str]:
    """Yield what a cue marks as a speaker in any form: a name may have a colon here and a row of its own there."""
    yield from form.prefixes
    yield from form.tight_prefixes
    yield from (row for row in form.rows if name_shape(row) == "capitals" and not shouts)
    yield from (tag for tag in form.tags if name_shape(tag) and not is_sound(tag) and tag not in form.loose_tags)


def _names_most(forms: Sequence[Forms], names: set[str], cues: int) -> bool:
    """Tell whether several names before colons open a good part of the cues: then one may occur once."""
    opened = Counter(fold(name_and_manner(name)[0]) for form in forms for name in form.prefixes)
    times = [opened[name] for name in names if opened[name]]
    return len(times) > 1 and sum(times) >= max(2 * _HABIT_LINES, 0.4 * cues)


def _tag_names(forms: Sequence[Forms], known: set[str]) -> tuple[set[str], bool]:
    """Return the names in brackets: they stand before words and come back; sounds stand anywhere.

    Small letters name a speaker only where such tags open most of the cues.
    """
    front = Counter(fold(tag) for form in forms for tag in form.tags)
    other = Counter(fold(tag) for form in forms for tag in form.loose_tags)
    shapes = {fold(tag): name_shape(tag) for form in forms for tag in form.tags}
    back = {
        tag for tag, times in front.items() if times >= _TIMES_SEEN and times > 3 * other[tag] and not is_sound(tag)
    }
    most = sum(front[tag] for tag in back) > 0.5 * len(forms) and len(back) > 1
    names = {tag for tag in back if shapes[tag] or most}
    lines = sum(times for tag, times in front.items() if tag in names or tag in known)
    return names, lines >= max(_HABIT_LINES, _HABIT_SHARE * len(forms))


def _row_names(forms: Sequence[Forms], shouts: bool, punctuates: bool) -> tuple[set[str], bool]:
    """Return the names on rows of their own, and whether they are a habit of the file.

    In mixed case they must be several that come back, in a file that punctuates, or the row is a short line of speech.
    """
    rows = Counter(row for form in forms for row in form.rows)
    capitals = Counter({row: times for row, times in rows.items() if name_shape(row) == "capitals" and not shouts})
    mixed = Counter({row: times for row, times in rows.items() if name_shape(row) == "title" and times >= _TIMES_SEEN})
    mixed = mixed if len(mixed) > 1 and punctuates else Counter()
    habit = (capitals + mixed).total() >= max(_HABIT_LINES, _HABIT_SHARE * len(forms))
    names = {fold(row) for row, times in capitals.items() if times >= _TIMES_SEEN} | {fold(row) for row in mixed}
    return names, habit


_NO_SPEAKERS = frozenset(
    {
        "i", "you", "he", "she", "it", "we", "they", "this", "that", "these", "those", "who", "what", "when", "where",
        "why", "how", "there", "here", "if", "so", "and", "but", "or", "then", "said", "says", "asked", "replied",
        "remember", "note", "listen", "look", "because",
    }
)  # fmt: skip


def _small_names(forms: Sequence[Forms], cues: int) -> set[str]:
    """Return names in small letters (`joe:`): several come back, and together they open most of the cues."""
    counts = Counter(fold(name_and_manner(name)[0]) for form in forms for name in form.small_prefixes)
    back = {
        name for name, times in counts.items()
        if times >= _TIMES_SEEN and len(name.split()) <= 3 and not _NO_SPEAKERS & set(name.split())
    }  # fmt: skip
    return back if len(back) > 1 and sum(counts[name] for name in back) > 0.3 * cues else set()


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
