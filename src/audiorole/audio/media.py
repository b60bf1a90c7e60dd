"""What is inside a media file: its audio streams, subtitle tracks and picture, by PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Stream

from audiorole.errors import InputError
from audiorole.types import AudioStream

TEXT_SUBTITLES = frozenset({"ass", "ssa", "subrip", "srt", "mov_text", "webvtt", "text", "ttml"})
"""Codecs whose packets hold text; the others (PGS, VobSub, DVB) are pictures."""


TAGS_AS_BYTES = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "surrogateescape"}
"""How a container is opened so that a tag in any encoding is no error. PyAV 19 always keeps the bytes of a tag that is
not UTF-8 as surrogates; before it had to be asked to."""


@dataclass(frozen=True)
class SubtitleTrack:
    """A subtitle track of a container; bitmap tracks hold pictures and no text."""

    index: int
    codec: str
    language: str
    title: str
    flags: tuple[str, ...] = ()

    @property
    def bitmap(self) -> bool:
        """True where the track holds pictures."""
        return self.codec not in TEXT_SUBTITLES


@dataclass(frozen=True)
class MediaInfo:
    """What a container says of itself. duration: seconds or 0 when unknown; start_time: seconds of the first stamp.

    Players count from `start_time`. `ends_at`: the duration may be the time of the last stamp (Matroska as FFmpeg
    writes it) instead of the time between the first and the last.
    """

    format: str
    duration: float
    start_time: float
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleTrack, ...]
    has_video: bool
    ends_at: bool = False


def open_media(path: Path) -> InputContainer:
    """Open a container for reading. Raises InputError with one sentence where it cannot be."""
    _refuse_play_list(path)
    try:
        container: InputContainer = av.open(str(path), **TAGS_AS_BYTES)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(str(path), f"not a readable media file ({reason_of(error)})") from error
    return container


def _refuse_play_list(path: Path) -> None:
    """FFmpeg would go and open what a play list names, under a hash that knows nothing of it."""
    try:
        with path.open("rb") as handle:
            head = handle.read(512).lstrip(b"\xef\xbb\xbf \r\n")
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    if not head:
        raise InputError(str(path), "is an empty file")
    if head.startswith(PLAY_LISTS) or (head.startswith(b"<?xml") and b"<MPD" in head):
        raise InputError(str(path), "is a play list; put the media that it names into the folder")


PLAY_LISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<MPD")


def inspect(path: Path) -> MediaInfo:
    """Return what is inside `path`. Raises InputError for what is no media file."""
    with open_media(path) as container:
        return MediaInfo(
            format=container.format.name,
            duration=(container.duration or 0) / 1e6,
            start_time=start_of(container),
            audio=tuple(_audio_stream(stream) for stream in container.streams.audio if stream.codec_context),
            subtitles=tuple(_subtitle_track(stream) for stream in container.streams.subtitles),
            has_video=any(not is_cover(stream) for stream in container.streams.video),
            ends_at="matroska" in container.format.name,
        )


def start_of(container: InputContainer) -> float:
    """Return the seconds of a container's first stamp: 5,424 s in, where a recording was cut out of a longer one."""
    return float((container.start_time or 0) / 1e6)


def subtitle_document(path: Path, track: int) -> tuple[str, list[tuple[float, float, str]]]:
    """Return (codec, [(start, end, text)]) of a text track; for ASS the text is the event's raw line.

    Times are seconds from the container's start. Raises InputError for a bitmap track.
    """
    events = []
    with open_media(path) as container:
        stream = container.streams[track]
        codec = stream.codec_context.name if stream.codec_context else ""
        if codec not in TEXT_SUBTITLES:
            raise InputError(str(path), f"subtitle track {track} holds pictures ({codec}); read them with an OCR first")
        header = (
            bytes(stream.codec_context.extradata or b"").decode("utf-8", "replace") if codec in {"ass", "ssa"} else ""
        )
        origin = start_of(container)
        for packet in container.demux(stream):
            if packet.pts is None or not packet.size:
                continue
            start = float(packet.pts * packet.time_base) - origin
            end = start + float((packet.duration or 0) * packet.time_base)
            events.append((start, end, _packet_text(bytes(packet), codec)))
    return (header or codec), events


def _packet_text(data: bytes, codec: str) -> str:
    if codec == "mov_text":  # two bytes of length, then the text, then style boxes
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    return data.decode("utf-8", "replace")


def _audio_stream(stream: Stream) -> AudioStream:
    context = stream.codec_context
    return AudioStream(
        index=stream.index,
        codec=context.name,
        language=_language(stream),
        channels=context.channels or 0,
        layout=context.layout.name if context.layout else "",
        sample_rate=context.sample_rate or 0,
        title=_tag(stream, "title"),
        flags=_flags(stream),
    )


def _flags(stream: Stream) -> tuple[str, ...]:
    """Return the names of what the container marks a stream as."""
    return tuple(str(flag.name) for flag in type(stream.disposition) if flag & stream.disposition)


def _subtitle_track(stream: Stream) -> SubtitleTrack:
    return SubtitleTrack(
        index=stream.index,
        codec=stream.codec_context.name if stream.codec_context else "unknown",
        language=_language(stream),
        title=_tag(stream, "title"),
        flags=_flags(stream),
    )


def _language(stream: Stream) -> str:
    language = _tag(stream, "language")
    return "" if language == "und" else language


def _tag(stream: Stream, name: str) -> str:
    """Return a tag of a stream, "" where it has none; bytes that are not UTF-8 become U+FFFD."""
    return str(stream.metadata.get(name, "")).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_cover(stream: Stream) -> bool:
    """Return True where a video stream is a picture for the shelf, not a film."""
    return bool(stream.disposition & stream.disposition.attached_pic)


def reason_of(error: Exception) -> str:
    """Return what FFmpeg says of an error, in one line; codes without words say nothing to a person."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "invalid data" if said.startswith("Error number") else said.splitlines()[0]
