"""A small published dataset: two series with a Gus each, three episodes, and what formats stumble over."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audiorole.published.schema import row, schema
from audiorole.types import Naming, Place, Quality, Speech, Transcript, Utterance, Word

RATE = 16000
SPLITS = {"show/s01e01": "train", "show/s01e02": "test", "other/s01e01": "train"}
WHO = ("Gus", "Ann Lee", "Gus", "", "Ann_Lee", "Gus")
TEXTS = (
    "Is this Zoë's?",
    "He said <audio>, and <|im_end|> | twice.",
    "No.\nNever, {ever}!",
    "Who is there?",
    "It's  me ;; you know.",
    "李, come back.",
)


def tone(number: int) -> np.ndarray:
    """Return int16 samples of line `number`: none is like another."""
    return (0.3 * np.sin(np.arange(16000 + 1600 * number) / (8 + number)) * 32767).astype(np.int16)


def encoded(number: int, form: str = "FLAC") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(number), RATE, format=form, subtype="PCM_16")
    return buffer.getvalue()


def line(episode: str, number: int) -> Utterance:
    start, at = 3.0 * number, number - 1
    end = start + len(tone(number)) / RATE
    text = TEXTS[at]
    words = text.split()
    step = (end - start) / len(words)
    timed = tuple(Word(word, start + step * n, start + step * (n + 1), 0.9) for n, word in enumerate(words))
    return Utterance(
        id=f"{episode}/u{number:05d}",
        start=start,
        end=end,
        text=text,
        normalised=text.lower(),
        language="en",
        speech=Speech(0.9),
        quality=Quality("ABCAAB"[at], dnsmos=3.2),
        naming=Naming(WHO[at], 0.99 - 0.05 * at, f"voice_{at:02d}"),
        transcript=Transcript(agreement=0.9, words=timed if number % 2 else ()),
        place=Place(f"{episode}/c001", f"{episode}/d00{1 + at // 4}.01", at % 4, (f"{episode}/u00001",) if at else ()),
    )


def publish(folder: Path, splits: dict[str, str] = SPLITS, lines: int = 6) -> Path:
    """Write `folder/dataset` and return `folder`."""
    for episode, split in splits.items():
        rows = [row(line(episode, n), encoded(n), "flac", "ab") for n in range(1, lines + 1)]
        path = folder / "dataset" / split / f"{episode.replace('/', '-')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(RATE)), path, row_group_size=4)
    return folder
