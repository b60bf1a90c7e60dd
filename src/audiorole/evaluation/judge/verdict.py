"""What a judge's answer says: a line `VERDICT: A`, a JSON object, or the one word; thinking aloud does not count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from audiorole.evaluation.systems.completion import without_thinking

OUTCOMES = {"a": 1, "b": -1, "tie": 0, "draw": 0, "equal": 0, "both": 0, "neither": 0}
_WORD = rf"(?:(?:reply|response|answer|option)\W*)?({'|'.join(OUTCOMES)})"
LINE = re.compile(rf"^\W*verdict\W+{_WORD}\b(?!\W+(?:or|and)\b)(?!\s*/)", re.IGNORECASE | re.MULTILINE)
ALONE = re.compile(rf"\W*{_WORD}\W*", re.IGNORECASE)
KEYS = ("verdict", "winner", "better", "choice", "preferred", "preference", "decision", "result", "answer")
"""Where the verdict stands in a JSON object, the surest name first."""

MOST_OBJECTS = 100


def read_verdict(answer: str) -> int | None:
    """Return 1 where A won, -1 where B did, 0 for a tie, None for an answer that says none of them."""
    text = without_thinking(answer)
    lines = LINE.findall(text)
    told = [lines[-1]] if lines else [word for found in _objects(text) if (word := _in_object(found))][-1:]
    if not told and (alone := ALONE.fullmatch(text)):
        told = [alone[1]]
    return OUTCOMES[told[0].lower()] if told else None


def _in_object(found: dict[str, Any]) -> str:
    """Return the verdict in a JSON object, "" for none."""
    values = {str(key).casefold(): value for key, value in found.items()}
    for key in KEYS:
        value = values.get(key)
        if isinstance(value, str) and (word := ALONE.fullmatch(value)):
            return word[1]
    return ""


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, also those inside of others."""
    decoder = json.JSONDecoder()
    for place in [match.start() for match in re.finditer(r"\{", text)][-MOST_OBJECTS:]:
        try:
            found, _ = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found
