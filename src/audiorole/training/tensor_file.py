"""A file of tensors that is whole or absent, whenever its writer is killed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from audiorole.core.disk import sync_file, sync_folder


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write `tensors` into `path`, in one step, once they are on the disk.

    They are written in a folder of their own, `<name>.tmp`: the library leaves files of its own there when it is
    killed, and the next write removes them.
    """
    unfinished = path.with_suffix(".tmp")
    if unfinished.is_dir():
        shutil.rmtree(unfinished)
    else:
        unfinished.unlink(missing_ok=True)  # of an earlier version
    unfinished.mkdir(parents=True)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, unfinished / path.name)
    sync_file(unfinished / path.name)
    (unfinished / path.name).replace(path)
    unfinished.rmdir()
    sync_folder(path.parent)
