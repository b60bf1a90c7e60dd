"""Which of two replies fits better? Asked in both orders; an order that changes the verdict makes it a tie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audiorole.evaluation.judge.endpoint import Ledger, Message
from audiorole.evaluation.judge.verdict import read_verdict
from audiorole.evaluation.systems.http import HttpError
from audiorole.types import Dialogue, Record, spoken_name

QUESTION = (
    "You compare two spoken replies of a character in a series, as text. Judge only which reply fits the conversation "
    "and the character better: relevance, consistency, manner. Length and polish do not count. Answer with one line, "
    "exactly 'VERDICT: A', 'VERDICT: B' or 'VERDICT: TIE'."
)


class Verdict(Record, frozen=True):
    """One comparison. outcome: 1 first won, 0 tie, -1 second won, None where an answer could not be read.

    problem: why there is no answer, where a call failed; the vote is lost, and counted as one that could not be read.
    """

    item: str
    outcome: int | None
    agreed: bool
    problem: str = ""


@dataclass(frozen=True)
class Tally:
    """Wins of the first over the second. Unreadable answers are bounds, not zeros: they are counted both ways."""

    wins: int
    ties: int
    losses: int
    unread: int
    reversed_by_order: int

    @property
    def share(self) -> float:
        """Wins and half the ties over what could be read; 0.5 for nothing."""
        told = self.wins + self.ties + self.losses
        return (self.wins + 0.5 * self.ties) / told if told else 0.5

    @property
    def bounds(self) -> tuple[float, float]:
        """The share if every unreadable answer had been lost, and if it had been won."""
        total = max(1, self.wins + self.ties + self.losses + self.unread)
        low = (self.wins + 0.5 * self.ties) / total
        return low, low + self.unread / total


def compare(ledger: Ledger, dialogue: Dialogue, first: str, second: str) -> Verdict:
    """Return the verdict on two replies to one item. Raises ConfigError (replay)."""
    try:
        straight = read_verdict(ledger.ask(messages(dialogue, first, second)))
        crossed = read_verdict(ledger.ask(messages(dialogue, second, first)))
    except HttpError as error:
        return Verdict(dialogue.id, None, agreed=False, problem=str(error))
    if straight is None or crossed is None:
        return Verdict(dialogue.id, None, agreed=False)
    agreed = straight == -crossed
    return Verdict(dialogue.id, straight if agreed else 0, agreed)


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """Return the counts."""
    found: Sequence[Verdict] = list(verdicts)
    outcomes = [one.outcome for one in found]
    return Tally(
        wins=outcomes.count(1),
        ties=outcomes.count(0),
        losses=outcomes.count(-1),
        unread=outcomes.count(None),
        reversed_by_order=sum(one.outcome == 0 and not one.agreed for one in found),
    )


def messages(dialogue: Dialogue, first: str, second: str) -> list[Message]:
    """Return the prompt. The replies stand between marks that they cannot contain, so they cannot end themselves."""
    talk = "\n".join(f"{spoken_name(turn.character)}: {turn.text}" for turn in dialogue.context)
    replies = "\n".join(f"<reply {name}>{_plain(text)}</reply {name}>" for name, text in (("A", first), ("B", second)))
    asked = f"Conversation:\n{talk}\n\nReplies of {spoken_name(dialogue.target.character)}:\n{replies}"
    return [{"role": "system", "content": QUESTION}, {"role": "user", "content": asked}]


def _plain(text: str) -> str:
    return text.replace("<", "‹").replace(">", "›").replace("\n", " ").strip()
