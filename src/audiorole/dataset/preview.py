"""What a build would take of each episode, as far as headers and names tell: the lines of the dry run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorole.audio.media import MediaInfo
from audiorole.dataset.input.beside import cast_file, script_files, subtitle_files
from audiorole.dataset.input.cue_sources import shown_name
from audiorole.dataset.input.release.tracks import text_tracks
from audiorole.dataset.input.streams import choose_stream, side_reason, stream_name
from audiorole.dataset.sources.written import written_languages
from audiorole.types import AudioStream, Source, SubtitleSource


@dataclass(frozen=True)
class EpisodePreview:
    """audio: the stream to be heard. subtitles: those that will compete. script, cast: "" for none.

    left: what will not be used, each with its reason.
    """

    id: str
    audio: str
    subtitles: tuple[str, ...]
    script: str
    cast: str
    left: tuple[str, ...]

    def __str__(self) -> str:
        best = f"best of {', '.join(self.subtitles)}" if len(self.subtitles) > 1 else next(iter(self.subtitles), "none")
        parts = [f"audio {self.audio or 'none'}", f"subtitles {best}", f"script {self.script or 'none'}"]
        parts.append(f"cast {self.cast or 'none'}")
        left = f"; left over: {', '.join(self.left)}" if self.left else ""
        return f"{self.id}: {', '.join(parts)}{left}"


def preview(source: Source, info: MediaInfo, root: Path, language: str = "", identifier: str = "") -> EpisodePreview:
    """Return what a build would take; language: of the audio asked for; identifier: of the language of a text."""
    media = root / source.media
    usable, pictures = text_tracks(source.media, info)
    several = not language and len({stream.language for stream in info.audio}) > 1
    written = written_languages(source.media, usable, root, identifier) if several else ()
    stream = choose_stream(info.audio, language, written)[0] if info.audio else None
    compete, left = [], list(pictures)
    for found in (*subtitle_files(media, root), *usable):
        name = shown_name(found, source.media)
        if reason := _aside(found):
            left.append(f"{name} ({reason} by its name, unless its lines say otherwise)")
        else:
            compete.append(f"{name}{f' ({found.language})' if found.language else ''}")
    script, *others = [path.name for path in script_files(media, root)] or [""]
    cast = cast_file(media, root)
    return EpisodePreview(
        id=source.id,
        audio=stream_name(stream) if stream else "",
        subtitles=tuple(compete),
        script=script,
        cast=str(cast.relative_to(root)) if cast else "",
        left=(*left, *(f"{name} (another script)" for name in others), *_other_streams(info, stream)),
    )


def _aside(source: SubtitleSource) -> str:
    kinds = (("commentary", source.commentary), ("forced", source.forced), ("signs", source.signs))
    return next((kind for kind, is_so in kinds if is_so), "")


def _other_streams(info: MediaInfo, heard: AudioStream | None) -> list[str]:
    return [f"audio {stream_name(x)} ({side_reason(x) or 'another is heard'})" for x in info.audio if x != heard]
