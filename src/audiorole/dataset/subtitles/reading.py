"""Read a subtitle file or track of any text format; refuse pictures, media and hostile sizes with one sentence."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import ModuleType

import msgspec

from audiorole.dataset.subtitles.formats.arrows import Found, read_arrows
from audiorole.dataset.subtitles.formats.encoding import decode
from audiorole.dataset.subtitles.formats.library import lines_of, read_lines, read_substation
from audiorole.dataset.subtitles.formats.pairs import looks_like_pairs, read_sbv, read_spruce, read_subviewer
from audiorole.dataset.subtitles.formats.sami import read_sami
from audiorole.dataset.subtitles.formats.timed_text import read_ttml
from audiorole.dataset.subtitles.formats.youtube import read_youtube
from audiorole.dataset.subtitles.records import Problem, RawCue, Subtitles
from audiorole.errors import InputError

MAX_BYTES = 32 << 20
"""A subtitled film has under 200 kB of text; typeset ASS with drawings reaches some 20 MB."""
MAX_CUES = 100_000
"""A 12 h recording with a cue every second has 43,200."""
MAX_CUE_CHARACTERS = 5_000
"""A cue shows two lines of 42 characters; a thousand are markup, more is another file pasted in."""

SUFFIXES = frozenset(
    [
        ".srt", ".ass", ".ssa", ".vtt", ".sub", ".txt", ".smi", ".sami", ".ttml", ".dfxp", ".xml", ".mpl", ".mpl2",
        ".tmp", ".scc", ".stl", ".sbv", ".ytt", ".srv1", ".srv2", ".srv3", ".itt",
    ]
)  # fmt: skip
"""Suffixes of text subtitles, lower case, for those who look for files."""

# A time with frames and two-byte codes: SCC whose first line is lost.
_SCC_ROW = re.compile(r"^\d{2}:\d{2}:\d{2}[:;]\d{2}\s+(?:[0-9a-fA-F]{4}\s+){2}", re.MULTILINE)

_PICTURES = (
    (b"\x00\x00\x01\xba", "VobSub pictures"),
    (b"\x00\x00\x01\xbd", "VobSub pictures"),
    (b"# VobSub index", "an index of VobSub pictures"),
    (b"\xef\xbb\xbf# VobSub index", "an index of VobSub pictures"),
    (b"\x20\x00\x0f", "DVB pictures"),
)
_CONTAINERS = (
    (b"\x1a\x45\xdf\xa3", "a Matroska file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"RIFF", "a RIFF media file"),
    (b"OggS", "an Ogg media file"),
    (b"%PDF", "a PDF document"),
    (b"fLaC", "a FLAC file"),
)


def read(path: str | Path, language: str = "", frame_rate: float | None = None) -> Subtitles:
    """Read the subtitle file at `path`; see `read_bytes`. Raises `InputError` when the whole file cannot be used."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(path.name, _too_large(size))
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path.name, f"cannot be opened ({error.strerror or error}).") from error
    return read_bytes(data, path.name, language, frame_rate)


def read_bytes(data: bytes, source: str, language: str = "", frame_rate: float | None = None) -> Subtitles:
    """Read subtitles from memory: a file's bytes, or a track written out as text.

    source: how messages name it, `s01e03.srt` or `s01e03.mkv#2`. language: ISO 639 code, settles old code pages.
    frame_rate: of the video in frames per second, for MicroDVD files that do not state it.
    A bad cue gives a `Problem` and the rest is read. Raises `InputError` (one sentence) for pictures, archives,
    binary data, files over `MAX_BYTES` or `MAX_CUES`, and files without a single readable cue.
    """
    if len(data) > MAX_BYTES:
        raise InputError(source, _too_large(len(data)))
    _refuse_binary(data, source)
    if is_ebu_stl(data):
        format_, encoding, (cues, problems) = "ebu_stl", "iso6937", _broadcast().read_ebu_stl(data, source)
    else:
        text, encoding = decode(data, language)
        format_ = guess_format(text)
        if not format_:
            raise InputError(source, _unknown(data))
        cues, problems = _parse(text, source, format_, frame_rate, language)
    kept, too_long = _bounded(cues, source)
    problems = sorted([*problems, *too_long], key=lambda problem: problem.line)
    if not kept:
        raise InputError(source, _nothing_left(problems), (problems[0].line or None) if problems else None)
    return Subtitles(source=source, format=format_, encoding=encoding, cues=_numbered(kept), problems=tuple(problems))


