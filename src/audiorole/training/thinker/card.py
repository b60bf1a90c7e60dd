"""The card of a run: who speaks, what it was made from, by which plan, under which terms."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

from audiorole import __version__
from audiorole.models.weights.catalogue import catalogue
from audiorole.training.backend import Rights
from audiorole.training.card_head import card_head
from audiorole.training.thinker.parts import TalkerParts
from audiorole.types import spoken_name

CARD = "README.md"
NOT_SAID = "not filled in: not to be passed on"

BASES = ("misaki/us_gold.json", "cmudict.dict")
"""Weights of the catalogue whose makers are named beside the text model's and the voice's."""


HUB_NAMES = {"smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct"}
"""How the weights of a text model begin in the catalogue → its name on the hub."""

VOICE = "hexgrad/Kokoro-82M"


def run_card(run: Path, parts: TalkerParts, form: str, rights: Rights) -> str:
    """Return the card as Markdown."""
    names = ", ".join(spoken_name(name) for name in parts.cards)
    made = datetime.datetime.now(datetime.UTC).date().isoformat()
    return "\n".join(
        [
            card_head(_hub_names(parts), "audiorole", "text-to-speech", rights),
            f"# {names}: synthetic voices", "",
            f"Made {made} by audiorole {__version__} from the series {parts.series}; form: {form}.", "",
            f"- Speech they learned from: {rights.source or NOT_SAID}",
            f"- The dataset: {parts.dataset or NOT_SAID}",
            f"- Terms: {rights.licence or NOT_SAID}",
            f"- Who allowed that these voices are copied: {rights.permission or NOT_SAID}",
            "- Everything they say is synthetic. Sound that audiorole writes says so in its metadata: keep that mark, "
            "say it wherever the voices are heard, and do not pass them off as the actors.", "",
            "| made of | licence | by |", "|---|---|---|", *_bases(parts), "",
            "| character | its voice |", "|---|---|", *_voices(parts), "",
            "| training of the text model | |", "|---|---|", *_plan(run), "",
        ]
    )  # fmt: skip


def _hub_names(parts: TalkerParts) -> list[str]:
    """Return the names on the hub of the text model and the voice; the text model's where it is the shipped one."""
    return [name for start, name in HUB_NAMES.items() if parts.base_weight.startswith(start)] + [VOICE]


def _bases(parts: TalkerParts) -> Iterator[str]:
    wanted = (parts.base_weight, *BASES, "kokoro")
    for weight in catalogue().weight:
        if weight.name in wanted or weight.name.startswith("kokoro"):
            yield f"| {weight.name} | {weight.licence} | {weight.attribution} |"


def _voices(parts: TalkerParts) -> Iterator[str]:
    for name in parts.cards:
        facts = ", ".join(f"{key} {value}" for key, value in sorted(parts.fitted.get(name, {}).items()))
        yield f"| {spoken_name(name)} | {facts or f'stock voice {parts.stock}'} |"


def _plan(run: Path) -> Iterator[str]:
    for key, value in json.loads((run / "fit" / "plan.json").read_text(encoding="utf-8")).items():
        yield f"| {key} | {value} |"
