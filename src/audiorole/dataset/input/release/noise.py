"""What release names carry besides title and number: groups, checksums, picture sizes, codecs, channels."""

from __future__ import annotations

import re
import unicodedata

from audiorole.dataset.input.release.number_words import CROSSED, NUMBERED

# What release names carry besides, which is never an episode: picture sizes, codecs, channels, checksums, sources.
_NOISE = re.compile(
    r"(?<![^\W_])(?:\d{3,4}x\d{3,4}|\d{3,4}[pi]|[48]k|uhd|(?:[a-z+]+)?[257]\.[01](?:ch|\.\d|[\s._\-]?[xh]\.?26[456])?|"
    r"[xh]\.?26[456]|hevc|avc|av1|xvid|divx|10[\s._-]?bits?|8[\s._-]?bits?|hi10p?|(?:true)?hd|dts(?:-?hd)?(?:-ma)?|"
    r"\d{2,3}(?:\.\d+)?fps|\d{2,4}kb(?:ps|it)?|hdr(?:10)?\+?|mpe?g-?[24]|mp[34]|vp[89]|"
    r"aac\d?|e?ac3|ddp?\+?|flac|opus|atmos|blu-?ray|b[dr]rip|web(?:-?dl|rip)?|hdtv|dvd(?:rip|\d)?|remux|amzn|nf|dsnp|"
    r"multi|dual[\s._-]?audio|repack|proper|internal|f\d{2,3}(?=\.|$))(?![^\W_])",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")
_CHECKSUM = re.compile(r"[\[(][0-9a-f]{8}[\])]", re.IGNORECASE)
YEAR = re.compile(r"[\[(](?:19|20)\d\d[\])]")


def without_noise(text: str) -> str:
    """Return `text` without release groups, checksums, picture sizes, codecs and channels.

    >>> without_noise("[Grp] Blue Tower - 01 [1080p]")
    'Blue Tower - 01'
    """
    plain = _unbracketed(_CHECKSUM.sub(" ", unicodedata.normalize("NFC", text)))
    plain = plain if " " in plain.strip() else plain.replace("_", " ")
    bare = _BRACKETS.sub(" ", plain).strip() or plain  # "[1x05]" alone is the whole name
    if not (NUMBERED.search(bare) or CROSSED.search(bare)) and (NUMBERED.search(plain) or CROSSED.search(plain)):
        bare = plain
    bare = _NOISE.sub(" ", bare)
    return re.sub(r"[(\[]\s*[)\]]", " ", bare).strip(" ._-–") or plain


_IN_BRACKETS = re.compile(
    r"^(?P<before>.*?)(?:[\[【](?P<title>[^\[\]【】]*[^\W\d_][^\[\]【】]*)[\]】]\s*)?[\[【]\s*(?:第\s*)?"
    r"(?P<episode>\d{2,4})(?:v\d)?(?:\s*[集話话回])?(?:\s*(?:end|fin))?\s*[\]】]",
    re.IGNORECASE,
)


def _unbracketed(text: str) -> str:
    """Read `[Grp][Show][05][1080p]` and `[Grp] Show [05]` as `Show - 05`."""
    match = _IN_BRACKETS.match(text)
    if not match or re.fullmatch(r"(?:19|20)\d\d", match["episode"]):
        return text
    before = _BRACKETS.sub(" ", match["before"]).strip(" _-")
    title = before or (match["title"] or "").replace("_", " ")
    return f"{title} - {match['episode']}{text[match.end() :]}" if title else text