def guess_format(text: str) -> str:
    """Return the identifier of the format of `text` (pysubs2's where it has one), or "" when it looks like none."""
    head = text[:4000].lstrip("\ufeff \n\t")
    if head.lower().startswith("scenarist_scc") or _SCC_ROW.search(head):
        return "scc"
    if head.startswith("WEBVTT"):
        return "vtt"
    if match := re.search(r"^\s*\[\s*V4(\+?) Styles\s*\]", text, re.IGNORECASE | re.MULTILINE):
        return "ass" if match.group(1) else "ssa"
    if re.search(r"^Dialogue:\s*(Marked=|\d+,)", text, re.MULTILINE):
        return "ssa" if "Dialogue: Marked=" in text else "ass"
    if re.search(r"<(\w+:)?tt[\s>]", head) or "http://www.w3.org/ns/ttml" in head:
        return "ttml"
    if re.search(r"<(transcript|timedtext)[\s>]", head):
        return "youtube"
    if re.search(r"<sami[\s>]", head, re.IGNORECASE):
        return "sami"
    if "-->" in text or read_arrows(text[:20_000], "")[0]:
        return "srt"
    if pairs := looks_like_pairs(text):
        return pairs
    return next((name for name in ("microdvd", "mpl2", "tmp") if any(islice(lines_of(text, name), 1))), "")


def _parse(text: str, source: str, format_: str, frame_rate: float | None, language: str) -> Found:
    if format_ in ("srt", "vtt"):
        return read_arrows(text, source, webvtt=format_ == "vtt")
    if format_ in ("ass", "ssa"):
        return read_substation(text, source, format_)
    if format_ in ("microdvd", "mpl2", "tmp"):
        return read_lines(text, source, format_, frame_rate)
    if format_ in ("ttml", "sami"):
        return (read_ttml if format_ == "ttml" else read_sami)(text, source, language)
    if format_ == "spruce":
        return read_spruce(text, source, frame_rate)
    if format_ == "scc":
        found: Found = _broadcast().read_scc(text, source)
        return found
    readers = {"youtube": read_youtube, "sbv": read_sbv, "subviewer": read_subviewer}
    return readers[format_](text, source)


def _broadcast() -> ModuleType:
    """Return the readers by ttconv, which takes a tenth of a second to load: only such files pay it."""
    return import_module("audiorole.dataset.subtitles.formats.broadcast")


def is_ebu_stl(data: bytes) -> bool:
    """Tell an EBU subtitle file by its header: the code page, then `STL` and the frame rate."""
    return len(data) >= 1024 and data[3:6] == b"STL" and data[:3].isdigit()


def _refuse_binary(data: bytes, source: str) -> None:
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise InputError(source, "is empty.")
    blu_ray = [(b"PG", "Blu-ray (PGS) pictures")] if b"\x00" in data[:13] else []
    for magic, what in (*_PICTURES, *blu_ray):
        if data.startswith(magic):
            raise InputError(
                source, f"holds {what}, not text: read them with OCR (Subtitle Edit does) into an SRT file."
            )
    for magic, what in _CONTAINERS:
        if data.startswith(magic):
            raise InputError(source, f"is {what}, not a subtitle file.")


def _unknown(data: bytes) -> str:
    control = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in data[:4096])
    if control > 0.05 * min(len(data), 4096):
        return "is binary data, not a subtitle file."
    return (
        "has no time stamps of a known subtitle format "
        "(SRT, VTT, ASS, SSA, TTML, SAMI, SBV, SCC, EBU STL, YouTube, MicroDVD, MPL2, TMPlayer)."
    )


def _too_large(size: int) -> str:
    return f"has {size / 1e6:.0f} MB; a subtitle file has at most {MAX_BYTES >> 20} MiB."


def _nothing_left(problems: list[Problem]) -> str:
    if not problems:
        return "has no cue."
    return f"has no readable cue; the first of {len(problems)} problems: {problems[0].sentence}."


def _bounded(cues: list[RawCue], source: str) -> Found:
    if len(cues) > MAX_CUES:
        raise InputError(source, f"has {len(cues):,} cues; at most {MAX_CUES:,} are read.")
    kept = [cue for cue in cues if len(cue.text) <= MAX_CUE_CHARACTERS]
    problems = [
        Problem(
            path=source,
            line=cue.line,
            sentence=f"cue holds {len(cue.text):,} characters (most: {MAX_CUE_CHARACTERS:,})",
        )
        for cue in cues
        if len(cue.text) > MAX_CUE_CHARACTERS
    ]
    return kept, problems


def _numbered(cues: list[RawCue]) -> tuple[RawCue, ...]:
    """Sort by start (files need not be) and number from 1. Stable: equal starts keep the file's order."""
    ordered = sorted(cues, key=lambda cue: cue.start)
    return tuple(msgspec.structs.replace(cue, index=at) for at, cue in enumerate(ordered, start=1))
