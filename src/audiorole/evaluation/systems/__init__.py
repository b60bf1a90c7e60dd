"""Systems under test, named by a reference `name[@location]` like models and checkpoints.

`folder@replies/`, `callable@my_module:respond`, `worker@my_worker.py`, `http@https://host/respond`,
`cascade@cascade.toml`, `minicpm-o`, `talker@run`,
`glm-4-voice@checkpoint`. Third parties add theirs with the entry point group
`audiorole.systems`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from audiorole.core.registry import Registry

if TYPE_CHECKING:
    from audiorole.evaluation.systems.base import SpeechSystem

_HERE = "audiorole.evaluation.systems"

SYSTEMS: Registry[Callable[[str | None], SpeechSystem]] = Registry(
    "system",
    {
        "folder": f"{_HERE}.folder:FolderSystem",
        "callable": f"{_HERE}.function:FunctionSystem",
        "worker": f"{_HERE}.worker:WorkerSystem",
        "http": f"{_HERE}.http:HttpSystem",
        "cascade": f"{_HERE}.cascade:CascadeSystem",
        "minicpm-o": f"{_HERE}.minicpm:MiniCpmSystem",
        "glm-4-voice": f"{_HERE}.glm4voice:Glm4VoiceSystem",
        "talker": f"{_HERE}.glm4voice:TalkerSystem",
    },
    group="audiorole.systems",
    extras={"torch": "train", "transformers": "train", "peft": "train", "inflect": "train"},
)
