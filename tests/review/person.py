"""Somebody who knows who says each line and answers the questions of the page by keyboard alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from audiorole.dataset.input.cast import name_key
from tests.review.conftest import Hands

FEW = 2
"""Lines of another speaker among those played for a voice, up to which a person still says its name."""

QUESTION = """(() => {
  const item = desk.view.item;
  return item && { key: item.key, kind: item.kind, named: item.named, lines: item.lines.map((line) => line.id),
    names: item.candidates.map((one) => one.name), at: desk.view.at, asked: desk.view.asked };
})()"""

NEXT = """(() => {
  const view = desk.view, item = view.item;
  return item ? view.asked > ASKED && view.drawn && view.wave.ready && view.wave.line.id === view.line.id
    : document.querySelector('main').textContent.includes('Nothing is left');
})()"""


@dataclass
class KnowingPerson:
    """truth: line → who says it; of a voice they say the name of the first line that they know.

    seconds: from each answer's last key to the next question on the screen, its sound ready; keys: pressed so far.
    """

    hands: Hands
    truth: dict[str, str]
    seconds: list[float] = field(default_factory=list)
    keys: int = 0
    skipped: int = 0

    def answer(self) -> bool:
        """Answer the question on the screen, or skip it; return False where there is none."""
        self.hands.wait("desk.settled() && (desk.view.item || !desk.store.busy)")
        question = self.hands.ask(QUESTION)
        if question is None:
            return False
        known = (self.truth[line] for line in question["lines"] if line in self.truth)
        name = question.get("named") or next(known, "")
        if name:
            self._say(question, name)
        else:
            self.skipped += 1
            self._press("n", question["asked"])
        return True

    def _say(self, question, name: str) -> None:
        lines = question["lines"]
        others = [at for at, line in enumerate(lines) if name_key(self.truth.get(line, name)) != name_key(name)]
        at = question["at"]
        for place in others if question["kind"] == "voice" else []:
            for _ in range(place - at):
                self._press("ArrowDown")
            at = place
            self._press("x")
        many = len(others) > FEW and not question.get("named")
        if question["kind"] == "voice" and (many or len(others) == len(lines)):
            self._press("s", question["asked"])
        elif name in question["names"]:
            self._press(str(question["names"].index(name) + 1), question["asked"])
        else:
            self._type(name, question["asked"])

    def _type(self, name: str, asked: int) -> None:
        self._press("r")
        self.hands.type(name)
        self.keys += len(name)
        self._press("Enter", asked)
        if self.hands.ask("desk.view.item && desk.view.refused"):  # it looks like a known one: again
            asked = self.hands.ask("desk.view.asked")
            self._press("r")
            self.hands.type(name)
            self._press("Enter", asked)

    def _press(self, key: str, asked: int = 0) -> None:
        """Press a key; of one that answers the question that came as number `asked`, wait until the next is there and
        count the seconds.
        """
        began = time.perf_counter()
        self.hands.press(key)
        self.keys += 1
        if asked:
            self.hands.wait("desk.store.pending === 0")
            if not self.hands.ask("desk.view.refused"):
                self.hands.wait(NEXT.replace("ASKED", str(asked)))
                self.seconds.append(time.perf_counter() - began)
