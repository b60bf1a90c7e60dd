"""What can be heard in a listening test: replies of an evaluation, and real lines beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from audiorole.audio.resample import resample
from audiorole.errors import ConfigError, InputError, UnknownNameError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.items import ItemSet, draw_order
from audiorole.evaluation.listening.design import HIDDEN, LOW, TRAP_SAME, TRAP_VOICE, Stimulus
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.run.files import read_rows, system_folder
from audiorole.evaluation.systems.sound import read_audio

REAL = ("gold", "other_line")
"""Anchors that can be played: the real line itself, and another real line of the character."""

Sound = Callable[[Stimulus], Waveform]


def chosen_systems(results: Results, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the systems that a test plays: those asked for, or all under test and the gold line.

    Raises UnknownNameError for a name that the evaluation does not have; ConfigError for an anchor that has no sound to
    play, a name given twice, or fewer than two systems.
    """
    tested = [one.name for one in results.systems if not one.anchor]
    names, playable = tuple(asked) or (*tested, "gold"), [*tested, *REAL]
    for name in names:
        if name not in playable and any(one.name == name for one in results.systems):
            raise ConfigError(
                f"{name!r} is an anchor that a listening test does not play. Known: {', '.join(playable)}."
            )
        if name not in playable:
            raise UnknownNameError("system", name, playable)
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"--system {doubled[0]} was given twice: a system is not compared with itself.")
    if len(names) < 2:
        raise ConfigError(f"A listening test compares two systems or more, not {names[0]} alone: add --system.")
    return names


def shared_items(out: Path, systems: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """Return up to `limit` (item, character) to which every system has an `ok` reply with seed 0."""
    answered = [
        {(row.item, row.character) for row in read_rows(out, name) if row.ok and row.seed == 0} for name in systems
    ]
    common = set.intersection(*answered) if answered else set()
    if not common:
        raise ConfigError(f"No item has an ok reply from all of {', '.join(systems)} in {out}.")
    return sorted(sorted(common, key=lambda one: draw_order(2, one[0]))[:limit])


def check_dataset(dataset: Path, corpus: Corpus, items: Sequence[tuple[str, str]], out: Path) -> None:
    """Raise InputError where `dataset` has not the lines that the evaluation `out` was made of."""
    missing = [item for item, _ in items if item not in corpus.lines]
    if missing:
        raise InputError(str(dataset), f"is not what {out} was made of: it has no line {missing[0]}")


def reply_sounds(out: Path, corpus: Corpus, items: ItemSet) -> Sound:
    """Return what gives the waveform of a stimulus: a reply's file, or a real line."""

    def sound(stimulus: Stimulus) -> Waveform:
        if stimulus.system in ("reference", HIDDEN):
            return corpus.audio(_line(items.enrolment[stimulus.character], stimulus.item, 0))
        if stimulus.system in (TRAP_VOICE, TRAP_SAME, "other_line"):
            return corpus.audio(_line(items.enrolment[stimulus.character], stimulus.item, 1))
        if stimulus.system == LOW:
            others = [line for name, lines in items.enrolment.items() if name != stimulus.character for line in lines]
            return corpus.audio(_line(others, stimulus.item, 0))
        if stimulus.system == "gold":
            return corpus.audio(stimulus.item)
        audio, rate = read_audio(system_folder(out, stimulus.system) / "replies" / f"{stimulus.item}.0.flac")
        return resample(audio, rate, SAMPLE_RATE)

    return sound


def _line(lines: Sequence[str], item: str, rank: int) -> str:
    """Return the line that stands at `rank` in this item's own shuffle of `lines`."""
    return sorted(lines, key=lambda line: draw_order(4, f"{item} {line}"))[min(rank, len(lines) - 1)]
