"""The forms in which a file writes who speaks: a name with a manner, a role, the anonymous label of a diarizer."""

from __future__ import annotations

import re

from audiorole.dataset.subtitles.marks.sdh import is_manner, is_manner_words, is_role_word, is_upper
from audiorole.dataset.subtitles.marks.sounds import is_sound

PARTICLES = frozenset(
    {
        "of", "the", "von", "van", "der", "den", "de", "del", "della", "da", "di", "du", "des", "do", "dos", "das",
        "la", "le", "les", "el", "al", "ibn", "bin", "ben", "ter", "ten", "zu", "zum", "zur", "af", "av", "y", "e",
        "et", "und", "and", "&", "a", "an", "in", "on", "at", "with", "from", "to", "for", "by", "'s", "d'", "l'",
        "die",
    }
)  # fmt: skip
"""Words of a name that are written small: `Jan van der Berg`, `Guy in the Hat`."""

# WhisperX and pyannote (`SPEAKER_00`), Otter and Rev (`Speaker 1`), Amazon (`spk_1`), Azure (`Guest-1`), AssemblyAI
# (`Speaker A`); the same words in other languages.
_LABEL = re.compile(
    r"^(?:(?:speaker|spkr?|person|participant|voice|cluster|sprecher(?:in)?|locuteur|interlocuteur|intervenant|orateur"
    r"|hablante|locutora?|orador|parlante|oratore|relatore|mluvčí|osoba|mówca|falante|spreker|talare|puhuja|konuşmacı"
    r"|người nói|спикер|говорящий|ομιλητής"
    r"|المتحدث|متحدث|דוברת?|वक्ता|话者|说话人|说话者|发言人|發言人|話者|スピーカー|화자|참석자)"
    r"[\s_#.:-]*(?:no\.?\s*)?(?:\d{1,3}|[a-z])(?:\?|[\s_(-]*(?:fe)?male\)?)?"
    r"|sp?[_-]?\d{1,3}|[mf]\d{1,2}|guest-\d{1,3}|ch(?:annel)?[\s_-]?\d"
    r"|(?:unknown|unidentified)(?:[\s_]speaker)?(?:[\s_]\d{1,2})?|[a-h])$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:,|;|[:：|]|\s[-–—]\s|\(|\[|（|\.{2,})\s*")
_SLASH = re.compile(r"\s*[/／]\s*")
_HEARD = re.compile(
    r"\s+(?=(?:on|over|through|via|off)\b|in\s+[a-z]{2,}(?:ish|an|ese|ch|ic)$|(?:v\.?\s?o|o\.?\s?s|o\.?\s?c)\.?$"
    r"|voice-?\s?over$|narrat\w+$|off-?\s?screen|off-?\s?camera|cont['’]?d)",
    re.IGNORECASE,
)

