"""Where cues of an episode can be read from: files beside the media and text tracks inside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audiorole.audio.media import subtitle_document
from audiorole.dataset.input.beside import subtitle_files
from audiorole.dataset.subtitles import Subtitles, read, read_bytes
from audiorole.types import Episode, SubtitleSource


def candidate_sources(episode: Episode, inputs: Path) -> list[SubtitleSource]:
    """Return the files beside an episode, then its tracks, in the order of their names and places."""
    return [*subtitle_files(inputs / episode.media, inputs), *episode.subtitles]


def source_name(source: SubtitleSource) -> str:
    """Return how messages name it: `s01e02.srt` or `s01e02.mkv#3`."""
    name = Path(source.path).name
    return name if source.track < 0 else f"{name}#{source.track}"


def shown_name(source: SubtitleSource, media: str) -> str:
    """Return the name with the folders below the media's: `Subs/2_English.srt`."""
    folder = Path(media).parent
    if source.track >= 0 or not Path(source.path).is_relative_to(folder):
        return source.path if source.track < 0 else source_name(source)
    return str(Path(source.path).relative_to(folder))


def read_source(source: SubtitleSource, inputs: Path, language: str = "") -> Subtitles:
    """Return the cues of `source`. Raises InputError as the readers do.

    language: of the episode, for a source that does not name its own: it settles which old code page a text is in.
    """
    path, language = inputs / source.path, source.language or language
    if source.track < 0:
        return read(path, language)
    header, events = subtitle_document(path, source.track)
    write = _ass_document if source.format in {"ass", "ssa"} else _srt_document
    return read_bytes(write(header, events).encode("utf-8"), source_name(source), language)


def _srt_document(_: str, events: Iterable[tuple[float, float, str]]) -> str:
    blocks = (
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text.replace(chr(13), '').strip()}\n"
        for number, (start, end, text) in enumerate(events, start=1)
    )
    return "\n".join(blocks)


def _ass_document(header: str, events: Iterable[tuple[float, float, str]]) -> str:
    """Return an ASS file; Matroska keeps `ReadOrder,Layer,Style,Name,…,Text` per packet and times outside."""
    rows = []
    for start, end, text in events:
        _, layer, rest = [*text.split(",", 2), "", ""][:3]
        rows.append(f"Dialogue: {layer},{_clock(start, '.')[1:-1]},{_clock(end, '.')[1:-1]},{rest}")
    return header.replace("\r", "").rstrip() + "\n" + "\n".join(rows) + "\n"


def _clock(seconds: float, mark: str) -> str:
    """Return `HH:MM:SS,mmm`."""
    total = max(0, round(seconds * 1000))
    return f"{total // 3600000:02d}:{total // 60000 % 60:02d}:{total // 1000 % 60:02d}{mark}{total % 1000:03d}"
