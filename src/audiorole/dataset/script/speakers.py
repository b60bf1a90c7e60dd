"""Which words of a script may name a speaker, and which are headings, transitions or prose."""

from __future__ import annotations

import re

from audiorole.dataset.script.pages import BOLD, PLAIN
from audiorole.dataset.script.rows import STAMP
from audiorole.dataset.subtitles.marks.names import PARTICLES, is_label
from audiorole.dataset.subtitles.marks.sdh import is_role_word

LONGEST_NAME = 40
"""Characters; the longest names in scripts are descriptions such as `Woman in the Second Row`."""
_MOST_WORDS = 6

SCENE = re.compile(
    r"^(?:[\[(]\s*(?:(?:scene|scéna|szene|scène|escena|act|场景|場景)\b\s*[:.]?\s*)(?P<tag>[^\])]*)[\])]"
    r"|(?P<slug>(?:\d+[A-Z]?[.)]?\s+)?(?:INT|EXT|INT\./EXT|I/E)[./ ].*)"
    r"|(?:scene|act)\b[:. ]\s*(?P<plain>.{1,80}))$",
    re.IGNORECASE,
)
TRANSITION = re.compile(
    r"^(?:(?:SMASH |MATCH |HARD )?CUT TO|FADE (?:IN|OUT|TO)|DISSOLVE TO|THE END|CONTINUED|END CREDITS|TITLE CARD|MORE$)"
    r"(?![a-z])"
)
_HEADINGS = frozenset(
    {
        "written by", "directed by", "teleplay by", "story by", "transcribed by", "transcript by",
        "originally aired", "air date", "aired", "scene", "note", "notes", "cut to", "fade in", "fade out",
        "act", "title", "episode", "teaser", "source", "disclaimer", "season", "time", "setting", "cast",
        "characters", "summary", "video", "audio", "size", "resolution", "codec", "bitrate", "format",
        "duration", "language", "languages", "subtitles", "genre", "imdb", "release", "encoder", "runtime",
        "quality", "warning", "copyright", "chapter", "part", "http", "https", "date", "location", "place",
        "ps", "nb", "edited by", "produced by", "starring", "guest starring", "music by", "trivia",
        "transcript", "category", "see also", "contents", "references",
    }
)  # fmt: skip
_PRONOUNS = frozenset(
    {
        "i", "you", "he", "she", "it", "we", "they", "this", "that", "these", "those", "there", "who", "what",
        "when", "where", "why", "how", "if", "so", "and", "but", "or", "then", "his", "her", "my", "your",
        "their", "our", "because", "not", "no", "yes", "okay", "ok", "well", "oh", "hey", "look", "listen",
        "wait", "remember",
    }
)  # fmt: skip
_SPEECH = re.compile(
    r"^(?:says?|said|asks?|asked|repl(?:y|ies|ied)|whispers?|shouts?|yells?|adds?|answers?|answered|tells?|told)$",
    re.IGNORECASE,
)
_EDGES = " \t`‘’´:：.,;|-–—=~*_\"'“”„‚«»‹›<>[]{}()「」『』《》〈〉≪≫【】（）@#^/►▶▸•·" + BOLD + PLAIN


def clean_name(text: str) -> str:
    """Return a name without time stamps, quotes, brackets and marks around it.

    >>> clean_name("@JOE ^"), clean_name("[Joe]:"), clean_name("JOE (CONT'D)")
    ('JOE', 'Joe', 'JOE')
    """
    if len(text) > 5 * LONGEST_NAME:
        return ""
    text = STAMP.sub(" ", text.replace(BOLD, "").replace(PLAIN, ""))
    text = re.sub(r"\s*[(\[]\s*cont(?:['’]?d|inued)?\.?\s*[)\]]", "", text, flags=re.IGNORECASE)
    dotted = text.rstrip(": ").endswith(".") and re.search(
        r"\b[A-Z]\.\s*$|\b(?:Jr|Sr|Dr|Mr|Mrs|Ms)\.\s*$", text.rstrip(": ")
    )
    cleaned = " ".join(text.strip(_EDGES).split())
    return f"{cleaned}." if dotted else cleaned


def is_name_like(name: str) -> bool:
    """Tell whether the words may name somebody at all."""
    words = name.split()
    if not words or len(words) > _MOST_WORDS or len(name) > LONGEST_NAME or not any(map(str.isalpha, name)):
        return False
    folded = name.casefold().strip(".")
    if folded in _HEADINGS or TRANSITION.match(name) or words[0].casefold() in _PRONOUNS or _SPEECH.match(words[-1]):
        return False
    return not re.search(r"[!?…,;\"“”。！？]|\.\s+[a-z]|\.\.|://|www\.|\\", name) and words[0][0] not in "-–—/&+"


def is_plain_name(name: str) -> bool:
    """Tell whether every word of the name is written as names are, so that one occurrence suffices.

    >>> [is_plain_name(name) for name in ("Jan van der Berg", "7 of 9", "小明", "the postman", "he told them")]
    [True, True, True, True, False]
    """
    words = name.split()
    named = [word for word in words if word not in PARTICLES]
    large = [not next((char for char in word if char.isalpha()), "A").islower() for word in named]
    if named and all(large):
        return is_name_like(name)
    role = words and (is_role_word(words[-1].strip("s")) or is_role_word(words[0]) or words[0] in ("the", "a", "an"))
    return (bool(role) and len(words) <= 3 and is_name_like(name)) or is_label(name)
