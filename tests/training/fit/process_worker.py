"""One process of a group in `test_processes.py`: `process_worker.py METHOD FOLDER`, the group in the environment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from tiny import random_documents, tiny_glm

from audiorole.training.fit.loop import FitData, FitRun
from audiorole.training.fit.plan import FitPlan
from audiorole.training.fit.processes import Processes

LENGTHS = (20, 31, 12, 40, 8, 25, 17)


class Nowhere:
    def add_scalar(self, tag, value, step):
        pass

    def flush(self):
        pass


def train(method, folder):
    torch.set_num_threads(1)
    shape = {"rank": 4, "alpha": 8, "learning_rate": 3e-3, "steps": 3, "capacity": 48, "packs_per_step": 4, "seed": 3}
    documents = random_documents(LENGTHS)
    data = FitData(train=documents[:5], held_out=documents[5:], pad=0, first_audio=200)
    return FitRun(tiny_glm(), data, FitPlan(method=method, **shape), folder, Nowhere(), Processes("cpu")).run()


if __name__ == "__main__":
    train(sys.argv[1], Path(sys.argv[2]))
