"""WebDataset: tar files of pairs `<id>.flac`, `<id>.json`, about a quarter of a gigabyte each."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine

SHARD_BYTES = 256 << 20


def write(export: Export, folder: Path) -> None:
    """Write `<split>-000000.tar` and so on; the same lines give the same bytes."""
    shard: tarfile.TarFile | None = None
    written: dict[str, int] = {}
    for line in export:
        if shard is None or not _belongs(line, shard):
            if shard:
                shard.close()
            number = written.get(line.split, -1) + 1
            written[line.split] = number
            shard = tarfile.open(folder / f"{line.split}-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        _add(shard, f"{line.name}.{line.suffix}", line.audio)
        _add(shard, f"{line.name}.json", json.dumps(line.values, ensure_ascii=False).encode())
    if shard:
        shard.close()


def _belongs(line: PublishedLine, shard: tarfile.TarFile) -> bool:
    return Path(str(shard.name)).name.rpartition("-")[0] == line.split and shard.offset < SHARD_BYTES


def _add(shard: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # no time, no owner: bytes depend on the lines alone
    member.size = len(content)
    shard.addfile(member, io.BytesIO(content))
