"""WebDataset: tar files of pairs `<id>.flac`, `<id>.json`, about a quarter of a gigabyte each."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

from audiorole.published.lines import PublishedLine

SHARD_BYTES = 256 << 20


def write(lines: Iterable[PublishedLine], folder: Path) -> None:
    """Write `<split>-000000.tar` and so on; the same lines give the same bytes."""
    shard: tarfile.TarFile | None = None
    written: dict[str, int] = {}
    for line in lines:
        if shard is None or not _belongs(line, shard):
            if shard:
                shard.close()
            number = written.get(line.split, -1) + 1
            written[line.split] = number
            shard = tarfile.open(folder / f"{line.split}-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        key = line.name.replace(".", "_")  # what follows the first dot of a name is its kind
        _add(shard, f"{key}.{line.suffix}", line.audio)
        _add(shard, f"{key}.json", json.dumps(line.values, ensure_ascii=False).encode())
    if shard:
        shard.close()


def _belongs(line: PublishedLine, shard: tarfile.TarFile) -> bool:
    return Path(str(shard.name)).name.rpartition("-")[0] == line.split and shard.offset < SHARD_BYTES


def _add(shard: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # no time, no owner: bytes depend on the lines alone
    member.size = len(content)
    shard.addfile(member, io.BytesIO(content))