_NAME_CHARACTER = r"[^:：\n.!?…,;\"“”\ue000-\uf8ff\U000f0000-\U000fffff]"
_BULLET = r"(?:[#@•·∙●◦▪■►▶▸‣⁃*»›>→+—―–]{1,3}\s*|\d{1,4}[.)]\s+)?"
_TITLES = (
    "Dr|Mr|Mrs|Ms|St|Jr|Sr|Prof|Sgt|Lt|Capt|Cpt|Cmdr|Col|Gen|Maj|Pvt|Det|Insp|Rev|Hon|Gov|Sen|Fr|Hr|Sra|Srta|Ing"
    "|Mgr|Bc|No"
)
TITLE = re.compile(_TITLES, re.IGNORECASE)
"""A short word before a name that ends with a full stop."""
_WORDS = rf"{_NAME_CHARACTER}{{0,40}}?(?:(?:{_TITLES}|{_TITLES.upper()})\.{_NAME_CHARACTER}{{0,30}}?)?"
_NAME = (
    rf"{_BULLET}(?P<name>{_WORDS}"
    # how the words are said or heard: `JOE, on phone:` (see `is_prefix`), `JOE V.O.:`
    r"(?:,\s*[^:：\n!?.,]{1,40}|\s+(?:[vV]\.\s?[oO]|[oO]\.\s?[sScC])\.)?)"
    r"\s*(?P<tags>[\ue000-\uf8ff\s]*)"
)
NAME_PREFIX = re.compile(rf"^{_NAME}(?::(?=\s|$|[\ue000-\uf8ff])|：)\s*")
"""A name before a colon, perhaps with tags (`NAME (O.S.):`); a colon of `12:30` or `http://` is none."""
TIGHT_PREFIX = re.compile(rf"^{_NAME}:(?=[^\s\d/:)(\ue000-\uf8ff])")
"""The same without a space after the colon: `NAME:text`."""
LOOSE_PREFIX = re.compile(
    rf"^{_BULLET}(?P<name>{_WORDS})(?:\s+[-–—]{{1,2}}\s+|\s*\|\s*|\s+[=~]+\s+|\s*>+\s+|;\s+)(?P<tags>)(?=\S)"
)
"""A name before a dash or a bar: `NAME - text`; only where a file names most of its speakers so."""
_OPENS, _CLOSES = r"(?:-=|[*_~=|\"“”„«»‹「『《〈≪〔]{1,3})", r"(?:=-|[*_~=|\"“”«»›」』》〉≫〕]{1,3})"
WRAPPED_PREFIX = re.compile(
    rf"^{_BULLET}{_OPENS}\s*(?P<name>{_WORDS})\s*"
    rf"(?:[:：]\s*{_CLOSES}|{_CLOSES}\s*(?P<tags>[\ue000-\uf8ff\s]*)[:：])\s*"
)
"""A name between marks before a colon: `**NAME:** text`, `"NAME": text`."""
FRAMED_PREFIX = re.compile(
    rf"^(?:[#@](?P<handle>[^\s:：#@]{{1,30}})\s|{_OPENS}\s*(?P<name>{_WORDS})\s*{_CLOSES})"
    r"(?P<tags>)\s*(?=[^\s:：])"
)
"""The same without a colon, `《NAME》text`, and `@NAME text`; only where a file names most of its speakers so."""
MANNER_PREFIX = re.compile(rf"^{_BULLET}(?P<name>{_NAME_CHARACTER}{{1,40}}?)\s+(?P<tags>[\ue000-\uf8ff]+)\s+(?=[^\s])")
"""A name before a manner in brackets and no colon: `NAME (on phone) text`."""


def is_label(text: str) -> bool:
    """Tell the label of a diarizer, which means one voice within one file and nobody in particular.

    >>> [is_label(text) for text in ("SPEAKER_00", "Speaker 1", "spk_1", "S2", "Guest-3", "A", "Joe", "MAN 1")]
    [True, True, True, True, True, True, False, False]
    """
    return _LABEL.match(" ".join(text.split())) is not None


def name_and_manner(text: str) -> tuple[str, str]:
    """Divide what names a speaker into the name and how the words are said or heard ("" where nothing is said of it).

    >>> name_and_manner("JOE, on phone"), name_and_manner("Joe V.O."), name_and_manner("Old Joe")
    (('JOE', 'on phone'), ('Joe', 'V.O.'), ('Old Joe', ''))
    """
    role = is_role_word(text.split(" ")[0]) and not any(map(str.isdigit, text))  # `man on TV`, and no `man 2`
    slash = _SLASH.search(text)
    slash = slash if slash and is_manner_words(text[slash.end() :]) else None  # `Joe/Azura` are two people
    for cut in (_SEPARATOR.search(text), slash, None if role else _HEARD.search(text)):
        if cut and cut.start() > 0:
            return text[: cut.start()].strip(), text[cut.end() :].strip(" )]）")
    return text.strip(), ""


_HEARD_BY = re.compile(
    r"\b(?:(?:tele)?phone|radio|tv|television|intercom|loudspeaker|off|aside|(?:him|her|my|them)sel(?:f|ves)|voice-?\s?over"
    r"|telefon\w*|téléphone|tel[eé]fono|télé\w*|rádi\w*|fernseh\w*|lautsprecher|telewiz\w*|vysílačk\w*|телефон\w*|ради\w*)\b",
    re.IGNORECASE,
)


def is_prefix(text: str) -> bool:
    """Tell `Joe, on phone` before a colon from `Joe, listen`, whose words are said.

    >>> is_prefix("Joe, on phone"), is_prefix("Joe"), is_prefix("Joe, listen")
    (True, True, False)
    """
    manner = text.partition(",")[2].strip()
    said = manner.split()[:1] in (["on"], ["over"], ["via"], ["through"])
    return not manner or said or is_manner_words(manner) or _HEARD_BY.search(manner) is not None


