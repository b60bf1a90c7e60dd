import multiprocessing
import os
import socket

import pytest
import torch
from accelerate import PartialState
from safetensors.torch import load_file

from audiorole.training.fit.loop import FitRun
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes

from ..tiny import tiny_glm
from .test_loop import PLAN, Figures, data


def train(rank, count, port, method, folder, steps):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    PartialState._reset_state()
    plan = FitPlan(**{**PLAN.__dict__, "method": method, "steps": steps, "save_every": 2, "packs_per_step": 4})
    model = tiny_glm(dtype=torch.float32)
    result = FitRun(model, data(), plan, folder, Figures(), Processes("cpu")).run()
    assert result.steps == steps


def together(count, method, folder, steps=4):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("fork")
    shared = (port, method, folder, steps)
    workers = [context.Process(target=train, args=(rank, count, *shared)) for rank in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * count
    (path,) = folder.glob(f"checkpoint-{steps:06d}")
    return {key: t for file in path.glob("*model*.safetensors") for key, t in load_file(file).items()}


@pytest.mark.parametrize("method", ["lora", "full"])
def test_two_processes_learn_what_one_does(tmp_path, method):
    one = together(1, method, tmp_path / "one")
    two = together(2, method, tmp_path / "two")
    assert one.keys() == two.keys()
    # a key's bias has almost no gradient (softmax cancels it), and Adam makes full steps of its rounding noise
    for key in (key for key in one if not key.endswith("k_proj.bias")):
        torch.testing.assert_close(two[key], one[key], rtol=1e-3, atol=1e-5, msg=key)
