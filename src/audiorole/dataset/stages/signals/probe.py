"""Probe: which stream to hear, how long it is, what can be read beside it; a file that cannot be used is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec

from audiorole.audio.kept import SUFFIX, keep_audio
from audiorole.audio.media import MediaInfo, inspect
from audiorole.dataset.input.beside import subtitle_files
from audiorole.dataset.input.release.tracks import text_tracks
from audiorole.dataset.input.streams import choose_stream
from audiorole.dataset.lines.channels import choose_channel
from audiorole.dataset.lines.episode_audio import decoded_audio
from audiorole.dataset.sources.written import written_languages
from audiorole.errors import InputError
from audiorole.models import missing_weights
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import AudioStream, Episode, Record, Source
from audiorole.types.record import narrowed


@dataclass(frozen=True)
class Probe(EpisodeStage[Source]):
    """language: of the audio to hear (ISO 639, "" takes the original, one that has subtitles in its language, the
    container's default, or the first dialogue). identifier: of the language of such subtitles.

    audio_stream: index in the container, where the language does not tell; -1 chooses. channel: the only one to hear,
    counted from 0; -1 mixes them, or chooses where two of them hold two programmes, which `transcriber` is heard on.

    keep_audio: keep what was heard in the run folder, so that the media are opened once and not again to publish.
    """

    name: ClassVar[str] = "probe"
    version: ClassVar[int] = 3
    consumes: ClassVar[type[Record]] = Source
    produces: ClassVar[type[Record]] = Episode
    cost: ClassVar[float] = 0.0014
    bytes_per_second: ClassVar[float] = 14400.0
    language: str = ""
    audio_stream: int = -1
    channel: int = -1
    transcriber: str = "whisper"
    identifier: str = "py3langid"
    keep_audio: bool = True

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The media file, and the subtitles where they may say which of two channels or languages to hear."""
        media = inputs / narrowed(source, Source).media
        if not _text_decides(media):
            return (media,)
        return (media, *(inputs / found.path for found in subtitle_files(media, inputs)))

    def models(self) -> tuple[tuple[str, str], ...]:
        """The identifier, and the transcriber where its weights are at hand."""
        named = [("text-language", self.identifier)] if self.identifier else []
        if self.transcriber and not missing_weights("transcriber", self.transcriber):
            named.append(("transcriber", self.transcriber))
        return tuple(named)

    def run(self, records: Iterable[Source], context: Context) -> Iterator[Outcome]:
        """Yield one Episode per Source."""
        for source in records:
            info = inspect(context.inputs / source.media)
            episode = self._episode(source, info, context)
            if self.keep_audio:
                pcm = decoded_audio(context, episode.media, episode.audio)
                context.attach(SUFFIX, partial(keep_audio, pcm))
            yield episode

    def _episode(self, source: Source, info: MediaInfo, context: Context) -> Episode:
        stream, notes = self._choose(info, source, context.inputs)
        stream = msgspec.structs.replace(stream, channel=self.channel)
        pcm = decoded_audio(context, source.media, stream)
        tracks, refused = text_tracks(source.media, info)
        episode = Episode(
            id=source.id,
            series=source.id.partition("/")[0],
            media=source.media,
            content_hash=context.content_hash(context.inputs / source.media),
            duration=round(pcm.duration, 3),
            audio=stream,
            start_time=round(pcm.decoding.start_time - info.start_time, 3),
            audio_streams=info.audio,
            subtitles=tuple(tracks),
            language=stream.language or self.language,
            has_video=info.has_video,
            warnings=(*notes, *refused, *pcm.decoding.warnings, *_missing(info, pcm.duration)),
        )
        return self._one_programme(episode, context) if pcm.decoding.mix.apart else episode

    def _one_programme(self, episode: Episode, context: Context) -> Episode:
        """Return the episode with the one of its two channels that its text follows."""
        channel, language, note = choose_channel(context, episode, self.transcriber, episode.language)
        return msgspec.structs.replace(
            episode,
            audio=msgspec.structs.replace(episode.audio, channel=channel),
            language=language or episode.language,
            warnings=(*episode.warnings, *([note] if note else [])),
        )

    def _choose(self, info: MediaInfo, source: Source, inputs: Path) -> tuple[AudioStream, list[str]]:
        media, known = source.media, max(self.audio_stream, source.audio_stream)
        if not info.audio:
            raise InputError(media, "has no audio stream")
        if known >= 0:
            return _by_index(info, known, media), []
        if self.language or len({stream.language for stream in info.audio}) < 2:
            return choose_stream(info.audio, self.language)
        return choose_stream(
            info.audio, "", written_languages(media, text_tracks(media, info)[0], inputs, self.identifier)
        )


def _text_decides(media: Path) -> bool:
    """Return True for what holds two channels or languages; editing the subtitle of another decodes nothing again."""
    try:
        streams = inspect(media).audio
    except InputError:
        return False
    return any(stream.channels == 2 for stream in streams) or len({stream.language for stream in streams}) > 1


def _missing(info: MediaInfo, decoded: float) -> list[str]:
    """Say where a good part of the audio is not there: a download that broke off has no damaged packet."""
    stated = [info.duration]
    if info.ends_at and 0 < info.start_time < info.duration:
        stated.append(info.duration - info.start_time)
    nearest = min(stated, key=lambda seconds: abs(seconds - decoded))
    if nearest - decoded <= max(MISSING_SECONDS, MISSING_SHARE * nearest):
        return []
    return [f"the file states {nearest:.1f} s, its audio has {decoded:.1f} s"]


MISSING_SECONDS, MISSING_SHARE = 2.0, 0.05
"""Less may be missing unsaid: pictures outlast the sound by seconds, and MP3 headers only estimate."""


def _by_index(info: MediaInfo, index: int, media: str) -> AudioStream:
    for stream in info.audio:
        if stream.index == index:
            return stream
    known = ", ".join(str(stream.index) for stream in info.audio)
    raise InputError(media, f"has no audio stream {index}; its audio streams are {known}")
