"""The systems of a run: the anchors, and those that are named by reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audiorole.errors import ConfigError
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems import SYSTEMS
from audiorole.evaluation.systems.anchors import ANCHORS, AnchorSystem
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.evaluation.systems.folder import made_for


@dataclass(frozen=True)
class Entrant:
    """A system in a run. name: of its folder and in the report; anchors are built in, others named by reference."""

    name: str
    reference: str

    @property
    def anchor(self) -> bool:
        """Whether it is one of ours."""
        return self.reference == f"anchor:{self.name}"

    @property
    def content(self) -> str:
        """A fingerprint of what lies behind the reference, where the system can tell: a folder's files.

        Raises ConfigError where nothing lies there.
        """
        tell = self._of_its_kind("fingerprint")
        return str(tell(self.reference.partition("@")[2] or None)) if tell else ""

    def check(self) -> None:
        """Raise ConfigError where there is nobody to ask: a function that is not there, a server that does not answer.

        Systems whose class has no `check(location)` are seen when they are opened.
        """
        check = self._of_its_kind("check")
        if check:
            check(self.reference.partition("@")[2] or None)

    def _of_its_kind(self, method: str) -> Callable[[str | None], object] | None:
        """Return what the system's class offers under a name, without opening a system."""
        name = self.reference.partition("@")[0]
        kind = None if self.anchor or name not in SYSTEMS.names() else SYSTEMS.load(name)
        return getattr(kind, method, None)

    def open(self, evaluation: Evaluation) -> SpeechSystem:
        """Return the system, ready to be asked. Raises ConfigError for a folder of replies to other items."""
        if self.anchor:
            return AnchorSystem(ANCHORS[self.name], evaluation.gallery, evaluation.listener)
        system = open_system(self.reference)
        _check_made_for(system, evaluation)
        return system


def entrants(references: Sequence[str], anchors: bool = True) -> list[Entrant]:
    """Return the anchors and the systems of `references`, each `[label=]name[@location]`.

    Raises UnknownNameError, and ConfigError where two have one name.
    """
    found = [Entrant(name, f"anchor:{name}") for name in ANCHORS] if anchors else []
    for text in references:
        label, equals, reference = text.partition("=")
        reference = reference if equals and "@" not in label else text
        label = label if equals and "@" not in label else reference
        SYSTEMS.target(reference.partition("@")[0])
        found.append(Entrant(_folder_name(label), reference))
    twins = {one.name for one in found if sum(other.name == one.name for other in found) > 1}
    if twins:
        raise ConfigError(
            f"Two systems are called {sorted(twins)[0]!r}; give one a label: --system label=name@location."
        )
    return found


def open_system(reference: str) -> SpeechSystem:
    """Return the system behind `name[@location]`."""
    name, _, location = reference.partition("@")
    return SYSTEMS.load(name)(location or None)


def _check_made_for(system: SpeechSystem, evaluation: Evaluation) -> None:
    """Raise ConfigError where a folder's replies answer to items that another suite or dataset was exported as."""
    made = getattr(system, "made_for", None)
    wanted = made_for(evaluation.corpus, evaluation.suite, evaluation.items)
    if made is not None and made != wanted:
        raise ConfigError(
            f"The replies answer to items of suite {made.suite} and data {made.data}, this run asks those of suite "
            f"{wanted.suite} and data {wanted.data}: use the suite of the export, or export again."
        )


def _folder_name(label: str) -> str:
    """Return a label that is one folder name."""
    kept = "".join(letter if letter.isalnum() or letter in "-_.@" else "-" for letter in label)
    return kept.strip("-.") or "system"
