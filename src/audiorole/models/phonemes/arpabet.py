"""CMUdict's sounds as misaki's: 126,000 words and names, Carnegie Mellon University, BSD-2-Clause."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_SOUNDS = {
    "AA": "ɑ", "AE": "æ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "EY": "A", "IH": "ɪ", "IY": "i", "OW": "O",
    "OY": "Y", "UH": "ʊ", "UW": "u", "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h",
    "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_MARKS = {"0": "", "1": "ˈ", "2": "ˌ"}
_VOWEL = "[AIOWYaiuæɑɔəɛɜɪʊʌ]"


def from_arpabet(sounds: Iterable[str]) -> str:
    """Return ARPAbet sounds in misaki's signs; a t or d between vowels is tapped, as Americans say it.

    >>> from_arpabet("W AO1 T ER0".split()), from_arpabet("HH Y UW1".split())
    ('wˈɔɾəɹ', 'hjˈu')
    """
    said = "".join(map(_sound, sounds))
    said = re.sub(rf"(?<={_VOWEL})[td](?={_VOWEL})|(?<={_VOWEL}ɹ)t(?={_VOWEL})", "ɾ", said)
    return re.sub(r"(?<=[sztdɾnpkbɡfvʃ])ə([ln])(?!ˈ|ˌ|[aiuæɑɔəɛɜɪʊʌAIOWY])", r"ᵊ\1", said)


def _sound(sound: str) -> str:
    name, stress = (sound[:-1], sound[-1]) if sound[-1].isdigit() else (sound, "0")
    if name == "AH":
        return "ə" if stress == "0" else f"{_MARKS[stress]}ʌ"
    if name == "ER":
        return "əɹ" if stress == "0" else f"{_MARKS[stress]}ɜɹ"
    return _MARKS[stress] + _SOUNDS[name]


def read_cmudict(path: Path) -> dict[str, str]:
    """Return word → its first pronunciation, of a `cmudict.dict` (word, sounds, perhaps `#` and a remark, a line)."""
    entries: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.partition("#")[0].split()
        if not word.endswith(")"):
            entries[word] = from_arpabet(sounds)
    return entries
