"""The lines of a character that its voice is fitted to: the clean ones first, some kept back to choose by."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiorole.audio.resample import resample
from audiorole.errors import InputError
from audiorole.published.reader import EncodedAudio, Row, RowPlace, parquet_files, read_rows

RATE = 16_000
SHORTEST, LONGEST = 1.0, 12.0
"""Seconds: shorter lines tell little of a voice, longer ones are mostly several."""
VALIDATION_SHARE = 0.2
LEAST_KEPT = 2
MOST_OVERLAP = 0.05
COLUMNS = [
    "id", "text", "normalised", "character", "duration", "snr_db", "dnsmos", "overlap_share", "music_share",
    "duplicate_of", "probability", "series",
]  # fmt: skip


@dataclass(frozen=True)
class VoiceLine:
    """One line. waveform: float32 `(num_samples,)`, 16 kHz. phonemes: its text in the talker's symbols.

    clarity: higher is cleaner, on any scale. validation: kept back from the fit, to choose by.
    """

    id: str
    waveform: NDArray[np.float32]
    text: str
    phonemes: str
    clarity: float = 0.0
    validation: bool = False

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.waveform) / RATE


def kept_back(line: str, share: float = VALIDATION_SHARE) -> bool:
    """Return whether the line of this id is one of those to choose by: the same for ever, whatever else there is."""
    return int(hashlib.sha256(line.encode()).hexdigest()[:8], 16) < share * 2**32


def split_lines(lines: Sequence[VoiceLine]) -> tuple[list[VoiceLine], list[VoiceLine]]:
    """Return the lines to learn from and those kept back.

    Where fewer than two were kept back, the first by a hash of their ids are taken from the others.
    """
    learned = [line for line in lines if not line.validation]
    kept = [line for line in lines if line.validation]
    drawn = sorted(learned, key=lambda line: (hashlib.sha256(line.id.encode()).hexdigest(), line.id))
    more = drawn[: max(0, LEAST_KEPT - len(kept))]
    taken = {line.id for line in more}
    return [line for line in learned if line.id not in taken], [*kept, *more]


def cleanest(lines: Sequence[VoiceLine], most: int) -> list[VoiceLine]:
    """Return the `most` clearest lines, in the order of their ids."""
    return sorted(sorted(lines, key=lambda line: (-line.clarity, line.id))[:most], key=lambda line: line.id)


def voice_lines(dataset: Path, character: str, phonemize: Callable[[str], str], series: str = "") -> list[VoiceLine]:
    """Return the lines of `character` in the training split of a dataset, without those that overlap or say nothing.

    phonemize: text to the talker's symbols. Raises InputError where there is none.
    """
    found = []
    for path in parquet_files(dataset):
        if path.parent.name == "test":
            continue
        audio = EncodedAudio()
        for place, row in read_rows(path, COLUMNS):
            if _wanted(row, character, series):
                found.append(_line(row, _waveform(audio, place), phonemize))
    if not found:
        raise InputError(str(dataset), f"holds no line of {character!r} to learn from outside its test split")
    return found


def clarity(snr_db: float | None, dnsmos: float | None, music: float | None) -> float:
    """Return how clean a line is, by its published columns: a decibel counts one, a point of DNSMOS ten."""
    return min(snr_db if snr_db is not None else 15.0, 40.0) + 10 * (dnsmos or 2.5) - 20 * (music or 0.0)


def _wanted(row: Row, character: str, series: str) -> bool:
    named = row["character"] == character and (not series or row["series"] == series)
    clean = not row["duplicate_of"] and (row["overlap_share"] or 0.0) < MOST_OVERLAP
    return bool(named and clean and SHORTEST <= row["duration"] <= LONGEST and (row["text"] or "").strip())


def _line(row: Row, waveform: NDArray[np.float32], phonemize: Callable[[str], str]) -> VoiceLine:
    text = row["normalised"] or row["text"]
    clean = clarity(row["snr_db"], row["dnsmos"], row["music_share"])
    return VoiceLine(row["id"], waveform, row["text"], phonemize(text), clean, kept_back(row["id"]))


def _waveform(audio: EncodedAudio, place: RowPlace) -> NDArray[np.float32]:
    waveform, rate = soundfile.read(io.BytesIO(audio(place)), dtype="float32", always_2d=True)
    return resample(waveform.mean(axis=1), rate, RATE)
