"""Checkpoints that a killed run continues from, token for token.

    checkpoint-000120/
        model files             adapters as PEFT writes them, or the network as transformers does
        optimizer-0.safetensors this process's part of the optimizer's state
        state.json              step, digest of the plan and the data, number of processes

A checkpoint is written under another name and renamed when it is complete. Random numbers need no saving: each step
seeds its own from the run's seed and the step's number.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from peft import set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, set_model_state_dict
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from audiorole.core.disk import sync_file, sync_folder
from audiorole.errors import ConfigError
from audiorole.training.fit.processes import Processes
from audiorole.types.record import Record

if TYPE_CHECKING:
    from audiorole.training.fit.parameters import Network


class RunState(Record, frozen=True):
    """Where a run stands. step: optimizer steps done; digest: of what must not change between its parts."""

    step: int
    digest: str
    processes: int = 1


def save_checkpoint(
    folder: Path, state: RunState, model: Network, optimizer: Optimizer, processes: Processes, keep: int
) -> Path:
    """Write a checkpoint of all processes into `folder`, drop all but the newest `keep`, return its path."""
    target = folder / f"checkpoint-{state.step:06d}"
    unfinished = target.with_name(target.name + ".tmp")
    if processes.first:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
    processes.wait()
    _save_model(unfinished, model, processes)
    save_file(_flat_state(model, optimizer), unfinished / f"optimizer-{processes.rank}.safetensors")
    processes.wait()
    if processes.first:
        (unfinished / "state.json").write_bytes(msgspec.json.encode(state))
        _settle(unfinished)
        shutil.rmtree(target, ignore_errors=True)
        unfinished.rename(target)
        sync_folder(folder)
        for old in checkpoints(folder)[:-keep]:
            (old / "state.json").unlink()  # first, so that no half of a checkpoint counts as one
            shutil.rmtree(old)
    processes.wait()
    return target


def _settle(folder: Path) -> None:
    """Put the files of a folder on the disk, before its name says that it is whole."""
    for path in folder.iterdir():
        sync_file(path)
    sync_folder(folder)


def check_checkpoint(path: Path, digest: str, processes: Processes) -> RunState:
    """Return where the checkpoint at `path` stands.

    Raises `ConfigError` where the plan, the data or the number of processes is another one.
    """
    state = msgspec.json.decode((path / "state.json").read_bytes(), type=RunState)
    if state.digest != digest:
        raise ConfigError(f"{path} was made with another plan or other data: start a new folder, or restore them.")
    if state.processes != processes.count:
        raise ConfigError(f"{path} was made by {state.processes} processes, this run has {processes.count}.")
    return state


def load_checkpoint(path: Path, model: Network, optimizer: Optimizer, digest: str, processes: Processes) -> int:
    """Restore `model` and `optimizer` from the checkpoint at `path`; return the steps done.

    Raises `ConfigError` where the plan, the data or the number of processes is another one.
    """
    state = check_checkpoint(path, digest, processes)
    _load_model(path, model)
    _restore_state(model, optimizer, load_file(path / f"optimizer-{processes.rank}.safetensors"))
    for group in optimizer.param_groups:
        group |= {"step": state.step} if "step" in group else {}
    return state.step


def clear_unfinished(folder: Path) -> None:
    """Remove what a killed run left of checkpoints: half written under another name, or half removed."""
    whole = set(checkpoints(folder))
    ours = (path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+(\.tmp)?", path.name))
    for path in (path for path in ours if path not in whole and path.is_dir() and not path.is_symlink()):
        shutil.rmtree(path)


def checkpoints(folder: Path) -> list[Path]:
    """Return the complete checkpoints of a run, oldest first."""
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(path for path in found if (path / "state.json").is_file())


def _save_model(folder: Path, model: Network, processes: Processes) -> None:
    """Collective for sharded networks: every process takes part, the first writes."""
    if hasattr(model, "peft_config"):
        if processes.first:
            model.save_pretrained(folder, save_embedding_layers=False)
        return
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights = get_model_state_dict(model, options=options) if processes.count > 1 else model.state_dict()
    if processes.first:
        model.save_pretrained(folder, state_dict=weights)


def _load_model(path: Path, model: Network) -> None:
    if hasattr(model, "peft_config"):
        set_peft_model_state_dict(model, load_file(path / "adapter_model.safetensors"))
        return
    files = sorted(path.glob("model*.safetensors"))
    weights = {key: tensor for file in files for key, tensor in load_file(file).items()}
    set_model_state_dict(model, weights, options=StateDictOptions(full_state_dict=True, strict=True))


def _flat_state(model: Network, optimizer: Optimizer) -> dict[str, Tensor]:
    names = {parameter: name for name, parameter in model.named_parameters()}
    flat = {}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            flat[f"{names[parameter]}|{key}"] = _local(value).detach().cpu().contiguous()
    return flat


def _restore_state(model: Network, optimizer: Optimizer, flat: Mapping[str, Tensor]) -> None:
    parameters = dict(model.named_parameters())
    for joined, value in flat.items():
        name, _, key = joined.rpartition("|")
        parameter = parameters[name]
        value = value.to(_local(parameter).device)
        optimizer.state[parameter][key] = value if key == "step" else _like(value, parameter)


def _like(value: Tensor, parameter: Tensor) -> Tensor:
    """Return `value` placed as `parameter` is: this process's part of a sharded tensor, or a plain one."""
    if not isinstance(parameter, DTensor):
        return value
    mesh, placements = parameter.device_mesh, parameter.placements
    return DTensor.from_local(value, mesh, placements, shape=parameter.shape, stride=parameter.stride())


def _local(tensor: Tensor) -> Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor
