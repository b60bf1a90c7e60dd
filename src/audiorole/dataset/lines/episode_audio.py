"""The audio of the episode at hand, decoded once and shared by its stages."""

from __future__ import annotations

from pathlib import Path

from audiorole.audio.kept import SUFFIX, kept_audio
from audiorole.audio.pcm import Pcm, decode_to_pcm
from audiorole.pipeline.stage import Context
from audiorole.types import AudioStream

SAMPLE_RATE = 16000
"""What every perception model of the embedded tier hears."""


def decoded_audio(context: Context, media: str, stream: AudioStream, sample_rate: int = SAMPLE_RATE) -> Pcm:
    """Return the decoded audio of `media` (relative to the inputs), once for all stages of the leg.

    Raises InputError as `decode` does.
    """

    def make() -> Pcm:
        return decode_to_pcm(context.inputs / Path(media), stream.index, sample_rate, context.scratch, stream.channel)

    return context.shared(_key(stream, sample_rate), make)


def episode_audio(context: Context, media: str, stream: AudioStream, sample_rate: int = SAMPLE_RATE) -> Pcm:
    """Return the audio that `probe` heard: out of what it kept where it did, else decoded anew.

    For stages that name `probe` in `needs`. Raises InputError as `decode` does.
    """

    def make() -> Pcm:
        kept = context.file("probe", SUFFIX) if sample_rate == SAMPLE_RATE else None
        if kept:
            return kept_audio(kept, context.scratch)
        return decode_to_pcm(context.inputs / Path(media), stream.index, sample_rate, context.scratch, stream.channel)

    return context.shared(_key(stream, sample_rate), make)


def _key(stream: AudioStream, sample_rate: int) -> str:
    return f"pcm:{stream.index}:{stream.channel}:{sample_rate}"
