"""The audio of the episode at hand, decoded once per leg and shared by its stages."""

from __future__ import annotations

from pathlib import Path

from audiorole.audio.pcm import Pcm, decode_to_pcm
from audiorole.pipeline.stage import Context
from audiorole.types import AudioStream

SAMPLE_RATE = 16000
"""What every perception model of the embedded tier hears."""


def episode_audio(context: Context, media: str, stream: AudioStream, sample_rate: int = SAMPLE_RATE) -> Pcm:
    """Return the decoded audio of `media` (relative to the inputs). Raises InputError as `decode` does."""

    def make() -> Pcm:
        return decode_to_pcm(context.inputs / Path(media), stream.index, sample_rate, context.scratch, stream.channel)

    pcm: Pcm = context.shared(f"pcm:{stream.index}:{stream.channel}:{sample_rate}", make)
    return pcm
