"""MiniCPM-o-2.6 in one-shot role-play, as a worker in an environment of its own (its pins force one).

`minicpm-o` alone looks for the environment that `python -m audiorole.evaluation.workers.minicpm_environment` makes;
`minicpm-o@/path/to/python` names another one. The reference clip of the character is the one shot.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from audiorole.errors import ConfigError
from audiorole.evaluation.systems.worker import WorkerSystem
from audiorole.evaluation.workers.minicpm_environment import default_folder, python_of

WORKER = Path(__file__).parent.parent / "workers" / "minicpm_o.py"


class MiniCpmSystem(WorkerSystem):
    """The worker of `workers/minicpm_o.py` under the Python of its own environment."""

    def __init__(self, location: str | None = None) -> None:
        python = Path(location) if location else python_of(default_folder())
        if not python.is_file():
            raise ConfigError(
                f"MiniCPM-o-2.6 needs its own environment, and {python} is not there: "
                "run 'python -m audiorole.evaluation.workers.minicpm_environment' once."
            )
        super().__init__(shlex.join([str(python), str(WORKER)]))
