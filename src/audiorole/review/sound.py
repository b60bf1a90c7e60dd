"""The sound of a line under review: the published audio, or, for a line that was left out, a cut from the media."""

from __future__ import annotations

import io

import soundfile

from audiorole.audio.clip import read_clip
from audiorole.errors import InputError
from audiorole.pipeline.plan import StagePlan
from audiorole.published.reader import read_sounds
from audiorole.types import Episode, Utterance

SAMPLE_RATE = 16_000


def line_sound(plan: StagePlan, record: Utterance, episode: Episode) -> tuple[bytes, str] | None:
    """Return (encoded audio, media type) of a line; None where neither the dataset nor the media has it."""
    if "publish" in {stage.name for stage in plan.stages}:
        path = plan.folder("publish").attachment(record.episode, "parquet")
        if path.is_file() and (data := dict(read_sounds(path, {record.id})).get(record.id)):
            return data, "audio/ogg" if data[:4] == b"OggS" else "audio/flac"
    media = plan.inputs / episode.media
    if not media.is_file():
        return None
    try:
        start = record.start + episode.start_time
        audio = episode.audio
        waveform = read_clip(media, start, record.end + episode.start_time, SAMPLE_RATE, audio.index, audio.channel)
    except InputError:
        return None
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue(), "audio/flac"
