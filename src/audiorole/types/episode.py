"""An episode: one media file with what lies beside it."""

from __future__ import annotations

from audiorole.types.record import Record


class AudioStream(Record, frozen=True):
    """One audio stream of a container.

    index: the stream's index in the container; language: ISO 639 code or "" when the container is silent on it.
    layout: as the container names it, e.g. `stereo`, `5.1(side)`. flags: what the container marks it as, in FFmpeg's
    words: `default`, `comment`, `visual_impaired`, `dub`, `original` …
    channel: the only channel that is heard, counted from 0, where channels hold different programmes; -1 mixes them.
    """

    index: int
    codec: str
    language: str = ""
    channels: int = 1
    layout: str = ""
    sample_rate: int = 0
    title: str = ""
    flags: tuple[str, ...] = ()
    channel: int = -1


class Source(Record, frozen=True):
    """One episode as the scan of a folder found it. id: `show/s01e02`; media: path relative to the input folder.

    Only the media file: what lies beside it (subtitles, script, cast) is found by the stage that reads it, so that
    editing a subtitle does not decode the audio again. audio_stream: index of the stream to hear where that is known
    already; -1 lets the build choose.
    """

    id: str
    media: str
    audio_stream: int = -1


class SubtitleSource(Record, frozen=True):
    """Where cues can be read from: a file beside the media, or a track inside it.

    path: relative to the input folder; track: the stream index, or -1 for a file. forced: what is foreign to the
    listener only; sdh: names speakers and sounds; signs: what is written or sung; commentary: of people about the film.
    """

    path: str
    track: int = -1
    format: str = ""
    language: str = ""
    forced: bool = False
    sdh: bool = False
    signs: bool = False
    commentary: bool = False


class Episode(Record, frozen=True):
    """One episode. id: `show/s01e02`; the part after the slash is the shard's name.

    media: path of the media file relative to the input folder. content_hash: of the media's bytes.
    duration: seconds of the chosen audio stream. start_time: its first timestamp, counted from the container's start;
    taken off all others.
    subtitles: the text tracks inside the container.
    """

    id: str
    series: str
    media: str
    content_hash: str
    duration: float
    audio: AudioStream
    start_time: float = 0.0
    audio_streams: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleSource, ...] = ()
    language: str = ""
    has_video: bool = False
    warnings: tuple[str, ...] = ()
