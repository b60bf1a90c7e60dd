"""The subtitle tracks inside a container, with what flags and titles say of them."""

from __future__ import annotations

from audiorole.audio.media import MediaInfo, SubtitleTrack
from audiorole.dataset.input.release.tags import title_tags
from audiorole.types import SubtitleSource


def text_tracks(media: str, info: MediaInfo) -> tuple[list[SubtitleSource], list[str]]:
    """Return the tracks of text of `media`, and a sentence on each that holds pictures."""
    usable = [_track(media, track) for track in info.subtitles if not track.bitmap]
    refused = [
        f"subtitle track {track.index} ({track.codec}) holds pictures, not text: OCR it to an .srt to use it"
        for track in info.subtitles
        if track.bitmap
    ]
    return usable, refused


def _track(media: str, track: SubtitleTrack) -> SubtitleSource:
    tags = title_tags(track.title)
    return SubtitleSource(
        path=media,
        track=track.index,
        format=track.codec,
        language=track.language or tags.language,
        forced=tags.forced or "forced" in track.flags,
        sdh=tags.sdh or "hearing_impaired" in track.flags or "captions" in track.flags,
        signs=tags.signs or "lyrics" in track.flags or "karaoke" in track.flags,
        commentary=tags.commentary or "comment" in track.flags,
    )
