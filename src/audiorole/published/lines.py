"""The lines of a finished build, read back from the Parquet files that a user takes away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorole.errors import InputError
from audiorole.published.formats import FORMATS
from audiorole.published.reader import parquet_files, read_batches
from audiorole.types import CharacterId


@dataclass(frozen=True)
class PublishedLine:
    """One row. values: the columns of the schema but the audio; audio: an encoded file of the kind `suffix`."""

    split: str
    values: dict[str, Any]
    audio: bytes
    suffix: str

    @property
    def name(self) -> str:
        """The id as a file name: `show-s01e02-u00042`."""
        return str(self.values["id"]).replace("/", "-")

    @property
    def voice(self) -> str:
        """Who speaks, as far as is known, within the series: `show/Gus`, else `show/voice_03`, else `show/unknown`."""
        known = self.values["character"] or self.values["speaker"] or "unknown"
        return str(CharacterId(self.values["series"], known))


def published_lines(out: Path) -> Iterator[PublishedLine]:
    """Yield the lines of a build or dataset folder, split after split. Raises InputError where none were published."""
    for path in parquet_files(out):
        for values in read_batches(path):
            audio = values.pop("audio")
            yield PublishedLine(path.parent.name, values, audio["bytes"], Path(audio["path"]).suffix[1:])


def publish_as(out: Path, name: str, folder: Path) -> int:
    """Write the dataset of the build `out` in the format `name` as the new folder `folder`; return its lines.

    The folder appears only when it is whole. Raises UnknownNameError for a format, InputError for the folders.
    """
    write = FORMATS.load(name)
    if folder.exists():
        raise InputError(str(folder), "is already there; remove it, or choose another --to")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    counted = _Counted(published_lines(out))
    try:
        write(counted, partial)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return counted.number


class _Counted:
    """Counts the lines on their way."""

    def __init__(self, lines: Iterator[PublishedLine]) -> None:
        self._lines, self.number = lines, 0

    def __iter__(self) -> Iterator[PublishedLine]:
        for line in self._lines:
            self.number += 1
            yield line
