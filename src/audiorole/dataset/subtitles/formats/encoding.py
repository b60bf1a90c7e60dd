"""The text behind the bytes of a subtitle file: byte order marks, UTF-8, then the language's own code pages."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

from charset_normalizer import from_bytes

from audiorole.dataset.input.release.languages import two_letters

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
    **dict.fromkeys(
        ("cs", "sk", "pl", "hu", "sl", "hr", "bs", "ro", "sq"), ("cp1250", "iso8859_2", "cp852", "mac_latin2")
    ),
    **dict.fromkeys(("ru", "bg", "be", "mk"), ("cp1251", "koi8_r", "cp866", "iso8859_5")),
    "sr": ("cp1251", "koi8_r", "cp866", "iso8859_5"),
    "uk": ("cp1251", "koi8_u", "cp1125", "iso8859_5"),
    "el": ("cp1253", "iso8859_7", "cp737"),
    **dict.fromkeys(("tr", "az"), ("cp1254", "iso8859_9")),
    **dict.fromkeys(("he", "yi"), ("cp1255", "iso8859_8")),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256", "iso8859_6")),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257", "iso8859_13", "iso8859_4")),
    "vi": ("cp1258",),
    "th": ("cp874", "tis_620"),
    **dict.fromkeys(("zh", "yue"), ("gb18030", "big5hkscs")),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949", "johab"),
}
_WESTERN = ("cp1252", "cp850", "mac_roman")

# Characters above ASCII that text of the language is mostly made of; they tell its code pages apart.
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф"
_COMMON: dict[str, str] = {
    "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż", "hu": "áéíóöőúüű", "sl": "čšž",
    "hr": "čćđšž", "bs": "čćđšž", "ro": "ăâîșțşţ", "sq": "ëç",
    **dict.fromkeys(("ru", "bg", "be", "mk"), _CYRILLIC), "uk": _CYRILLIC + "іїєґ", "sr": _CYRILLIC + "ђјљњћџčćđšž",
    **dict.fromkeys(("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "is", "ca"),
                    "éèàçêâîôûëïùüäößñáíóúãõåøæœýðþ¿¡«»’‘“”…–"),
    **dict.fromkeys(("tr", "az"), "çğıöşüâîûİÇŞÖÜĞ"),
    "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "et": "äõöüšž",
    # Windows-1258 writes the tones of Vietnamese as marks of their own.
    "vi": "ăâđêôơưàảãáạèẻẽéẹìíòóùúýĂÂĐÊÔƠƯ\u0300\u0301\u0303\u0309\u0323",
    "el": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ",
    **dict.fromkeys(("he", "yi"), "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
    **dict.fromkeys(("ar", "fa", "ur"), "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآءئپچگیک"),
    "th": "".join(map(chr, range(0x0E01, 0x0E4F))),
    "zh": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
          "這個們來時說為對過學國會裡後麼沒還點見開問間嗎什么没还",
    "ja": "のにはをたがでてとしれさいるあらなかっんこもすうくりまきそどだよねえけみせちめつろわじや",
    "ko": "이다는을가에의고하지한어나아기사리그라자대은도를로서안해요니내거게있",
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

_PLAINLY = 0.25
"""Share of the characters above ASCII that a language commonly uses, below which the text is in another one."""
_PLAINLY_WESTERN = 0.6
"""The same for languages of Western Europe, whose list holds what any of them uses."""
_MOSTLY_KANA = 0.5
"""Share of common kana that Japanese has and other encodings read as Japanese have not."""
_FEW_BAD = 0.01
"""Share of bad bytes that damage explains; more are another encoding."""

# charset-normalizer reads this much; subtitle text repeats itself, and its cost grows with the size.
_SAMPLE_BYTES = 1 << 16


def decode(data: bytes, language: str = "") -> tuple[str, str]:
    """Return the text of `data` and the codec that gave it; line ends become `\\n`.

    language: ISO 639 code of the expected text ("" when unknown); it settles which 8-bit code page is meant, unless the
    text is plainly none of that language. Bytes that fit no candidate become U+FFFD rather than an error: a damaged
    character must not cost a whole file.
    """
    text, encoding = _decode(data, two_letters(language) if language else "")
    return _LINE_ENDS.sub("\n", text), encoding


def _decode(data: bytes, language: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    unmarked = _utf16_without_mark(data) or _escaped(data)
    if unmarked:
        return data.decode(unmarked, "replace"), unmarked
    text = _strict(data, "utf-8")
    if text is not None:
        return text, "utf-8"
    if _is_damaged_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    return _of_language(data, language) or _guessed(data) or _least_damaged(data, language)


def _of_language(data: bytes, language: str) -> tuple[str, str] | None:
    """Decode by the code page of the language whose characters it commonly uses; a few bad bytes do not count."""
    if not language or (language not in _CODE_PAGES and _is_mostly_high(data)):
        return None
    pages = _CODE_PAGES.get(language, _WESTERN)
    if language == "sr" and not _is_mostly_high(data):
        pages = _CODE_PAGES["hr"]  # Serbian in Latin letters
    texts = [(text, page) for page in pages if (text := _strict(data, page)) is not None]
    if not texts:
        replaced = [(data.decode(page, "replace"), page) for page in pages]
        texts = [(text, page) for text, page in replaced if _damage(text) <= _FEW_BAD * len(text)]
    best = max(texts, key=lambda pair: _fitness(pair[0], language), default=None)
    known = language in _COMMON
    least = _PLAINLY if language in _CODE_PAGES else _PLAINLY_WESTERN
    return best if best and (not known or _fitness(best[0], language) >= least) else None


def _guessed(data: bytes) -> tuple[str, str] | None:
    """Decode by what the bytes themselves show, without a language that fits."""
    if found := _japanese(data):
        return found
    texts = [(text, page) for page in _candidates(data) if (text := _strict(data, page)) is not None]
    return max(texts, key=lambda pair: _latin_fitness(pair[1], pair[0]), default=None)


def _japanese(data: bytes) -> tuple[str, str] | None:
    """Decode text that is mostly kana and kanji; charset-normalizer alone takes some of it for Korean."""
    if not _is_mostly_high(data):
        return None
    texts = [(text, page) for page in _CODE_PAGES["ja"] if (text := _strict(data, page)) is not None]
    best = max(texts, key=lambda pair: _fitness(pair[0], "ja"), default=None)
    return best if best and _fitness(best[0], "ja") >= _MOSTLY_KANA else None


def _is_mostly_high(data: bytes) -> bool:
    """Tell whether most letters are above ASCII, as in scripts other than Latin."""
    return sum(byte > 0x7F for byte in data) > sum(byte | 0x20 in range(0x61, 0x7B) for byte in data)


def _escaped(data: bytes) -> str:
    """Name the seven-bit encoding whose escape sequences the bytes hold: old Japanese mail and some fan subtitles."""
    if b"\x1b$" not in data:
        return ""
    return "iso2022_kr" if b"\x1b$)C" in data else "iso2022_jp_ext"


def _is_damaged_utf8(data: bytes) -> bool:
    """Tell UTF-8 with a few bad bytes: its characters of several bytes do not come about by accident."""
    text = data.decode("utf-8", "replace")
    whole = sum(char > "\x7f" and char != "\ufffd" for char in text)
    return whole >= 4 * max(1, text.count("\ufffd"))


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


def _candidates(data: bytes) -> Iterable[str]:
    """Yield code pages, the likeliest first."""
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
