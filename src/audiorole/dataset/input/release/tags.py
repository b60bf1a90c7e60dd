"""What the name of a subtitle file, or the title of a track, says of it: language, signs only, names of speakers …"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from audiorole.dataset.input.release.languages import two_letters

_NAMES = {
    "en": "english anglais englisch inglés ingles anglický",
    "de": "german deutsch allemand alemán němčina",
    "fr": "french français francais französisch francés vf vff vostfr",
    "es": "spanish español espanol castellano castilian latino espagnol spanisch",
    "it": "italian italiano italienisch", "nl": "dutch nederlands flemish", "sv": "swedish svenska",
    "pt": "portuguese português portugues brazilian brasileiro brasil pob pb", "pl": "polish polski",
    "cs": "czech čeština cestina česky cesky cz tchèque", "sk": "slovak slovenčina slovencina slovensky",
    "ru": "russian русский русские", "uk": "ukrainian українська", "bg": "bulgarian български",
    "sr": "serbian srpski српски",
    "hr": "croatian hrvatski", "sl": "slovenian slovenščina", "bs": "bosnian bosanski", "mk": "macedonian македонски",
    "hu": "hungarian magyar", "ro": "romanian română romana", "el": "greek ελληνικά", "tr": "turkish türkçe turkce",
    "da": "danish dansk", "no": "norwegian norsk bokmål nb nob nno nynorsk", "fi": "finnish suomi",
    "is": "icelandic íslenska",
    "et": "estonian eesti", "lv": "latvian latviešu", "lt": "lithuanian lietuvių", "ca": "catalan català",
    "eu": "basque euskara", "gl": "galician galego", "ja": "japanese 日本語 jp jap", "ko": "korean 한국어 kr",
    "zh": "chinese mandarin 中文 简体 繁體 繁体 简体中文 繁體中文 简中 繁中 chs cht simplified traditional zho",
    "yue": "cantonese 粵語",
    "ar": "arabic العربية", "he": "hebrew עברית iw", "fa": "persian farsi فارسی", "hi": "hindi हिन्दी",
    "th": "thai ไทย", "vi": "vietnamese", "id": "indonesian", "ms": "malay melayu", "ta": "tamil", "te": "telugu",
    "bn": "bengali", "ur": "urdu", "fil": "filipino tagalog",
}  # fmt: skip
_BY_NAME = {name: code for code, names in _NAMES.items() for name in names.split()}
_THREE_LETTERS = """
eng deu ger fra fre spa ita por nld dut ces cze slk slo pol rus ukr jpn kor zho chi cmn ara heb tur swe nor nob dan fin
ell gre hun ron rum hin tha vie ind bul hrv srp cat fas per slv bos mkd mac isl ice est lav lit eus baq glg msa may tam
tel ben urd fil tgl sqi alb kat geo hye arm
"""
_CODES = frozenset(_NAMES) | frozenset({"sq", "ka", "hy"}) | frozenset(_THREE_LETTERS.split())
_REGIONS = re.compile(r"[a-z]{2}|\d{3}|hans|hant|latn|cyrl", re.IGNORECASE)

SDH_TAGS = frozenset({"sdh", "cc", "hi", "hearing", "impaired", "deaf", "caption", "captions"})
_FORCED = frozenset(
    {
        "forced", "foreign", "forcé", "forcés", "forces", "erzwungen", "vynucené", "vynucene", "nucené", "nucene",
        "forzado", "forzados", "forzati", "forçado", "forçados", "wymuszone", "форсированные", "narrative",
    }
)  # fmt: skip
_SIGNS = frozenset(
    {
        "signs", "songs", "sign", "song", "karaoke", "lyrics", "typesetting", "nápisy", "schilder", "надписи",
        "panneaux", "carteles", "cartelli", "看板",
    }
)  # fmt: skip
_COMMENTARY = frozenset(
    {
        "commentary", "comment", "comments", "commentaire", "kommentar", "komentář", "comentario", "comentários",
        "commento", "комментарии", "コメンタリー",
    }
)  # fmt: skip
_EMPTY = frozenset(
    {
        "default", "full", "dialogue", "dialog", "subtitles", "subtitle", "subs", "sub", "track", "and", "only", "und",
        "dub", "closed", "for", "the", "titulky", "ocr", "director", "director's", "canada", "españa", "espana",
        "france", "mexico", "méxico", "portugal", "america", "american",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Tags:
    """language: two letters or "". forced: what is foreign to the listener only; signs: what is written or sung."""

    language: str = ""
    forced: bool = False
    sdh: bool = False
    signs: bool = False
    commentary: bool = False


def read_tags(name: str) -> Tags:
    """Return what the last words of a file's name say; it ends at the first word that is none of a subtitle's.

    Codes of two or three letters count behind a dot, a bracket or alone: a title may end in "is".

    >>> read_tags("2_English.sdh"), read_tags("This Is It").language
    (Tags(language='en', forced=False, sdh=True, signs=False, commentary=False), '')
    """
    return _tags(list(_known(_pieces(name))))


@lru_cache(maxsize=1 << 16)
def only_tags(name: str) -> bool:
    """Return True where a name says nothing but what its subtitle is, as `2_English` does."""
    pieces = _pieces(name)
    return len(list(_known(pieces))) == len(pieces) and bool(read_tags(name).language)


def title_tags(title: str) -> Tags:
    """Return what the title of a track says, anywhere in it.

    >>> title_tags("Commentary by the crew").commentary, title_tags("Signs/Songs [Grp]").signs
    (True, True)
    """
    pieces = _pieces(title)
    return _tags([(_language(word, before, len(pieces) == 1), word) for before, word in reversed(pieces)])


def _tags(words: list[tuple[str, str]]) -> Tags:
    languages = [language for language, _ in words if language]
    return Tags(
        language=languages[-1] if languages else "",
        forced=any(word in _FORCED for _, word in words),
        sdh=any(word in SDH_TAGS for _, word in words),
        signs=any(word in _SIGNS for _, word in words),
        commentary=any(word in _COMMENTARY for _, word in words),
    )


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return (what divides, word) from the first word on."""
    return re.findall(r"(^|[\s._\-()\[\]+,&/]+)([^\s._\-()\[\]+,&/]+)", unicodedata.normalize("NFC", text).lower())


def _known(pieces: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (language, word) from the last word on."""
    for index in range(len(pieces) - 1, -1, -1):
        before, word = pieces[index]
        behind_language = before in "-_" and index > 0 and bool(_language(pieces[index - 1][1], ".", alone=True))
        region = behind_language and bool(_REGIONS.fullmatch(word))
        language = "" if region else _language(word, before, index == 0)
        if not (language or region or word.isdigit() or word in _WORDS):
            return
        yield language, word


_WORDS = SDH_TAGS | _FORCED | _SIGNS | _COMMENTARY | _EMPTY


def _language(word: str, before: str, alone: bool) -> str:
    if word in _BY_NAME and (len(word) > 3 or alone or before.strip(" -")):
        return _BY_NAME[word]
    if word in _CODES and word not in SDH_TAGS and (alone or before.strip(" -")):
        return two_letters(word)
    return ""
