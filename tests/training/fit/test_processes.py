import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from .process_worker import train

WORKER = Path(__file__).parent / "process_worker.py"


def together(count, method, folder):
    """Run a group of processes over gloo; return the weights of its checkpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), method, str(folder)],
            env=os.environ | group | {"RANK": str(rank), "LOCAL_RANK": str(rank), "CUDA_VISIBLE_DEVICES": ""},
        )
        for rank in range(count)
    ]
    assert [worker.wait(300) for worker in workers] == [0] * count
    return weights(folder)


def weights(folder):
    (path,) = folder.glob("checkpoint-000003")
    return {key: t for file in path.glob("*model*.safetensors") for key, t in load_file(file).items()}


@pytest.mark.parametrize("method", ["lora", "full"])
def test_two_processes_learn_what_one_does(tmp_path, method):
    train(method, tmp_path / "one")
    one, two = weights(tmp_path / "one"), together(2, method, tmp_path / "two")
    assert one.keys() == two.keys()
    # a key's bias has almost no gradient (softmax cancels it), and Adam makes full steps of its rounding noise
    for key in (key for key in one if not key.endswith("k_proj.bias")):
        torch.testing.assert_close(two[key], one[key], rtol=1e-3, atol=1e-5, msg=key)
