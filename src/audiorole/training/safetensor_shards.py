"""Checkpoints as safetensors shards: read by name without loading a file whole, written one shard at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from huggingface_hub import split_state_dict_into_shards_factory
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from audiorole.errors import InputError

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
SHARD_BYTES = 5 * 1000**3
"""Largest shard written; the size that `transformers` writes by default is 5 GB too."""


class ShardReader:
    """The tensors of a folder of safetensors files, by name. Pickled weights are refused, never opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, safe_open] = {
            name: safe_open(path, framework="pt") for name, path in _find_files(folder).items()
        }
        self._place = {key: name for name, file in self._files.items() for key in file.keys()}  # noqa: SIM118

    def names(self) -> list[str]:
        """Return the names of all tensors, sorted."""
        return sorted(self._place)

    def shape(self, key: str) -> tuple[int, ...]:
        """Return the shape of `key` from the header, without reading the tensor."""
        return tuple(self._files[self._place[key]].get_slice(key).get_shape())

    def item_bytes(self, key: str) -> int:
        """Return the bytes of one number of the tensor `key`."""
        return self.read(key, 0, 1).element_size()

    def read(self, key: str, start: int = 0, stop: int | None = None) -> Tensor:
        """Return rows `[start, stop)` of the tensor `key`, `(rows, …)`, reading no other row from disk."""
        file = self._files[self._place[key]]
        if start == 0 and stop is None:
            return file.get_tensor(key)
        return file.get_slice(key)[start:stop].clone()


def write_shards(
    sizes: Mapping[str, int], read: Callable[[str], Tensor], folder: Path, shard_bytes: int = SHARD_BYTES
) -> None:
    """Write the tensors named in `sizes` (bytes of each) as transformers does: one file, or shards and an index.

    read: gives a tensor by name, when its shard is written; at most one shard is held in memory.
    """
    split = split_state_dict_into_shards_factory(
        dict(sizes), get_storage_size=int, filename_pattern="model{suffix}.safetensors", max_shard_size=shard_bytes
    )
    for name, keys in split.filename_to_tensors.items():
        save_file({key: read(key) for key in keys}, folder / name, metadata={"format": "pt"})
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def check_shapes(reader: ShardReader, expected: Mapping[str, tuple[int, ...]], ignored: Iterable[str] = ()) -> None:
    """Raise `InputError` unless `reader` holds exactly the `expected` names with the expected shapes."""
    found = set(reader.names()) - set(ignored)
    for problem, keys in (("lacks", set(expected) - found), ("has unknown", found - set(expected))):
        if keys:
            raise InputError(str(reader.folder), f"{problem} {len(keys)} tensors, the first is {min(keys)!r}")
    for key in sorted(found):
        if reader.shape(key) != tuple(expected[key]):
            raise InputError(str(reader.folder), f"{key} is {reader.shape(key)}, config.json says {expected[key]}")


def _find_files(folder: Path) -> dict[str, Path]:
    index = folder / INDEX
    if index.is_file():
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    elif (folder / SINGLE).is_file():
        names = [SINGLE]
    else:
        pickled = sorted(path.name for path in folder.glob("*.bin")) if folder.is_dir() else []
        hint = f"; {pickled[0]} is a pickle and is never opened: convert it to safetensors first" if pickled else ""
        raise InputError(str(folder), f"no {SINGLE} and no {INDEX}{hint}")
    bad = [name for name in names if not re.fullmatch(r"[\w.-]+\.safetensors", name) or not (folder / name).is_file()]
    if bad:
        raise InputError(str(index), f"names {bad[0]!r}, which is no safetensors file of this folder")
    return {name: folder / name for name in names}
