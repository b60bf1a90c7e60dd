"""The rhythm of a spoken reply: 13 text tokens, 26 audio tokens, and again, until one of them runs out."""

from __future__ import annotations

from collections.abc import Sequence

TEXT_RUN, AUDIO_RUN = 13, 26
"""GLM-4-Voice's ratio (Zeng et al. 2024, sec. 2.3); the system prompt says it to the model."""


def interleave(text: Sequence[int], audio: Sequence[int]) -> list[int]:
    """Return `text` and `audio` in turns of 13 and 26; when one ends, the rest of the other follows whole.

    >>> interleave(range(15), range(100, 130))[13:41] == [*range(100, 126), 13, 14]
    True
    """
    tokens: list[int] = []
    text_at = audio_at = 0
    while text_at < len(text) and audio_at < len(audio):
        tokens += [*text[text_at : text_at + TEXT_RUN], *audio[audio_at : audio_at + AUDIO_RUN]]
        text_at, audio_at = text_at + TEXT_RUN, audio_at + AUDIO_RUN
    return [*tokens, *text[text_at:], *audio[audio_at:]]


def separate(tokens: Sequence[int], first_audio: int) -> tuple[list[int], list[int]]:
    """Return the text tokens and the audio tokens of a reply, each in order; ids from `first_audio` on are audio."""
    text = [token for token in tokens if token < first_audio]
    return text, [token for token in tokens if token >= first_audio]
