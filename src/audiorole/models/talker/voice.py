"""A voice of the talker, and its file: what makes one base sound like one character. No pickle, less than 1 MB.

style                  float16 (rows, 256): row i serves lines of i + 1 symbols; timbre, then prosody
change.<parameter>     float16: what is added to a parameter of the base, in its shape
change.<parameter>.up / .down: two factors whose product is added
metadata               format, name, base, pace, provenance (JSON)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from audiorole.core.disk import read_regular
from audiorole.errors import ConfigError, InputError, UnknownNameError
from audiorole.models.ports import Floats
from audiorole.models.talker.tensor_file import write_tensor_file
from audiorole.models.talker.vocabulary import MOST_SYMBOLS
from audiorole.models.weights import store as weights

FORMAT = "audiorole-voice-1"
STYLE = 256
MOST_BYTES = 4_000_000
SLOWEST, FASTEST = 0.4, 2.5
STOCK_WEIGHT = "kokoro-voices.bin"

STOCK_VOICES = (
    "af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river",
    "af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx", "am_puck",
    "am_santa", "bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis",
)  # fmt: skip
"""The English voices that the base comes with: a American, b British; f female, m male."""

FOREIGN_VOICES = (
    "ef_dora", "em_alex", "em_santa", "ff_siwis", "hf_alpha", "hf_beta", "hm_omega", "hm_psi", "if_sara", "im_nicola",
    "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo", "pf_dora", "pm_alex", "pm_santa", "zf_xiaobei",
    "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang",
)  # fmt: skip
"""Its voices of other languages: timbres to begin a fit with. The weight file holds the English ones, then these."""


@dataclass(frozen=True)
class TalkerVoice:
    """How one character sounds.

    style: float32 `(rows, 256)`, one row or 510. changes: parameter of the base → what is added to it. pace: times as
    fast as the base would speak in this style. base: SHA-256 of the weights it was fitted on, "" for any.
    provenance: where it comes from and what it may be used for.
    """

    name: str
    style: Floats
    changes: Mapping[str, Floats] = field(default_factory=dict)
    pace: float = 1.0
    base: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.style.ndim != 2 or not len(self.style) or self.style.dtype != np.float32:
            raise ConfigError(f"The style of {self.name!r} is {self.style.dtype} {self.style.shape}, not float32 rows.")
        if not SLOWEST <= self.pace <= FASTEST:
            raise ConfigError(f"The pace of {self.name!r} is {self.pace}; it is from {SLOWEST} to {FASTEST}.")
        arrays = (self.style, *self.changes.values())
        if not all(np.isfinite(array).all() for array in arrays):
            raise ConfigError(f"The voice {self.name!r} holds values that are no numbers.")

    def style_of(self, symbols: int) -> Floats:
        """Return the style for a line of `symbols` symbols, float32 `(256,)`."""
        return self.style[min(max(symbols, 1), len(self.style)) - 1]


def save_voice(path: Path, voice: TalkerVoice) -> None:
    """Write the voice file: the same voice gives the same bytes, and the file is whole or not there."""
    tensors = {"style": voice.style} | {f"change.{name}": array for name, array in voice.changes.items()}
    metadata = {
        "format": FORMAT,
        "name": voice.name,
        "base": voice.base,
        "pace": repr(voice.pace),
        "provenance": json.dumps(dict(voice.provenance), sort_keys=True, ensure_ascii=False),
    }
    write_tensor_file(path, {name: array.astype(np.float16) for name, array in tensors.items()}, metadata)


def load_voice(path: Path) -> TalkerVoice:
    """Return the voice in the file `path`. Raises `InputError` for what is no voice file, or a damaged one."""
    data = read_regular(path, MOST_BYTES)
    try:
        tensors = load_tensors(data)
        metadata = _metadata(data)
        changes = {name.removeprefix("change."): _floats(array) for name, array in tensors.items() if name != "style"}
        return TalkerVoice(
            metadata["name"],
            _floats(tensors["style"]),
            changes,
            float(metadata["pace"]),
            metadata["base"],
            {str(key): str(value) for key, value in json.loads(metadata["provenance"]).items()},
        )
    except (SafetensorError, KeyError, ValueError, AttributeError, ConfigError) as error:
        raise InputError(str(path), f"is no voice file of audiorole ({error})") from error


def _metadata(data: bytes) -> Mapping[str, str]:
    """Return the text in a safetensors file that the library has accepted. Raises KeyError for another format."""
    found = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
    if found.get("format") != FORMAT:
        raise KeyError(f"its format is {found.get('format', 'not named')!r}, not {FORMAT!r}")
    return {str(key): str(value) for key, value in found.items()}


def _floats(array: NDArray[np.generic]) -> Floats:
    if array.dtype not in (np.float16, np.float32):
        raise ValueError(f"holds {array.dtype}")
    return np.asarray(array, dtype=np.float32)


def stock_voice(name: str) -> TalkerVoice:
    """Return a voice that the base comes with. Raises `UnknownNameError`, `WeightsError` where it is not pulled."""
    names = STOCK_VOICES + FOREIGN_VOICES
    if name not in names:
        raise UnknownNameError("stock voice", name, names)
    every = np.memmap(weights.path(STOCK_WEIGHT), "<f4", "r").reshape(-1, MOST_SYMBOLS, STYLE)
    return TalkerVoice(name, np.array(every[names.index(name)]), provenance={"source": "Kokoro-82M"})
