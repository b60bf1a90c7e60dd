"""Old encodings are settled by the language of the episode; a wrong hint, damage and other scripts do no harm."""

from __future__ import annotations

import unicodedata

import pytest

from audiorole.dataset.subtitles import read_bytes
from audiorole.dataset.subtitles.formats.encoding import decode

SAID = {
    "ja": "やかんが沸いたよ。笛の音が聞こえた。じゃあお茶をいれて。",
    "tr": "Şimdi çay içelim, ağır ağır. İyi günler, güzel öğretmenim.",
    "lt": "Ačiū, labas rytas. Kaip sekasi šiandien? Žinau, ką tu galvoji.",
    "lv": "Paldies, labrīt. Kā tev klājas šodien? Es zinu, ko tu domā.",
    "et": "Tere hommikust. Kuidas läheb täna? Ma tean, mida sa mõtled, šerif.",
    "vi": "Chào buổi sáng. Bạn có khỏe không? Tôi biết anh đang nghĩ gì.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "pl": "Zażółć gęślą jaźń, proszę pana.",
    "hu": "Jó reggelt, hogy vagy? Tudom, mire gondolsz, őrült.",
    "el": "Καλημέρα, τι κάνεις σήμερα; Ξέρω τι σκέφτεσαι.",
    "ko": "안녕하세요. 오늘 기분이 어때요?",
    "zh": "這個人說他沒有時間來見我們，後來還是過來了。",
    "he": "בוקר טוב, מה שלומך היום?",
    "ar": "صباح الخير كيف حالك اليوم",
    "th": "สวัสดีตอนเช้า วันนี้เป็นอย่างไร",
    "uk": "Доброго ранку, як справи? Її їжак.",
    "ru": "Привет, как дела? Я не знаю, куда мы идём.",
    "fr": "Ça va très bien, où êtes-vous ?",
}
PAGES = [
    ("ja", "cp932"), ("jpn", "euc_jp"), ("ja", "iso2022_jp"), ("tr", "cp1254"), ("tur", "iso8859_9"), ("lt", "cp1257"),
    ("lit", "iso8859_13"), ("lv", "cp1257"), ("et", "cp1257"), ("vi", "cp1258"), ("cs", "cp1250"), ("cze", "iso8859_2"),
    ("cs", "cp852"), ("pl", "cp1250"), ("pol", "iso8859_2"), ("hu", "cp1250"), ("el", "cp1253"), ("gre", "iso8859_7"),
    ("ko", "cp949"), ("zh", "big5"), ("zh-TW", "gb18030"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"),
    ("uk", "cp1251"), ("ukr", "koi8_u"), ("ru", "cp1251"), ("rus", "koi8_r"), ("ru", "cp866"), ("fr", "cp1252"),
]  # fmt: skip
TWO = {
    "jpn": "ja",
    "tur": "tr",
    "lit": "lt",
    "cze": "cs",
    "pol": "pl",
    "gre": "el",
    "zh-TW": "zh",
    "ukr": "uk",
    "rus": "ru",
}


def written(text: str, encoding: str) -> bytes:
    """Encode; Windows-1258 writes the tones of Vietnamese as marks of their own."""
    if encoding != "cp1258":
        return text.encode(encoding)
    found = b""
    for char in text:
        base, *marks = unicodedata.normalize("NFD", char)
        apart = ""
        for mark in marks:
            whole = unicodedata.normalize("NFC", base + mark)
            base, apart = (whole, apart) if _fits(whole) else (base, apart + mark)
        found += (base + apart).encode(encoding)
    return found


def _fits(text: str) -> bool:
    try:
        text.encode("cp1258")
    except UnicodeEncodeError:
        return False
    return True


def stamped(language: str) -> str:
    return f"1\n00:00:01,000 --> 00:00:02,000\n{SAID[language]}\n"


@pytest.mark.parametrize(("language", "encoding"), PAGES)
def test_the_language_settles_the_code_page(language: str, encoding: str) -> None:
    text = stamped(TWO.get(language, language))
    assert unicodedata.normalize("NFC", decode(written(text, encoding), language)[0]) == text


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
@pytest.mark.parametrize("language", ["ja", "", "en"])
def test_japanese_is_never_taken_for_korean(encoding: str, language: str) -> None:
    assert decode(stamped("ja").encode(encoding), language)[0] == stamped("ja")


@pytest.mark.parametrize(
    ("language", "encoding", "hint"),
    [
        ("cs", "cp1250", "ja"),
        ("fr", "cp1252", "ja"),
        ("ru", "cp1251", "en"),
        ("cs", "utf-8", "ja"),
        ("ko", "cp949", "ja"),
    ],
)
def test_a_hint_that_is_wrong_does_no_harm(language: str, encoding: str, hint: str) -> None:
    assert decode((stamped(language) * 4).encode(encoding), hint)[0] == stamped(language) * 4


@pytest.mark.parametrize(
    ("language", "encoding"), [("ja", "cp932"), ("ja", "euc_jp"), ("cs", "utf-8"), ("ko", "cp949")]
)
def test_a_few_bad_bytes_cost_only_themselves(language: str, encoding: str) -> None:
    data = (stamped(language) * 9).encode(encoding)
    broken = data[:-1] + b"\xff\xfe\n"
    assert SAID[language] in read_bytes(broken, "a.srt", language).cues[0].text


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("sr", "cp1250", "Hoćeš li prestati s tim? Šta je bilo? Žele da osvoje svet, džentlmeni."),
        ("sr", "cp1251", "Хоћеш ли престати с тим? Шта је било? Желе да освоје свет."),
        ("de", "cp850", "Hörst du jetzt damit auf? Ich weiß, es ist zu spät für süße Träume."),
        ("fr", "cp850", "Veux-tu arrêter ça ? À bientôt, mon frère, où es-tu ?"),
        ("es", "mac_roman", "¿Quieres dejar eso? ¡Lo sabía! Está en el baño, señor."),
        ("uk", "cp1125", "Ти припиниш це робити? Гаразд, їдьмо. Є ще час."),
        ("el", "cp737", "Θα σταματήσεις; Εντάξει, νιώθω περίεργα."),
    ],
)
def test_the_older_pages_of_a_language(language, encoding, text):
    rows = f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n" * 4
    assert decode(rows.encode(encoding), language)[0] == rows
