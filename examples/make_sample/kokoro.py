"""Kokoro-82M on onnxruntime: a line of text in, a trimmed waveform out. The network is deterministic (no random node).

Text becomes espeak's IPA, then the alphabet that Kokoro v1.0 was trained on. Symbols and their numbers are those of the
model's own config.json (Apache-2.0).
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper

SAMPLE_RATE = 24_000
WEIGHTS_SHA256 = "8fbea51ea711f2af382e88c833d9e288c6dc82ce5e98421ea61c058ce21a34cb"
_SHARDS = 19

_SYMBOLS = ';:,.!?—…"()“” \u0303ʣʥʦʨᵝꭧAIOQSTWYᵊabcdefhijklmnopqrstuvwxyz' + (
    "ɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ"
)
_NUMBERS = (
    *range(1, 7), *range(9, 26), 31, 33, 35, 36, 39, *range(41, 49), *range(50, 73), *range(75, 79), *range(80, 84),
    85, 86, 87, 90, 92, 99, 101, 102, 103, *range(110, 117), 118, 119, 120, 123, 125, 126, *range(128, 134), 135, 136,
    138, 139, 140, 142, 143, 147, 148, 156, 157, 158, 162, 164, 169, 171, 172, 173, 177,
)  # fmt: skip
VOCABULARY = dict(zip(_SYMBOLS, _NUMBERS, strict=True))

# espeak ties the letters of one sound with ^; Kokoro has one symbol for each such sound.
_SHARED = {
    "a^ɪ": "I", "a^ʊ": "W", "d^ʒ": "ʤ", "e^ɪ": "A", "t^ʃ": "ʧ", "ɔ^ɪ": "Y", "ə^l": "ᵊl", "ɚ": "əɹ", "r": "ɹ",
    "x": "k", "ç": "k", "ɐ": "ə", "ɬ": "l", "\u0303": "",
}  # fmt: skip
_ACCENT = {
    "en-us": {"o^ʊ": "O", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": ""},
    "en-gb": {"e^ə": "ɛː", "iə": "ɪə", "ə^ʊ": "Q"},
}

Waveform = NDArray[np.float32]


@lru_cache
def _espeak(language: str) -> Any:
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    return EspeakBackend(language, preserve_punctuation=True, with_stress=True, tie="^")


def phonemes(text: str, language: str) -> str:
    """Return Kokoro's phonemes of an English text; language: en-us or en-gb."""
    ipa: str = _espeak(language).phonemize([text])[0].strip()
    for old, new in (_SHARED | _ACCENT[language]).items():
        ipa = ipa.replace(old, new)
    ipa = re.sub(r"(^|\s)I", r"\1ˌI", ipa)  # an unstressed "I" is swallowed at the start of a line
    return "".join(symbol for symbol in ipa if symbol in VOCABULARY)


def join_shards(packages: Path) -> bytes:
    """Join `kokoro-fp32.part0..18.bin`, found anywhere under `packages`. Raises ValueError if the hash is another."""
    found = {path.name: path for path in packages.rglob("kokoro-fp32.part*.bin")}
    weights = b"".join(found[f"kokoro-fp32.part{index}.bin"].read_bytes() for index in range(_SHARDS))
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise ValueError(f"{packages}: the joined weights are not Kokoro-82M fp32 ({WEIGHTS_SHA256[:12]}…)")
    return weights


def trim(waveform: Waveform, floor_db: float = -38.0) -> Waveform:
    """Cut silence off both ends: 10 ms frames more than `floor_db` under the loudest one."""
    hop = SAMPLE_RATE // 100
    frames = waveform[: len(waveform) // hop * hop].reshape(-1, hop)
    level = 10 * np.log10((frames**2).mean(1) + 1e-12)
    loud = np.flatnonzero(level > level.max() + floor_db)
    return waveform[loud[0] * hop : (loud[-1] + 1) * hop].copy()


class Kokoro:
    """The voice. packages: folder with the unpacked npm packages; cache: folder of lines already spoken."""

    def __init__(self, packages: Path, cache: Path) -> None:
        self.packages, self.cache = packages, cache
        cache.mkdir(parents=True, exist_ok=True)

    @cached_property
    def _session(self) -> Any:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # the order of sums, and so the bytes, depend on the number of threads
        return ort.InferenceSession(join_shards(self.packages), options, providers=["CPUExecutionProvider"])

    @lru_cache  # noqa: B019  one instance lives as long as the program
    def _style(self, voice: str) -> NDArray[np.float32]:
        path = next(self.packages.rglob(f"voices/{voice}.bin"))
        return np.fromfile(path, np.float32).reshape(-1, 1, 256)

    def say(self, text: str, voice: str, language: str, speed: float) -> Waveform:
        """Return the line as float32 `(num_samples,)`, 24 kHz, trimmed to the voice."""
        spoken = phonemes(text, language)
        key = hashlib.sha256(f"{voice} {speed} {spoken}".encode()).hexdigest()[:24]
        path = self.cache / f"{key}.npy"
        if not path.exists():
            np.save(path, self._speak(spoken, voice, speed))
        return trim(np.load(path))

    def _speak(self, spoken: str, voice: str, speed: float) -> Waveform:
        tokens = [VOCABULARY[symbol] for symbol in spoken]
        feed = {
            "input_ids": np.array([[0, *tokens, 0]], np.int64),
            "style": self._style(voice)[len(tokens)],
            "speed": np.array([speed], np.float32),
        }
        waveform: Waveform = self._session.run(None, feed)[0][0]
        return waveform
