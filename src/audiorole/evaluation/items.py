"""Items out of a corpus: a dialogue whose last turn a system has to give, and the material it is measured against."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiorole.errors import ConfigError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.hearing.bands import Bank, log_bands
from audiorole.evaluation.hearing.copies import copy_score
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.words import plain_text
from audiorole.types import Dialogue, Turn, Utterance, find_character

LEAK_WORDS = 4
"""A target of so many words that a training line repeats is a leak; shorter ones ("Thank you.") are idiom."""


@dataclass(frozen=True)
class ItemSet:
    """The items of one suite on one corpus.

    A character is its written form, `show/Gus`. enrolment: character → lines outside the test episodes, the voice's
    reference; for every character that has enough, asked or not, because the others are impostors. test_lines:
    character → real lines of the test episodes, without those whose audio or text the training lines hold too (a reused
    recording would be a copy). training: character → all lines outside the test episodes. calibration: real lines of
    the roles outside the test episodes, as dialogues, for thresholds. left_out: reason → lines that became none.
    """

    items: tuple[Dialogue, ...]
    roles: tuple[str, ...]
    enrolment: Mapping[str, tuple[str, ...]]
    test_lines: Mapping[str, tuple[str, ...]]
    training: Mapping[str, tuple[str, ...]]
    calibration: tuple[Dialogue, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def of_role(self, role: str) -> list[Dialogue]:
        """Return the items that ask for `role`."""
        return [item for item in self.items if item.target.character == role]


REUSED = 0.85
"""Evidence of a copy from which two lines are one recording. On the even episodes of a development series the highest
chance likeness among 900 real lines was 0.82, the two recordings that it used twice had 0.86 and 1.12."""

CALIBRATION_LINES = 120
"""Real lines that thresholds are set by: 99 % of the real lines pass a threshold above all of them with p = 0.7."""

REFERENCE_SECONDS = (5.0, 15.0)
"""Length of the reference clip that systems get: MiniCPM-o-2.6's own advice."""


def reference_clip(corpus: Corpus, items: ItemSet, role: str) -> Waveform:
    """Return 5–15 s of enrolment lines of `role`, joined: what a one-shot system may hear of the voice."""
    pieces: list[Waveform] = []
    seconds = 0.0
    for line in sorted(items.enrolment[role], key=lambda one: -corpus.lines[one].duration):
        duration = corpus.lines[line].duration
        if seconds >= REFERENCE_SECONDS[0] or seconds + duration > REFERENCE_SECONDS[1]:
            continue
        pieces.append(corpus.audio(line))
        seconds += duration
    longest = round(REFERENCE_SECONDS[1] * SAMPLE_RATE)
    return np.concatenate(pieces) if pieces else corpus.audio(items.enrolment[role][0])[:longest]


def draw_order(seed: int, name: str) -> bytes:
    """Return a sort key that shuffles names the same way on every machine and in every order of arrival."""
    return hashlib.sha256(f"{seed}\x1f{name}".encode()).digest()


def is_test(line: Utterance, suite: Suite) -> bool:
    """Return whether the suite keeps `line`'s episode for testing."""
    episodes = suite.items.test_episodes
    return line.episode in episodes if episodes else line.split == suite.items.split


def build_items(corpus: Corpus, suite: Suite) -> ItemSet:
    """Return the items of `suite` on `corpus`.

    Raises ConfigError where the corpus has no test lines, or where no character has both items and enrolment.
    """
    test, rest = _split_by_character(corpus, suite)
    if not test:
        raise ConfigError(
            f"No line of {corpus.name or 'the dataset'} is in split {suite.items.split!r}: "
            "name test episodes in the suite, e.g. test_episodes = ['show/s01e02']."
        )
    enrolment = {name: chosen for name, lines in rest.items() if (chosen := _enrol(lines, suite))}
    reasons: Counter[str] = Counter()
    dialogues = {name: _dialogues(corpus, test[name], rest[name], suite, reasons) for name in enrolment if name in test}
    roles = _choose_roles(dialogues, corpus.by_character, suite)
    training = {name: tuple(line.id for line in lines) for name, lines in rest.items()}
    test_lines = {name: _unseen(test[name], rest[name]) for name in enrolment if name in test}
    reused = {line for role in roles for line in _reused(corpus, training[role], test_lines[role])}
    items: list[Dialogue] = []
    for role in roles:
        fresh = [item for item in dialogues[role] if item.id not in reused]
        reasons["reused_recording"] += len(dialogues[role]) - len(fresh)
        items += _sample(fresh, suite)
    return ItemSet(
        items=tuple(sorted(items, key=lambda item: item.id)),
        roles=roles,
        enrolment=enrolment,
        test_lines={name: tuple(line for line in lines if line not in reused) for name, lines in test_lines.items()},
        training=training,
        calibration=tuple(item for role in roles for item in _calibration(corpus, rest[role], len(roles), suite)),
        left_out=dict(sorted((+reasons).items())),
    )


def copy_bank(corpus: Corpus, items: ItemSet, role: str) -> Bank:
    """Return the role's lines outside the test episodes, to look for copies in; parts are named by line."""
    return _bank(corpus, items.training[role])


def _bank(corpus: Corpus, lines: Sequence[str]) -> Bank:
    return Bank.of({line: log_bands(corpus.audio(line)) for line in lines})


