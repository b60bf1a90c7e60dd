"""audiorole: media → dataset → model → report.

Everything that the command line does, from Python. Names are loaded when they are first used, so that
`import audiorole` costs nothing.

    import audiorole
    audiorole.build("episodes", "out")
    for line in audiorole.open_build("out").lines("Gus"):
        print(line.start, line.text)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audiorole.api.datasets import Build, build, explain, open_build, plan
    from audiorole.api.deciding import decide, name
    from audiorole.api.evaluations import compare, evaluate
    from audiorole.api.exporting import Exported, export, export_forms
    from audiorole.api.packing import diff, pack, rebuild
    from audiorole.api.pushing import pushing
    from audiorole.api.suggesting import suggest_cast
    from audiorole.api.training import preview_training, train
    from audiorole.api.voices import SpokenReply, Voice, load_voice
    from audiorole.core.progress import Progress
    from audiorole.core.recipes import shipped_recipes
    from audiorole.errors import AudioroleError, UserError
    from audiorole.published.selection import Selection
    from audiorole.types import Character, Dialogue, Utterance

__version__ = "0.1.0"

_HOMES = {
    "audiorole.api.datasets": ("Build", "build", "explain", "open_build", "plan"),
    "audiorole.api.deciding": ("decide", "name"),
    "audiorole.api.evaluations": ("compare", "evaluate"),
    "audiorole.api.exporting": ("Exported", "export", "export_forms"),
    "audiorole.api.packing": ("diff", "pack", "rebuild"),
    "audiorole.api.pushing": ("pushing",),
    "audiorole.published.selection": ("Selection",),
    "audiorole.api.suggesting": ("suggest_cast",),
    "audiorole.api.training": ("preview_training", "train"),
    "audiorole.api.voices": ("SpokenReply", "Voice", "load_voice"),
    "audiorole.core.progress": ("Progress",),
    "audiorole.core.recipes": ("shipped_recipes",),
    "audiorole.errors": ("AudioroleError", "UserError"),
    "audiorole.types": ("Character", "Dialogue", "Utterance"),
}
"""Module → the public names that it gives."""

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AudioroleError", "Build", "Character", "Dialogue", "Exported", "Progress", "Selection", "SpokenReply", "UserError",
    "Utterance", "Voice", "__version__", "build", "compare", "decide", "diff", "evaluate", "explain", "export",
    "export_forms", "load_voice", "name", "open_build", "pack", "plan", "preview_training", "pushing", "rebuild",
    "shipped_recipes", "suggest_cast", "train",
]  # fmt: skip


def __getattr__(wanted: str) -> Any:
    if wanted not in _HOME_OF:
        raise AttributeError(f"module 'audiorole' has no attribute {wanted!r}")
    value = getattr(importlib.import_module(_HOME_OF[wanted]), wanted)
    globals()[wanted] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
