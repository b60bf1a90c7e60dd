"""What a run of the base `talker` consists of, and whose voices may go out: `talker.json` and `rights.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from audiorole.core.disk import write_atomic
from audiorole.errors import InputError
from audiorole.training.backend import Rights
from audiorole.training.thinker.persona import PersonaCard
from audiorole.types.record import Record

FILE, RIGHTS_FILE = "talker.json", "rights.toml"


class TalkerParts(Record, frozen=True):
    """`talker.json`. Paths are relative to it, or absolute.

    base: the text model's folder, and what it was made of. adapter: what it learned. voices: character → voice file.
    clips: character → the stock voice that is most like one clip of it. stock: the voice of whoever has none.
    persona: the plain instruction, of the model before it learned. lines, seconds: what a voice was fitted to.
    """

    base: str
    base_weight: str
    adapter: str
    cards: dict[str, PersonaCard]
    voices: dict[str, str]
    clips: dict[str, str]
    stock: str
    persona: str
    context_turns: int
    series: str = ""
    dataset: str = ""
    fitted: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)


def read_parts(run: Path) -> TalkerParts:
    """Return the parts of a run. Raises `InputError` where it has none that can be read."""
    path = run / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=TalkerParts)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}; is {run} a finished run of the base talker?") from None


RIGHTS_TABLE = """\
# Whose voices are these, and who may have them? Nothing of this run is exported before all three are filled in.
# A voice belongs to whoever has it: an actor's may be fitted and passed on only with the actor's leave.

source = {source}       # where the speech is from: a series, its makers, its edition
licence = {licence}      # under which terms the model may be passed on
permission = {permission}   # who allowed that these voices are copied: "synthetic", a contract, a letter
"""


def write_rights(run: Path, rights: Rights) -> None:
    """Write the table that a person fills in; one that is there stays as it is."""
    if not (run / RIGHTS_FILE).is_file():
        quoted = {name: msgspec.json.encode(value).decode() for name, value in _fields(rights).items()}
        write_atomic(run / RIGHTS_FILE, RIGHTS_TABLE.format(**quoted).encode())


def read_rights(run: Path, given: Rights) -> Rights:
    """Return the rights of a run's table; what is `given` wins. Raises `InputError` for a table that is none."""
    path = run / RIGHTS_FILE
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=dict[str, str]) if path.is_file() else {}
    except msgspec.DecodeError as error:
        raise InputError(str(path), f"is no table of rights: {error}") from None
    return Rights(**{name: value.strip() or table.get(name, "").strip() for name, value in _fields(given).items()})


def _fields(rights: Rights) -> Mapping[str, str]:
    return {"source": rights.source, "licence": rights.licence, "permission": rights.permission}
