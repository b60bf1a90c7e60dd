"""What a reviewer hears and sees: a line with what lies around it, a character's reference clip, the picture."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from audiorole.audio.clip import read_clip
from audiorole.audio.pictures import picture_at
from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.cast import name_key, outside, read_cast
from audiorole.errors import InputError, UserError
from audiorole.published.reader import read_sounds
from audiorole.review.session import ReviewSession
from audiorole.types import Episode

SAMPLE_RATE = 16_000
MOST_PAD = 30.0
"""Seconds that are played before and behind a line at most."""

REFERENCE_SECONDS = 12.0
PICTURE_SIDE = 480
KEPT = 128


@dataclass(frozen=True)
class SoundClip:
    """An encoded piece of an episode. start: of its first sample, in seconds of the episode; media_type: of `data`."""

    data: bytes
    media_type: str
    start: float = 0.0


class Clips:
    """Cuts clips for a session, and keeps the last ones."""

    def __init__(self, session: ReviewSession) -> None:
        self.session = session
        self._cut = functools.lru_cache(maxsize=KEPT)(self._cut_media)

    def line(self, row: int, pad: float = 0.0) -> SoundClip | None:
        """Return a line's sound with `pad` seconds on both sides; without the media, what was published of it.

        None where neither the media nor the dataset has it.
        """
        lines = self.session.lines
        start, end = lines.bounds_of(row)
        episode = self.session.episodes[lines.episodes[lines.episode_of(row)]]
        pad = min(max(pad, 0.0), MOST_PAD)
        found = self._cut(episode.id, max(0.0, start - pad), min(episode.duration, end + pad))
        return found or self._published(lines.id_of(row), start)

    def reference(self, name: str) -> SoundClip | None:
        """Return the voice of a character: the clip that the cast file gives, else the line that stands best for it."""
        given = self._of_cast(name)
        if given or self.session.questions is None:
            return given
        row = self.session.questions.reference_row(name, self.session.standing.identities)
        return self.line(row) if row >= 0 else None

    def picture(self, row: int) -> bytes | None:
        """Return the picture in the middle of a line as JPEG; None where the media has none."""
        lines = self.session.lines
        episode = self.session.episodes[lines.episodes[lines.episode_of(row)]]
        path = self._media(episode)
        if not episode.has_video or not path.is_file():
            return None
        middle = sum(lines.bounds_of(row)) / 2 + episode.start_time
        try:
            return picture_at(path, middle, PICTURE_SIDE)
        except InputError:
            return None

    def _media(self, episode: Episode) -> Path:
        return self.session.plan.inputs / episode.media

    def _cut_media(self, episode_id: str, start: float, end: float) -> SoundClip | None:
        episode = self.session.episodes[episode_id]
        path = self._media(episode)
        if not path.is_file():
            return None
        audio, offset = episode.audio, episode.start_time
        try:
            waveform = read_clip(path, start + offset, end + offset, SAMPLE_RATE, audio.index, audio.channel)
        except InputError:
            return None
        return SoundClip(_flac(waveform), "audio/flac", start)

    def _published(self, line: str, start: float) -> SoundClip | None:
        plan = self.session.plan
        if "publish" not in {stage.name for stage in plan.stages}:
            return None
        path = plan.folder("publish").attachment(line.rpartition("/")[0], "parquet")
        data = dict(read_sounds(path, {line})).get(line) if path.is_file() else None
        if data is None:
            return None
        return SoundClip(data, "audio/ogg" if data[:4] == b"OggS" else "audio/flac", start)

    def _of_cast(self, name: str) -> SoundClip | None:
        first = next(iter(self.session.episodes.values()))
        path = cast_file(self._media(first), self.session.plan.inputs)
        try:
            cast = read_cast(path).character if path else ()
        except UserError:  # the next build will say what is wrong with it
            return None
        clips = [clip for one in cast if name_key(one.name) == name_key(name) for clip in one.references]
        for clip in clips:
            file = path.parent / clip.path if path else Path(clip.path)
            if path and not outside(file, path.parent) and file.is_file():
                return _clip(file, clip.start or 0.0, clip.end)
        return None


def _clip(file: Path, start: float, end: float | None) -> SoundClip | None:
    end = start + REFERENCE_SECONDS if end is None else min(end, start + REFERENCE_SECONDS)
    try:
        return SoundClip(_flac(read_clip(file, start, end, SAMPLE_RATE)), "audio/flac")
    except InputError:
        return None


def _flac(waveform: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
