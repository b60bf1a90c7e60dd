"""Convert a GLM-4-Voice checkpoint to transformers' native `GlmForCausalLM`, and back.

Both ways stream: at most one output shard is in memory, and nothing is written before every name and shape has
been checked. Only safetensors are read. The tokenizer's files are not touched.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from audiorole.errors import InputError
from audiorole.training.glm import config as dialects
from audiorole.training.glm.layout import (
    IGNORED,
    Sizes,
    Target,
    native_shapes,
    published_shapes,
    to_native,
    to_published,
)
from audiorole.training.safetensor_shards import SHARD_BYTES, ShardReader, check_shapes, write_shards
from audiorole.types.plain import JsonObject


def convert_to_native(source: Path, target: Path, shard_bytes: int = SHARD_BYTES) -> None:
    """Write the GLM-4-Voice checkpoint in `source` to the new folder `target` as native `GlmForCausalLM`.

    Raises `InputError` or `ConfigError` where the checkpoint is not of the expected shape; then nothing is written.
    """
    config = dialects.native_config(_read_config(source))
    sizes = Sizes.of(config)
    _convert(source, target, config, published_shapes(sizes), to_native(sizes), shard_bytes)


def convert_to_published(source: Path, target: Path, shard_bytes: int = SHARD_BYTES) -> None:
    """Write the native checkpoint in `source` to the new folder `target` in GLM-4-Voice's own layout."""
    native = _read_config(source)
    sizes = Sizes.of(native)
    _convert(source, target, dialects.published_config(native), native_shapes(sizes), to_published(sizes), shard_bytes)


def _convert(
    source: Path,
    target: Path,
    config: JsonObject,
    expected: dict[str, tuple[int, ...]],
    plan: Iterator[Target],
    shard_bytes: int,
) -> None:
    if target.exists():
        raise InputError(str(target), "exists already; name a folder that does not")
    reader = ShardReader(source)
    check_shapes(reader, expected, IGNORED)
    unfinished = target.with_name(target.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    items = {item.key: item for item in plan}
    sizes = {key: math.prod(item.shape) * reader.item_bytes(item.sources[0].key) for key, item in items.items()}
    write_shards(sizes, lambda key: _assemble(reader, items[key]), unfinished, shard_bytes)
    (unfinished / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    unfinished.rename(target)


def _assemble(reader: ShardReader, item: Target) -> Tensor:
    parts = [reader.read(rows.key, rows.start, rows.stop) for rows in item.sources]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _read_config(folder: Path) -> JsonObject:
    path = folder / "config.json"
    try:
        config: JsonObject = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(str(path), "does not exist") from None
    except json.JSONDecodeError as error:
        raise InputError(str(path), error.msg, error.lineno) from None
    return config
