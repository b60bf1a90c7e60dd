"""Scripted speech systems: what they answer is known beforehand, so that a test knows what must come out.

audiorole.evaluate(dataset, {"echo": echo, "silent": silent}, out)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
Waveform = NDArray[np.float32]
Turns = Sequence[Mapping[str, Any]]
Reply = dict[str, Any]
Respond = Callable[[Turns, str, Waveform | None, int], Reply | None]


def echo(turns: Turns, character: str, reference_audio: Waveform | None, seed: int) -> Reply:
    """Answer with the last turn of the prompt, word for word: the gate against copies must stop it."""
    last = turns[-1]
    return {"audio": last["audio"], "sample_rate": last["sample_rate"], "text": last["text"]}


def silent(turns: Turns, character: str, reference_audio: Waveform | None, seed: int) -> Reply:
    """Answer with a second of digital silence."""
    return {"audio": np.zeros(SAMPLE_RATE, np.float32), "sample_rate": SAMPLE_RATE, "text": ""}


def mute(turns: Turns, character: str, reference_audio: Waveform | None, seed: int) -> None:
    """Give no reply at all."""


def scripted(replies: Sequence[Waveform], text: str = "") -> Respond:
    """Return a system that gives `replies` one after another, float32 `(num_samples,)` at 16 kHz, and then again."""
    given = {"number": 0}

    def respond(turns: Turns, character: str, reference_audio: Waveform | None, seed: int) -> Reply:
        samples = replies[given["number"] % len(replies)]
        given["number"] += 1
        return {"audio": samples, "sample_rate": SAMPLE_RATE, "text": text}

    return respond


def failing(after: int = 0) -> Respond:
    """Return a system that raises RuntimeError from the reply number `after` on."""
    respond = scripted([np.zeros(SAMPLE_RATE, np.float32)])
    asked = {"number": 0}

    def fail(turns: Turns, character: str, reference_audio: Waveform | None, seed: int) -> Reply | None:
        asked["number"] += 1
        if asked["number"] > after:
            raise RuntimeError("this system was told to fail")
        return respond(turns, character, reference_audio, seed)

    return fail
