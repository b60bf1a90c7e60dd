"""The `[train]` and `[rights]` tables of a recipe for the base `talker`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiorole.training.dialogues.examples import CONTEXT_TURNS, PERSONA, chosen_characters
from audiorole.types import Utterance

CAST = 6
"""Characters that are taught where none is named: as many as the paper's."""

STOCK = "af_heart"


@dataclass(frozen=True)
class TalkerOptions:
    """text_model: a weight of the catalogue (GGUF), or a folder with a Llama and its ChatML tokenizer.

    characters: who gets a voice, a card and the word; empty for the `most` with the most training lines. company: the
    text model also learns what others of the series say. fit_voices: off leaves everybody a stock voice. one_shot: also
    find whose stock voice one clip is most like, to compare with (`RUN#one-shot`). context_turns: turns before a reply.
    held_out: the split that is measured, never trained on. persona: the plain instruction of the base before it
    learned. stock: the voice of whoever has none.
    """

    text_model: str = "smollm2-135m-instruct-q4_1.gguf"
    characters: tuple[str, ...] = ()
    most: int = CAST
    company: bool = True
    fit_voices: bool = True
    one_shot: bool = False
    context_turns: int = CONTEXT_TURNS
    held_out: str = "validation"
    persona: str = PERSONA
    stock: str = STOCK


def taught_characters(options: TalkerOptions, lines: Sequence[Utterance]) -> tuple[str, ...]:
    """Return the written forms of who is taught, those with most training lines first."""
    counts: dict[str, int] = {}
    for line in lines:
        if line.who and line.split not in ("test", options.held_out):
            counts[line.who] = counts.get(line.who, 0) + 1
    if options.characters:
        return chosen_characters(options.characters, lines)
    return tuple(_most(counts)[: options.most])


def _most(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))
