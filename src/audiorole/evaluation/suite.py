"""A suite: which items are asked, how often, and with which models they are heard. Data, not code: a TOML recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.config import read_recipe
from audiorole.errors import ConfigError, UnknownNameError
from audiorole.types import Record

PROTOCOL = 4
"""Raised when the same replies get other scores: two protocols never compare."""


class ItemSelection(Record, frozen=True):
    """`[items]`: which lines become items.

    turns: context turns that a system sees, 1 is the paper's single turn, 6 the multi-turn default (VoxRole's best).
    roles: names to ask; empty: the `num_roles` with most items. items_per_role: 104 × 6 roles is the paper's 624.
    split: the dataset's split that is asked; test_episodes: overrides it. Target durations in seconds: under a second
    no encoder is sure of a voice (EER doubles from 5 to 2 s), over 15 s a line is rarely one reply.
    """

    turns: int = 1
    roles: tuple[str, ...] = ()
    num_roles: int = 6
    items_per_role: int = 104
    min_items: int = 8
    split: str = "test"
    test_episodes: tuple[str, ...] = ()
    min_seconds: float = 1.0
    max_seconds: float = 15.0
    seed: int = 0


class Enrolment(Record, frozen=True):
    """`[enrolment]`: what of the other episodes stands for a character's voice.

    At least 10 lines and 30 s, so that the centroid's own error is small beside the spread of single lines.
    max_lines: the longest-known plateau; more lines change a centroid by less than its error.
    """

    min_lines: int = 10
    min_seconds: float = 30.0
    max_lines: int = 60
    min_line_seconds: float = 1.0
    impostors: int = 5
    lines_per_impostor: int = 40


class ListenerModels(Record, frozen=True):
    """`[models]`: references of the models that listen; "" leaves one out, and the metrics that need it with it.

    second_speaker: another encoder, for RANK FLIP. second_quality: another MOS, beside the first.
    asr, text_scorer: `auto` is moonshine for English, else whisper.
    """

    speaker: str = "wespeaker"
    second_speaker: str = ""
    asr: str = "auto"
    quality: str = "dnsmos"
    second_quality: str = ""
    vad: str = "silero-vad"
    text_scorer: str = "auto"
    text: str = "minilm"
    text_language: str = "py3langid"


class Suite(Record, frozen=True):
    """One evaluation as data. seeds: replies asked per item. metrics: names to compute; empty: all."""

    name: str = "single-turn"
    items: ItemSelection = ItemSelection()
    enrolment: Enrolment = Enrolment()
    models: ListenerModels = ListenerModels()
    seeds: int = 3
    metrics: tuple[str, ...] = ()
    longest_reply: float = 30.0

    @property
    def hash(self) -> str:
        """Twelve hex digits over every field and the protocol."""
        facts = {"protocol": PROTOCOL, "suite": msgspec.to_builtins(self)}
        return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()[:12]


def with_ears_for(suite: Suite, language: str) -> Suite:
    """Return the suite with `auto` resolved for the dataset's language, so that the hash says what was used."""
    best = "moonshine" if language == "en" else "whisper"
    ears = suite.models
    named = {name: best for name in ("asr", "text_scorer") if getattr(ears, name) == "auto"}
    return msgspec.structs.replace(suite, models=msgspec.structs.replace(ears, **named))


def load_suite(path: str | Path | None, **overrides: object) -> Suite:
    """Return the suite of a TOML recipe (tables `[suite]`, `[items]`, `[enrolment]`, `[models]`); None: the default.

    path: a file, or the name of a suite that ships: `small`, `single-turn`, `multi-turn`, `reference`.
    Raises InputError for unreadable TOML, UnknownNameError and ConfigError for a bad key or value.
    """
    tables = read_recipe(path, "eval") if path else {}
    _check_names("table", tables, ("suite", "items", "enrolment", "models"))
    content: dict[str, Any] = dict(tables.get("suite", {}))
    content |= {name: tables[name] for name in ("items", "enrolment", "models") if name in tables}
    for name, kind in (("items", ItemSelection), ("enrolment", Enrolment), ("models", ListenerModels)):
        _check_names(f"field of [{name}]", content.get(name, {}), kind.__struct_fields__)
    _check_names("field of [suite]", content, Suite.__struct_fields__)
    try:
        return msgspec.convert(content | overrides, Suite)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path or 'suite'}: {error}.") from error


def _check_names(kind: str, names: Iterable[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(kind, name, known)
