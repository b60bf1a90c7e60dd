"""The identity graph of a series: voices, characters, actors, and the decisions that people took about them.

Decisions are appended, never edited. The state is what a replay of the log gives; a decision that occurs twice counts
once, and an undo is a decision like any other (undoing an undo brings the decision back). Naming starts from the state:
reviewed lines and named voices become seeds, so a new decision costs one naming pass and no audio.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.naming.lines import NO_SEED, SEED_KINDS, SOMEONE_ELSE, Floats, Ints
from audiorole.types import Record

Kind = Literal[
    "name_voice", "merge_voices", "split_voice", "merge_characters", "rename", "label_line", "cast_actor", "edit_text",
    "edit_bounds", "mark_overlap", "add_line", "remove_line", "undo",
]  # fmt: skip

CORRECTIONS = ("edit_text", "edit_bounds", "mark_overlap", "add_line", "remove_line")
"""Kinds that change a line itself, not who says it; the module `corrections` beside replays them."""


class Decision(Record, frozen=True):
    """One decision. Use the functions below to make one; `id` is the digest of everything else.

    subject: what is decided on: a voice, a character, a line's id, or (undo) a decision's id.
    value: what it becomes: a character ("" = someone else), a voice, an actor.
    lines: ids that a split moves, and the lines that sound like them; of a named voice, those that were heard for it.
    kept: ids that a split leaves where they are: they were heard too.
    at: when, ISO 8601: two equal decisions at different times are two decisions.
    random: the line was drawn at random, so that its answer counts towards an unbiased accuracy.
    who: took it. guess: the name that a random line had when it was asked ("" = someone else), None where not known.
    span: of a line that is added or has new bounds, its start and end in seconds of the episode.
    was: of a line that is corrected, the digest of the text that it was built with (`text_digest`).
    """

    id: str
    kind: Kind
    subject: str
    value: str = ""
    lines: tuple[str, ...] = ()
    at: str = ""
    random: bool = False
    kept: tuple[str, ...] = ()
    who: str = ""
    guess: str | None = None
    span: tuple[float, float] | None = None
    was: str = ""


def decide(
    kind: Kind,
    subject: str,
    value: str = "",
    lines: Sequence[str] = (),
    at: str = "",
    random: bool = False,
    kept: Sequence[str] = (),
    who: str = "",
    guess: str | None = None,
    span: tuple[float, float] | None = None,
    was: str = "",
) -> Decision:
    """Return the decision with its id."""
    span = (float(span[0]), float(span[1])) if span else None
    more: list[object] = [*(["random"] if random else []), *([sorted(kept)] if kept else [])]
    more += [{"who": who}] if who else []
    more += [{"guess": guess}] if guess is not None else []
    more += [{"span": span}] if span else []
    more += [{"was": was}] if was else []
    content = msgspec.json.encode([kind, subject, value, sorted(lines), at, *more])
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    moved, stay = tuple(sorted(lines)), tuple(sorted(kept))
    return Decision(digest, kind, subject, value, moved, at, random, stay, who, guess, span, was)


def made_again(decision: Decision) -> Decision:
    """Return the decision that its own fields give; its id differs where the decision was altered."""
    fields = {name: getattr(decision, name) for name in Decision.__struct_fields__ if name != "id"}
    return decide(**fields)


def undo(decision: Decision, at: str = "", who: str = "") -> Decision:
    """Return the decision that takes `decision` back."""
    return decide("undo", decision.id, at=at, who=who)


class Identities(Record, frozen=True):
    """The state of the graph; equal states have equal bytes (`encode`).

    character: per voice, the character it was given. voice: per voice, the voice it was merged into.
    moved: per line, the voice that a split gave it. source: per voice that a split made, the voice it came from, in the
    order of the splits. stays: per line that a split left behind, its voice. label: per line, its reviewed character.
    heard: per line that was heard when its voice was named, that voice.
    drawn: per line that was reviewed because chance drew it, "random".
    added: per line that people added and named, its character: nobody else's name depends on it.
    same_as: per character, the character it was merged into or renamed to. actor: per character.
    """

    character: dict[str, str] = msgspec.field(default_factory=dict)
    voice: dict[str, str] = msgspec.field(default_factory=dict)
    moved: dict[str, str] = msgspec.field(default_factory=dict)
    source: dict[str, str] = msgspec.field(default_factory=dict)
    stays: dict[str, str] = msgspec.field(default_factory=dict)
    heard: dict[str, str] = msgspec.field(default_factory=dict)
    label: dict[str, str] = msgspec.field(default_factory=dict)
    drawn: dict[str, str] = msgspec.field(default_factory=dict)
    added: dict[str, str] = msgspec.field(default_factory=dict)
    same_as: dict[str, str] = msgspec.field(default_factory=dict)
    actor: dict[str, str] = msgspec.field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the state as JSON with sorted keys."""
        return msgspec.json.encode(self, order="sorted")

    def voice_of(self, line: str, voice: str) -> str:
        """Return the voice of a line after splits and merges. voice: what clustering said."""
        return _follow(self.voice, self.moved.get(line, voice))

    def merged(self, voice: str) -> str:
        """Return the voice that a voice was merged into, or itself."""
        return _follow(self.voice, voice)

    def comes_from(self, voice: str, source: str) -> bool:
        """Return whether `voice` is `source` or was split off it, at once or by way of others."""
        seen: set[str] = set()
        while voice != source and voice in self.source and voice not in seen:
            seen.add(voice)
            voice = self.source[voice]
        return voice == source

    def character_name(self, name: str) -> str:
        """Return what a character is called after renames and merges."""
        return _follow(self.same_as, name)

    def character_of(self, line: str, voice: str) -> str | None:
        """Return the character decided for a line, "" for someone else, None where nothing was decided."""
        if line in self.label or line in self.added:
            return self.character_name(self.label[line] if line in self.label else self.added[line])
        name = self.character.get(self.voice_of(line, voice))
        return None if name is None else self.character_name(name)


