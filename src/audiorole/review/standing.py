"""The log of decisions as it stands, read again when somebody, in whatever process, has written to it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from audiorole.dataset.names.decision_file import decisions_file, read_log
from audiorole.evaluation.listening.agreement import krippendorff_alpha
from audiorole.naming.answers.corrections import LineCorrection, corrections
from audiorole.naming.answers.decisions import Decision, Identities, replay, standing
from audiorole.types.plain import JsonObject

ANSWERS = ("name_voice", "merge_voices", "label_line")
"""Kinds that answer who speaks; a split is part of the answer that follows it."""


class Standing:
    """What the log of an output folder says. identities, corrections: the state; stands: without what was undone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.stamp: tuple[int, int] = (-1, -1)
        self.log: list[Decision] = []
        self.stands: list[Decision] = []
        self.identities = Identities()
        self.corrections: dict[str, LineCorrection] = {}
        self.named = b""
        self.refresh()

    def refresh(self) -> bool:
        """Read the log again where it has changed; return whether it has."""
        try:
            stat = decisions_file(self.home).stat()
            stamp = (stat.st_size, stat.st_mtime_ns)
        except FileNotFoundError:
            stamp = (0, 0)
        if stamp == self.stamp:
            return False
        self.log = read_log(self.home)
        self.stands = standing(self.log)
        self.identities, self.corrections = replay(self.log), corrections(self.log)
        self.stamp = stamp
        return True

    def names_anew(self) -> bool:
        """Return whether names may be others than when this was last asked."""
        state, before = self.identities.encode(), self.named
        self.named = state
        return state != before

    def of_line(self, line: str) -> list[Decision]:
        """Return the standing decisions about one line, the first first."""
        return [d for d in self.stands if d.subject == line or line in d.lines]

    def answers(self) -> int:
        """Return how many standing answers are about who speaks."""
        return sum(decision.kind in ANSWERS for decision in self.stands)

    def drawn(self) -> list[tuple[int, bool]]:
        """Return, per line that chance drew, the answers before it, and whether the name that it had was right."""
        found: dict[str, tuple[int, bool]] = {}
        before = 0
        for decision in self.stands:
            if decision.random and decision.guess is not None and decision.subject in self.identities.label:
                names = (decision.guess, self.identities.label[decision.subject])
                guess, name = map(self.identities.character_name, names)
                found.setdefault(decision.subject, (before, guess == name))
            before += decision.kind in ANSWERS
        return list(found.values())

    def people(self) -> dict[str, int]:
        """Return who decided, and how many of their decisions stand."""
        return dict(sorted(Counter(decision.who for decision in self.stands).items()))

    def agreement(self) -> JsonObject:
        """Return how far people agree on the lines that two or more of them named: Krippendorff's alpha, nominal."""
        answers: dict[str, dict[str, str]] = {}
        for decision in self.stands:
            if decision.kind == "label_line":
                name = self.identities.character_name(decision.value)
                answers.setdefault(decision.subject, {})[decision.who] = name
        shared = {line: [*own.values()] for line, own in answers.items() if len(own) > 1}
        codes = {name: float(code) for code, name in enumerate(sorted({n for own in shared.values() for n in own}))}
        same = sum(len(set(own)) == 1 for own in shared.values())
        units = {line: [codes[name] for name in own] for line, own in shared.items()}
        return {"lines": len(shared), "same": same, "alpha": krippendorff_alpha(units, "nominal")}
