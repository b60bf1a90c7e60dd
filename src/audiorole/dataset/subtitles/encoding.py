"""The text behind the bytes of a subtitle file: byte order marks, UTF-8, then the language's own code pages."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# The code pages in which subtitles of a language were made before UTF-8, most common first (the Windows code page of
# the country, then its Unix or Mac sibling), as players such as VLC and Kodi offer them.
_CODE_PAGES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("cs", "sk", "pl", "hu", "sl", "hr", "bs", "ro", "sq"), ("cp1250", "iso8859_2")),
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr"), ("cp1251", "koi8_r")),
    **dict.fromkeys(("el",), ("cp1253",)),
    **dict.fromkeys(("tr", "az"), ("cp1254",)),
    **dict.fromkeys(("he", "yi"), ("cp1255",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256",)),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257",)),
    **dict.fromkeys(("vi",), ("cp1258",)),
    **dict.fromkeys(("th",), ("cp874",)),
    **dict.fromkeys(("zh",), ("gb18030", "big5hkscs")),
    **dict.fromkeys(("ja",), ("cp932", "euc_jp")),
    **dict.fromkeys(("ko",), ("cp949",)),
}
_WESTERN = ("cp1252",)

# Characters above ASCII that text of the language is mostly made of; they tell its code pages apart.
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф"
_COMMON: dict[str, str] = {
    "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż", "hu": "áéíóöőúüű", "sl": "čšž",
    "hr": "čćđšž", "bs": "čćđšž", "ro": "ăâîșțşţ", "sq": "ëç",
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr"), _CYRILLIC),
    **dict.fromkeys(("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "is", "ca"),
                    "éèàçêâîôûëïùüäößñáíóúãõåøæœýðþ¿¡«»’‘“”…–"),
    "zh": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
          "這個們來時說為對過學國會裡後麼沒還點見開問間嗎什么没还",
    "ja": "のにはをたがでてとしれさいるあらなかっんこもすうくりまきそどだよねえけみせちめつろわじや",
    "ko": "이다는을가에의고하지한어나아기사리그라자대은도를로서안해요니내거게있",
}  # fmt: skip
_THREE_LETTERS = {
    "cze": "cs", "ces": "cs", "slo": "sk", "slk": "sk", "pol": "pl", "hun": "hu", "slv": "sl", "hrv": "hr", "rum": "ro",
    "ron": "ro", "rus": "ru", "ukr": "uk", "bul": "bg", "srp": "sr", "gre": "el", "ell": "el", "tur": "tr", "heb": "he",
    "ara": "ar", "per": "fa", "fas": "fa", "lit": "lt", "lav": "lv", "est": "et", "vie": "vi", "tha": "th", "chi": "zh",
    "zho": "zh", "jpn": "ja", "kor": "ko",
}  # fmt: skip

# Where charset-normalizer names one of these, all it knows is that the letters are Latin.
_LATIN_GUESSES = frozenset(
    {
        "ascii",
        "cp1250",
        "cp1252",
        "cp1254",
        "cp1257",
        "latin_1",
        "iso8859_2",
        "iso8859_15",
        "mac_latin2",
        "mac_roman",
        "cp437",
        "cp850",
    }
)

# Those of Unicode too: some editors of subtitles write U+2028.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# charset-normalizer reads this much; subtitle text repeats itself, and its cost grows with the size.
_SAMPLE_BYTES = 1 << 16


def decode(data: bytes, language: str = "") -> tuple[str, str]:
    """Return the text of `data` and the codec that gave it; line ends become `\\n`.

    language: ISO 639 code of the expected text ("" when unknown); it settles which 8-bit code page is meant.
    Bytes that fit no candidate become U+FFFD rather than an error: a damaged character must not cost a whole file.
    """
    text, encoding = _decode(data, _normalised(language))
    return _LINE_ENDS.sub("\n", text), encoding


def _decode(data: bytes, language: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    unmarked = _utf16_without_mark(data)
    if unmarked:
        return data.decode(unmarked, "replace"), unmarked
    text = _strict(data, "utf-8")
    if text is not None:
        return text, "utf-8"
    pages = [(page, found) for page in _candidates(data, language) if (found := _strict(data, page)) is not None]
    if not pages:
        return _least_damaged(data, language)
    encoding, text = max(pages, key=lambda pair: _fitness(pair[1], language) if language else _latin_fitness(*pair))
    return text, encoding


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _fitness(text: str, language: str) -> float:
    """Share of the characters above ASCII that the language commonly uses; 0 for a language without a list."""
    above = [char for char in text if char > "\x7f"]
    common = _COMMON.get(language, "")
    # Case matters: KOI8-R read as Windows-1251 is text with its case turned over. First letters are few.
    return sum(char in common for char in above) / len(above) if above and common else 0.0


def _normalised(language: str) -> str:
    code = language.lower().replace("_", "-").partition("-")[0]
    return _THREE_LETTERS.get(code, code)


def _utf16_without_mark(data: bytes) -> str:
    """Name the UTF-16 variant when every second byte of the beginning is mostly zero, else ""."""
    head = data[:4096]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    # Digits and line ends of the time stamps alone make a third of the text, whatever the language.
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 and odd < 0.05 else ""


def _candidates(data: bytes, language: str) -> Iterable[str]:
    """Yield code pages, the likeliest first; with a known language only its own."""
    if language:
        yield from _CODE_PAGES.get(language, _WESTERN)
        return
    sample = data[:_SAMPLE_BYTES]
    best = from_bytes(b"".join(_telling_lines(sample)) or sample).best()
    if best is not None and best.encoding not in _LATIN_GUESSES:
        yield best.encoding
    yield from ("cp1252", "cp1250")


def _latin_fitness(encoding: str, text: str) -> float:
    """Fit Latin code pages to the languages that used them: charset-normalizer alone takes French for Windows-1250."""
    if encoding not in ("cp1250", "cp1252"):
        return 2.0  # what charset-normalizer said, where it did not say Latin
    languages = [code for code in _COMMON if encoding in _CODE_PAGES.get(code, _WESTERN)]
    return max(_fitness(text, code) for code in languages)


def _telling_lines(data: bytes) -> Iterable[bytes]:
    """Keep the lines with a byte above ASCII: time stamps and plain words only dilute the statistics."""
    return (line for line in data.splitlines(keepends=True) if not line.isascii())


def _least_damaged(data: bytes, language: str) -> tuple[str, str]:
    """Decode with replacement by the candidate that loses least: mixed or truncated encodings end here."""
    candidates = ("utf-8", *_CODE_PAGES.get(language, ()), "cp1252")
    texts = [(data.decode(encoding, "replace"), encoding) for encoding in candidates]
    return min(texts, key=lambda pair: _damage(pair[0]))


def _damage(text: str) -> int:
    return text.count("\ufffd") + sum(unicodedata.category(char) == "Cc" and char not in "\r\n\t" for char in text)
