"""A published dataset as a corpus: `dataset/<split>/*.parquet`, one row a line, audio inside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from audiorole.audio.resample import resample
from audiorole.errors import AmbiguousCharacterError, InputError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform, corpus_of
from audiorole.evaluation.systems.sound import from_wav_bytes
from audiorole.published.reader import EncodedAudio, RowPlace, dataset_root, parquet_files, read_rows
from audiorole.types import Cast, Character, CharacterId, Naming, Place, Utterance

COLUMNS = [
    "id", "start", "end", "text", "normalised", "language", "character", "probability", "scene", "dialogue", "turn",
    "context", "addressee", "duplicate_of",
]  # fmt: skip


def open_published(folder: Path, cast: Path | None = None) -> Corpus:
    """Return the corpus of a dataset folder, or of the build folder around it. cast: a `cast.toml`, for genders.

    Where two series of the dataset have a character of one name, the cast says which: `series = "show"` at its head, or
    `name = "show/Gus"`.

    Only text and numbers are read now; audio is read when it is asked for. Raises InputError where there is none.
    """
    root, paths = dataset_root(folder), parquet_files(folder)
    where: dict[str, RowPlace] = {}
    lines = [line for path in paths for line in _read_lines(path, path.parent.name, where)]
    cast_file = cast or root / "cast.toml"
    characters = _read_cast(cast_file, needed=cast is not None)
    try:
        return corpus_of(lines, PublishedAudio(where), characters, _name(root))
    except AmbiguousCharacterError as error:
        raise InputError(str(cast_file), str(error)) from None


def _name(root: Path) -> str:
    """Return what the dataset is called: the folder that the user named."""
    return root.resolve().parent.name if root.name == "dataset" else root.resolve().name


def _read_lines(path: Path, split: str, where: dict[str, RowPlace]) -> Iterator[Utterance]:
    for place, row in read_rows(path, COLUMNS):
        where[row["id"]] = place
        yield _utterance(row, split)


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

    def __init__(self, where: dict[str, RowPlace]) -> None:
        self._where, self._encoded = where, EncodedAudio()

    def __getstate__(self) -> dict[str, RowPlace]:
        """Return where the lines lie: another process reads them itself."""
        return self._where

    def __setstate__(self, where: dict[str, RowPlace]) -> None:
        self.__init__(where)  # type: ignore[misc]

    def __call__(self, line: str) -> Waveform:
        """Return the line's waveform, float32 mono 16 kHz."""
        waveform, rate = from_wav_bytes(self._encoded(self._where[line]))
        return resample(waveform, rate, SAMPLE_RATE)


def _read_cast(path: Path, needed: bool) -> tuple[Character, ...]:
    if not path.is_file() and not needed:
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _of_series(msgspec.convert(content, Cast))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise InputError(str(path), f"not a readable cast file ({error})") from error


def _of_series(cast: Cast) -> tuple[Character, ...]:
    """Return the characters under their written forms, where the file says of which series they are."""
    if not cast.series:
        return cast.character
    return tuple(msgspec.structs.replace(one, name=str(CharacterId(cast.series, one.name))) for one in cast.character)
