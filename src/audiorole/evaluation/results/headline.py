"""What an evaluation amounts to, in one sentence: its own checks, and on how much they and every ranking rest."""

from __future__ import annotations

from audiorole.evaluation.results.results import Results
from audiorole.evaluation.statistics import smallest_p

SIGNIFICANT = 0.05
"""What a ranking's p must be able to fall below."""


def headline(results: Results) -> str:
    """Return the sentence that stands above every figure, e.g. "132 checks hold, 2 undecided. 1 character, 8 items:
    ranks nothing."
    """
    return f"{checks_sentence(results)} {ground_sentence(results)}"


def checks_sentence(results: Results) -> str:
    """Return how many of the benchmark's own checks hold, fail, are undecided, or cannot be measured."""
    counts = {
        "FAILED": sum(not check.passed for check in results.checks),
        "undecided": sum(check.undecided for check in results.checks),
        "not measurable": sum(check.unmeasured for check in results.checks),
    }
    number = held(results)
    said = [
        "1 check holds" if number == 1 else f"{number:,} checks hold",
        *(f"{count} {what}" for what, count in counts.items() if count),
    ]
    return f"{', '.join(said)}."


def ground_sentence(results: Results) -> str:
    """Return on how many characters and items it all rests, and what that is too few for."""
    characters, items = len(results.cast), sum(note.items for note in results.cast)
    ground = f"{_counted(characters, 'character')}, {_counted(items, 'item')}"
    least = smallest_p(characters)
    if characters < 2:
        return f"{ground}: ranks nothing."
    if least >= SIGNIFICANT:
        return f"{ground}: ranks nothing, since p cannot go below {least:.3f} with so few characters."
    return f"{ground}."


def floor_caption(results: Results) -> str:
    """Return what 0 is on the scale of `ap_norm`, in the words of the table of the cast."""
    same = sum(note.impostors_same_gender for note in results.cast)
    if same == len(results.cast):
        return "0 is an impostor of the same gender"
    if not same:
        return "0 is an impostor of any gender"
    return f"0 is an impostor, of the same gender for {same} of {len(results.cast)} characters, of any for the others"


def held(results: Results) -> int:
    """Return how many checks were decided, and hold."""
    return sum(check.passed and not check.undecided and not check.unmeasured for check in results.checks)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
