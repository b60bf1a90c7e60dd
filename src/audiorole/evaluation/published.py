"""A published dataset as a corpus: `dataset/<split>/*.parquet`, one row a line, audio inside."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from audiorole.errors import InputError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform, corpus_of
from audiorole.evaluation.systems.sound import from_wav_bytes, resampled
from audiorole.types import Cast, Character, Naming, Place, Utterance

COLUMNS = [
    "id", "start", "end", "text", "normalised", "language", "character", "probability", "scene", "dialogue", "turn",
    "context", "addressee", "duplicate_of",
]  # fmt: skip

GROUPS_KEPT = 6
"""Row groups held in memory, encoded: an episode of television is 20–60 MB of FLAC."""


@dataclass(frozen=True)
class _Where:
    """Where a line's audio lies."""

    path: Path
    group: int
    row: int


def open_published(folder: Path, cast: Path | None = None) -> Corpus:
    """Return the corpus of a dataset folder, or of the build folder around it. cast: a `cast.toml`, for genders.

    Only text and numbers are read now; audio is read when it is asked for. Raises InputError where there is none.
    """
    root = folder / "dataset" if (folder / "dataset").is_dir() else folder
    paths = sorted(root.rglob("*.parquet"))
    if not paths:
        raise InputError(str(folder), "holds no published dataset (no .parquet file); run 'audiorole build' first")
    where: dict[str, _Where] = {}
    lines = [line for path in paths for line in _read_lines(path, path.parent.name, where)]
    return corpus_of(
        lines, PublishedAudio(where), _read_cast(cast or root / "cast.toml", needed=cast is not None), _name(root)
    )


def _name(root: Path) -> str:
    """Return what the dataset is called: the folder that the user named."""
    return root.resolve().parent.name if root.name == "dataset" else root.resolve().name


def _read_lines(path: Path, split: str, where: dict[str, _Where]) -> Iterator[Utterance]:
    try:
        file = pq.ParquetFile(path)
        missing = sorted({*COLUMNS, "audio"} - set(file.schema_arrow.names))
        if missing:
            raise InputError(str(path), f"has no column {missing[0]!r}: not a dataset that audiorole published")
        for group in range(file.num_row_groups):
            for at, row in enumerate(file.read_row_group(group, columns=COLUMNS).to_pylist()):
                where[row["id"]] = _Where(path, group, at)
                yield _utterance(row, split)
    except pa.ArrowException as error:
        raise InputError(str(path), f"not a readable Parquet file ({error})") from error


def _utterance(row: dict[str, Any], split: str) -> Utterance:
    return Utterance(
        id=row["id"],
        start=row["start"],
        end=row["end"],
        text=row["text"] or "",
        normalised=row["normalised"] or "",
        language=row["language"] or "",
        naming=Naming(character=row["character"] or "", probability=row["probability"] or 0.0),
        place=Place(
            scene=row["scene"] or "",
            dialogue=row["dialogue"] or "",
            turn=row["turn"] or 0,
            context=tuple(row["context"] or ()),
            addressee=row["addressee"] or "",
        ),
        duplicate_of=row["duplicate_of"] or "",
        split=split,
    )


class PublishedAudio:
    """Line id → waveform. Row groups are read when one of their lines is asked for; a few stay in memory, encoded."""

    def __init__(self, where: dict[str, _Where]) -> None:
        self._where = where
        self._group = functools.lru_cache(maxsize=GROUPS_KEPT)(_group_audio)

    def __getstate__(self) -> dict[str, _Where]:
        """Return where the lines lie: another process reads them itself."""
        return self._where

    def __setstate__(self, where: dict[str, _Where]) -> None:
        self.__init__(where)  # type: ignore[misc]

    def __call__(self, line: str) -> Waveform:
        """Return the line's waveform, float32 mono 16 kHz."""
        place = self._where[line]
        waveform, rate = from_wav_bytes(self._group(place.path, place.group)[place.row]["bytes"].as_py())
        return resampled(waveform, rate, SAMPLE_RATE)


def _group_audio(path: Path, group: int) -> Any:
    return pq.ParquetFile(path).read_row_group(group, columns=["audio"]).column("audio").combine_chunks()


def _read_cast(path: Path, needed: bool) -> tuple[Character, ...]:
    if not path.is_file() and not needed:
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(content, Cast).character
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise InputError(str(path), f"not a readable cast file ({error})") from error