def _follow(links: dict[str, str], name: str) -> str:
    """Return the end of a chain of links; a circle ends where it would close."""
    seen = {name}
    while name in links and links[name] not in seen:
        name = links[name]
        seen.add(name)
    return name


def replay(decisions: Iterable[Decision]) -> Identities:
    """Return the state after all decisions, in their order."""
    state: dict[str, dict[str, str]] = {name: {} for name in Identities.__struct_fields__}
    stands = standing(decisions)
    for decision in stands:
        if decision.kind not in CORRECTIONS:
            _APPLY[decision.kind](state, decision)
    for line in {d.subject for d in stands if d.kind == "add_line"} & state["label"].keys():
        state["added"][line] = state["label"].pop(line)
    return Identities(**state)


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that no standing undo takes back, without the undos; what occurs twice counts once."""
    log = list({d.id: d for d in decisions}.values())
    undone: set[str] = set()
    for decision in reversed(log):
        if decision.kind == "undo" and decision.id not in undone:
            undone.add(decision.subject)
    return [d for d in log if d.kind != "undo" and d.id not in undone]


def last_standing(decisions: Iterable[Decision], wanted: str = "", who: str | None = None) -> Decision | None:
    """Return the last decision that no undo takes back, None without any.

    wanted: the id of one decision. who: whose decisions count, those that nobody signed among them; None: everybody's.
    """
    own = [d for d in standing(decisions) if who is None or d.who in ("", who)]
    found = [d for d in own if wanted in ("", d.id)]
    return found[-1] if found else None


State = dict[str, dict[str, str]]


def _set(table: str) -> Callable[[State, Decision], None]:
    def apply(state: State, decision: Decision) -> None:
        state[table][decision.subject] = decision.value

    return apply


def _link(table: str) -> Callable[[State, Decision], None]:
    """A merge into oneself is nothing; a merge back over an earlier one replaces it, so that chains have an end."""

    def apply(state: State, decision: Decision) -> None:
        if decision.subject != decision.value:
            state[table].pop(decision.value, None)
            state[table][decision.subject] = decision.value

    return apply


def _label(state: State, decision: Decision) -> None:
    state["label"][decision.subject] = decision.value
    if decision.random:
        state["drawn"][decision.subject] = "random"


def _name_voice(state: State, decision: Decision) -> None:
    state["character"][decision.subject] = decision.value
    state["heard"].update(dict.fromkeys(decision.lines, decision.subject))


def _split(state: State, decision: Decision) -> None:
    state["moved"].update(dict.fromkeys(decision.lines, decision.value))
    state["source"][decision.value] = decision.subject
    state["stays"].update(dict.fromkeys(decision.kept, decision.subject))


_APPLY: dict[str, Callable[[State, Decision], None]] = {
    "name_voice": _name_voice,
    "merge_voices": _link("voice"),
    "split_voice": _split,
    "merge_characters": _link("same_as"),
    "rename": _link("same_as"),
    "label_line": _label,
    "cast_actor": _set("actor"),
}

VOICE_RELIABILITY = 0.8
"""Reliability of a seed that a named voice gives its lines. The lines of a voice that are somebody else's
are alike, so they agree with one another: 0.8 leaves the evidence more say than 0.95. Chosen on even episodes
(`benchmarks/naming/decisions.py`)."""


def seeds_from(
    state: Identities,
    ids: Sequence[str],
    voices: Sequence[str],
    names: Sequence[str],
    reliability: float = VOICE_RELIABILITY,
) -> tuple[Ints, Floats]:
    """Return seed and reliability columns: reviewed lines are certain, lines of named voices nearly so.

    ids, voices: per line; names: of the cast, in its order. A decided character outside the cast is someone else.
    """
    place = {state.character_name(name): i for i, name in reversed(list(enumerate(names)))}
    seed, sure = np.full(len(ids), NO_SEED, np.int32), np.ones(len(ids), np.float32)
    for row, (line, voice) in enumerate(zip(ids, voices, strict=True)):
        name = state.character_of(line, voice)
        if name is not None:
            seed[row] = place.get(name, SOMEONE_ELSE)
            sure[row] = 1.0 if line in state.label else reliability
    return seed, sure


def seed_kinds(state: Identities, ids: Sequence[str], decided: Ints, given: Ints) -> Ints:
    """Return the kind of each line's seed; decided: the column of `seeds_from`, given: the kinds without review."""
    kinds = given.copy()
    kinds[decided != NO_SEED] = SEED_KINDS.index("other")
    for row, line in enumerate(ids):
        if line in state.label:
            kinds[row] = SEED_KINDS.index("random" if line in state.drawn else "review")
    return kinds


def encode_log(decisions: Iterable[Decision]) -> bytes:
    """Return one JSON line per decision, ready to append to a log."""
    return b"".join(msgspec.json.encode(d) + b"\n" for d in decisions)


def merged_seeds(*columns: tuple[Ints, Floats]) -> tuple[Ints, Floats]:
    """Return seed columns laid over one another: the first that knows a line decides it."""
    seed = np.full(len(columns[0][0]), NO_SEED, np.int32)
    sure: NDArray[np.float32] = np.ones(len(seed), np.float32)
    for column, reliability in reversed(columns):
        known = column != NO_SEED
        seed[known], sure[known] = column[known], reliability[known]
    return seed, sure
