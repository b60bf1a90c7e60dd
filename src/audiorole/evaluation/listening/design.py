"""Who hears what: balanced blocks of trials, with codes instead of names, and the key that opens them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from audiorole.errors import ConfigError
from audiorole.evaluation.items import draw_order
from audiorole.types import Record

HIDDEN, LOW = "hidden_reference", "low_anchor"
"""Names in the key of the real line hidden among the stimuli, and of the other character's line."""

TRAP_VOICE, TRAP_SAME = "trap_voice", "trap_same"


class Stimulus(Record, frozen=True):
    """What a code stands for. item: of the reply; system: its name, or `HIDDEN`, `LOW`, `TRAP_…`."""

    system: str
    item: str
    character: str


class Trial(Record, frozen=True):
    """One screen. kind: `ab`, `mos` or `mushra`; stimuli: codes, in the order shown; reference: code or ""."""

    id: str
    kind: str
    character: str
    stimuli: tuple[str, ...]
    reference: str = ""


class Key(Record, frozen=True):
    """The sealed key: kept by the organiser, never in the page. Its hash is, so that it cannot be changed later."""

    test: str
    salt: str
    systems: tuple[str, ...]
    codes: dict[str, Stimulus]
    blocks: tuple[tuple[Trial, ...], ...]
    traps: dict[str, str]
    """Trial id → the code that has to win, or `tie`."""


@dataclass(frozen=True)
class Plan:
    """How long the test is. Per block: ab, mos and mushra screens; two traps come on top.

    36 screens take about 20 minutes, after which listeners tire (ITU-R BS.1534-3, sec. 5.2 asks for breaks).
    """

    blocks: int = 8
    ab: int = 18
    mos: int = 12
    mushra: int = 4


def design_test(
    items: Sequence[tuple[str, str]], systems: Sequence[str], plan: Plan, salt: str, name: str = "listening"
) -> Key:
    """Return the key of a test over `items` (id, character) and `systems`.

    Every pair of systems, and every order of a pair, occurs equally often (within one) over the whole test; block
    by block the items go round. Raises ConfigError for fewer than two systems or no item.
    """
    if len(systems) < 2 or not items:
        raise ConfigError("A listening test needs two systems and an item that both of them answered.")
    designer = _Designer(tuple(sorted(items, key=lambda one: draw_order(3, one[0]))), tuple(systems), salt)
    blocks = tuple(designer.block(number, plan) for number in range(plan.blocks))
    return Key(name, salt, tuple(systems), designer.codes, blocks, designer.traps)


class _Designer:
    """Hands out codes and counts pairs while blocks are laid."""

    def __init__(self, items: tuple[tuple[str, str], ...], systems: tuple[str, ...], salt: str) -> None:
        self.items, self.systems, self.salt = items, systems, salt
        self.codes: dict[str, Stimulus] = {}
        self.traps: dict[str, str] = {}
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.rated: Counter[str] = Counter()
        self.at = 0

    def block(self, number: int, plan: Plan) -> tuple[Trial, ...]:
        trials = [
            *(self._ab(f"b{number}-ab{at}") for at in range(plan.ab)),
            *(self._mos(f"b{number}-mos{at}") for at in range(plan.mos)),
            *(self._mushra(f"b{number}-mushra{at}") for at in range(plan.mushra)),
            *self._traps(number),
        ]
        order = {"ab": 0, "mos": 1, "mushra": 2}  # one task at a time, shuffled within it
        return tuple(sorted(trials, key=lambda trial: (order[trial.kind], draw_order(5, self.salt + trial.id))))

    def _ab(self, trial: str) -> Trial:
        """Return the pair heard least so far, in the order heard least so far, on the next item."""
        pair = min(combinations(self.systems, 2), key=lambda two: self.pairs[two] + self.pairs[two[::-1]])
        first, second = min((pair, pair[::-1]), key=lambda two: self.pairs[two])
        self.pairs[first, second] += 1
        item = self._next_item()
        return self._trial(trial, "ab", item, [first, second], reference=True)

    def _mos(self, trial: str) -> Trial:
        system = min(self.systems, key=lambda name: self.rated[name])
        self.rated[system] += 1
        return self._trial(trial, "mos", self._next_item(), [system], reference=False)

    def _mushra(self, trial: str) -> Trial:
        shuffled = sorted([*self.systems, HIDDEN, LOW], key=lambda name: draw_order(9, self.salt + trial + name))
        return self._trial(trial, "mushra", self._next_item(), shuffled, reference=True)

    def _traps(self, number: int) -> Iterator[Trial]:
        """Yield the two traps: the character against another voice, and one clip twice."""
        voice = self._trial(f"b{number}-x0", "ab", self._next_item(), [TRAP_VOICE, LOW][:: 1 - 2 * (number % 2)], True)
        self.traps[voice.id] = next(code for code in voice.stimuli if self.codes[code].system == TRAP_VOICE)
        same = self._trial(f"b{number}-x1", "ab", self._next_item(), [TRAP_SAME, TRAP_SAME], True)
        self.traps[same.id] = "tie"
        yield from (voice, same)

    def _next_item(self) -> tuple[str, str]:
        self.at += 1
        return self.items[(self.at - 1) % len(self.items)]

    def _trial(self, trial: str, kind: str, item: tuple[str, str], systems: Sequence[str], reference: bool) -> Trial:
        stimuli = tuple(self._code(Stimulus(system, *item), f"{trial}{at}") for at, system in enumerate(systems))
        return Trial(trial, kind, item[1], stimuli, self._code(Stimulus("reference", *item), "") if reference else "")

    def _code(self, stimulus: Stimulus, place: str) -> str:
        """Return a fresh code for each place, so that a clip heard twice is not recognised by its name."""
        facts = "\x1f".join((self.salt, stimulus.system, stimulus.item, place))
        code = hashlib.sha256(facts.encode()).hexdigest()[:12]
        self.codes[code] = stimulus
        return code