def _reused(corpus: Corpus, training: Sequence[str], test: Sequence[str]) -> list[str]:
    """Return the test lines whose recording, or a part of it, is a training line's: recaps, intros, reused takes."""
    bank = _bank(corpus, training)
    return [line for line in test if copy_score(log_bands(corpus.audio(line)), [bank]) > REUSED]


def _calibration(corpus: Corpus, lines: Sequence[Utterance], num_roles: int, suite: Suite) -> list[Dialogue]:
    """Return this role's share of the real lines that thresholds are set by."""
    found = [
        (line, _context(corpus, line, suite.items.turns)) for line in lines if not _unfit(corpus, line, set(), suite)
    ]
    dialogues = [_dialogue(line, context) for line, context in found if context]
    return sorted(dialogues, key=lambda one: draw_order(7, one.id))[: -(-CALIBRATION_LINES // num_roles)]


def turns_of(lines: Sequence[Utterance]) -> tuple[Turn, ...]:
    """Return consecutive lines of one character as one turn each."""
    groups: list[list[Utterance]] = []
    for line in lines:
        if groups and groups[-1][-1].who == line.who:
            groups[-1].append(line)
        else:
            groups.append([line])
    return tuple(Turn.of(group) for group in groups)


def _split_by_character(corpus: Corpus, suite: Suite) -> tuple[dict[str, list[Utterance]], dict[str, list[Utterance]]]:
    test: dict[str, list[Utterance]] = {}
    rest: dict[str, list[Utterance]] = {}
    for line in corpus.lines.values():
        (test if is_test(line, suite) else rest).setdefault(line.who, []).append(line)
    return test, rest


def _enrol(lines: Sequence[Utterance], suite: Suite) -> tuple[str, ...]:
    """Return the enrolment lines of one character, spread over its episodes; empty where they are too few."""
    rule = suite.enrolment
    usable = [line for line in lines if line.duration >= rule.min_line_seconds and not line.duplicate_of]
    chosen = sorted(usable, key=lambda line: draw_order(suite.items.seed, line.id))[: rule.max_lines]
    if len(chosen) < rule.min_lines or sum(line.duration for line in chosen) < rule.min_seconds:
        return ()
    return tuple(sorted(line.id for line in chosen))


def _dialogues(
    corpus: Corpus, lines: Sequence[Utterance], training: Sequence[Utterance], suite: Suite, reasons: Counter[str]
) -> list[Dialogue]:
    known = _long_texts(training)
    found = []
    for line in lines:
        reason = _unfit(corpus, line, known, suite)
        context = _context(corpus, line, suite.items.turns)
        if reason or not context:
            reasons[reason or "no_context"] += 1
            continue
        found.append(_dialogue(line, context))
    return found


def _long_texts(lines: Sequence[Utterance]) -> set[str]:
    return {text for line in lines if len((text := plain_text(line.text)).split()) >= LEAK_WORDS}


def _unseen(lines: Sequence[Utterance], training: Sequence[Utterance]) -> tuple[str, ...]:
    known = _long_texts(training)
    return tuple(line.id for line in lines if not line.duplicate_of and plain_text(line.text) not in known)


def _unfit(corpus: Corpus, line: Utterance, known: set[str], suite: Suite) -> str:
    """Return why `line` cannot be a target, "" where it can."""
    if not suite.items.min_seconds <= line.duration <= suite.items.max_seconds:
        return "target_length"
    if line.duplicate_of:
        return "repeated_audio"
    text = plain_text(line.text)
    if not text:
        return "no_text"
    if not corpus.in_words(line.text):
        return "not_in_words"
    return "text_in_training" if text in known else ""


def _context(corpus: Corpus, line: Utterance, num_turns: int) -> tuple[Turn, ...]:
    """Return the last turns before `line`; empty unless the last one is another character's."""
    ids = line.place.context if line.place else ()
    turns = turns_of([corpus.lines[id_] for id_ in ids if id_ in corpus.lines])
    if not turns or turns[-1].character == line.who:
        return ()
    return turns[-num_turns:]


def _dialogue(line: Utterance, context: tuple[Turn, ...]) -> Dialogue:
    return Dialogue(
        id=line.id,
        series=line.series,
        episode=line.episode,
        turns=(*context, Turn.of([line])),
        language=line.language,
        split="test",
    )


def _choose_roles(dialogues: Mapping[str, Sequence[Dialogue]], known: Iterable[str], suite: Suite) -> tuple[str, ...]:
    """Return whom the suite asks for. known: everybody in the corpus."""
    enough = [name for name, items in dialogues.items() if len(items) >= suite.items.min_items]
    wanted = tuple(find_character(name, known) for name in suite.items.roles)
    for name in wanted:
        if name not in enough:
            raise ConfigError(
                f"Role {name!r} has {len(dialogues.get(name, ()))} items with enrolment, "
                f"the suite asks for {suite.items.min_items}. Roles that do: {', '.join(sorted(enough)) or 'none'}."
            )
    if not enough:
        raise ConfigError("No character has enough enrolment and test lines; lower min_items or name test episodes.")
    ranked = sorted(enough, key=lambda name: (-len(dialogues[name]), name))
    return wanted or tuple(sorted(ranked[: suite.items.num_roles]))


def _sample(items: Sequence[Dialogue], suite: Suite) -> list[Dialogue]:
    """Return up to `items_per_role` items, the same ones whatever the order of `items`."""
    return sorted(items, key=lambda item: draw_order(suite.items.seed, item.id))[: suite.items.items_per_role]
