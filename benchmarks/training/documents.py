"""Documents with the length distribution of annotated episodes: real turns, real durations, stand-in token ids.

Speed depends on how long documents are and on which rows carry a label, not on what the tokens say. So the turns and
times come from the annotation, the documents from audiorole's own prompt format, text counts one token for each four
characters, and audio 12.5 codes a second.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from audiorole.training.dialogues.examples import Example, prepare_examples
from audiorole.training.glm.prompt import NAMES, PromptFormat, Specials
from audiorole.training.tokens.packing import Document
from audiorole.types import Dialogue, Turn

CODES_PER_SECOND = 12.5
FIRST_AUDIO = 152_353
SPECIALS = dict(zip(NAMES, (151329, 151331, 151333, 151335, 151336, 151337, 151343, 151344), strict=True))


class FourCharacters:
    """Stands in for a text tokenizer: each four characters are one token."""

    def encode(self, text: str, add_special_tokens: bool = False) -> SimpleNamespace:
        """Return `ids`, numbers that depend on the characters alone."""
        parts = (text[start : start + 4] for start in range(0, len(text), 4))
        return SimpleNamespace(ids=[zlib.crc32(part.encode()) % 150_000 for part in parts])


def annotated_documents(folder: Path, vocabulary: int = 168_960) -> list[Document]:
    """Return one document for each turn with a context in the annotation files `*.json` of `folder`."""
    durations: dict[str, float] = {}
    dialogues = [dialogue for path in sorted(folder.glob("*.json")) for dialogue in _dialogues(path, durations)]
    examples = (item for item in prepare_examples(dialogues) if isinstance(item, Example))
    scale = vocabulary / 168_960  # a tiny network for a dry run has a small vocabulary
    prompts = PromptFormat(FourCharacters(), Specials(first_audio=FIRST_AUDIO, **SPECIALS), _codes(durations))
    return [_fold(prompts.document(example), scale) for example in examples]


def _dialogues(path: Path, durations: dict[str, float]) -> Iterator[Dialogue]:
    annotation = json.loads(path.read_text())
    episode = f"show/{path.stem}"
    for scene, lines in groupby(annotation["lines"], key=lambda line: line["scene"]):
        turns = [_turn(episode, character, list(part), durations) for character, part in groupby(lines, _speaker)]
        for last in range(1, len(turns)):
            yield Dialogue(
                id=f"{episode}/{scene}-{last}",
                series="show",
                episode=episode,
                turns=tuple(turns[max(0, last - 6) : last + 1]),
            )


def _speaker(line: dict[str, str]) -> str:
    return line["character"]


def _turn(episode: str, character: str, lines: list[dict], durations: dict[str, float]) -> Turn:
    ids = tuple(f"{episode}/{line['id']}" for line in lines)
    durations.update({id: line["end"] - line["start"] for id, line in zip(ids, lines, strict=True)})
    text = " ".join(line["text"] for line in lines)
    return Turn(utterances=ids, character=character, text=text, start=lines[0]["start"], end=lines[-1]["end"])


def _codes(durations: dict[str, float]):
    def codes_of(utterance: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(utterance.encode()).digest()[:8], "little")
        count = int(np.ceil(durations[utterance] * CODES_PER_SECOND))
        return np.random.default_rng(seed).integers(0, 16_384, count).astype(np.uint16)

    return codes_of


def _fold(document: Document, scale: float) -> Document:
    if scale == 1:
        return document
    ids = (document.ids * scale).astype(np.int64)
    return Document(document.id, ids, np.where(document.labels < 0, document.labels, ids), document.character)