def named_in(match: re.Match[str]) -> str:
    """Return the name, with its manner, that one of the patterns above found; "" where it is none."""
    given = " ".join((match.group("name") or match.groupdict().get("handle") or "").split())
    return given if is_prefix(given) else ""


def name_and_sound(text: str) -> tuple[str, str]:
    """Divide `Joe laughing` into the name and the sound; where the first words name nobody, `door opening` is a sound.

    >>> name_and_sound("Joe laughing"), name_and_sound("Joe")
    (('Joe', 'laughing'), ('Joe', ''))
    """
    name, _, last = text.strip().rpartition(" ")
    return (name.strip(), last) if name and (is_manner(last) or is_sound(last)) else (text.strip(), "")


# First words of capitalised prefixes that are not names; a name must also return (see `Survey`).
_NOT_NAMES = frozenset(
    {
        "note", "warning", "attention", "remember", "listen", "look", "question", "answer", "example", "rule", "ps",
        "okay", "ok", "yes", "no", "wait", "point", "fact", "result", "conclusion", "step", "chapter", "part",
        "episode", "scene", "number", "subject", "title", "date", "time", "address", "translation", "subtitles",
        "caution", "danger", "error", "breaking", "previously", "meaning", "namely", "because",
    }
)  # fmt: skip

_NO_SPEAKERS = frozenset(
    {
        "i", "you", "he", "she", "it", "we", "they", "this", "that", "these", "those", "who", "what", "when", "where",
        "why", "how", "there", "here", "if", "so", "and", "but", "or", "then", "said", "says", "asked", "replied",
        "remember", "note", "listen", "look", "because", "is", "are", "was",
    }
)  # fmt: skip


def may_name(text: str) -> bool:
    """Tell whether the words may name somebody in any case of letters, where a file shows by its habit that they do."""
    words = text.casefold().split()
    if not 0 < len(words) <= 5 or not any(map(str.isalpha, text)) or words[0] in _NOT_NAMES:
        return False
    return not _NO_SPEAKERS & set(words) and not (len(words) == 1 and words[0] in _NO_NAMES_ALONE)


def fold(name: str) -> str:
    """Return the form in which names are compared: case-folded, single spaces."""
    return " ".join(name.casefold().split())


# Words that stand alone before a colon, in brackets or on a row of their own, and name nobody.
_NO_NAMES_ALONE = frozenset(
    {
        "yeah", "well", "hey", "right", "sorry", "thanks", "oh", "what", "why", "who", "how", "when", "where",
        "please", "hello", "hi", "sure", "come", "stop", "god", "good", "now", "then", "so", "and", "but", "if",
        "i", "you", "we", "they", "he", "she", "it", "this", "that", "there", "here", "maybe", "alright", "fine",
        "great", "never", "again", "first", "third", "finally", "also", "today", "tomorrow", "tonight", "problem",
        "truth", "bye", "ah", "second", "not", "nothing", "everything", "everybody", "everyone", "help", "run",
        "go", "let", "don't", "really", "sir", "madam", "for", "to", "in", "at", "with", "my", "your", "his", "her",
        "our", "their", "one", "two", "three",
    }
)  # fmt: skip


def name_shape(name: str) -> str:
    """Classify a prefix: `capitals` (`TIRED PRISONER`), `title` (`Tired Prisoner`), `caseless`, or "" for no name.

    Digits may follow letters (`GUARD 2`), a name has at most five words.
    """
    words = name.split()
    if not words or len(words) > 5 or not words[0][0].isalpha() or words[0].casefold() in _NOT_NAMES:
        return ""
    if len(words) == 1 and name.casefold() in _NO_NAMES_ALONE:
        return ""
    if not any(char.isupper() or char.islower() for char in name):
        return "caseless" if len(name) <= 12 and len(words) <= 2 else ""
    if is_upper(name):
        return "capitals"
    large = [word[0].isupper() or word[0].isdigit() or word[0] in "#(" for word in words]
    fits = all(big or word in PARTICLES for big, word in zip(large, words, strict=True))
    return "title" if fits and any(large) else ""
