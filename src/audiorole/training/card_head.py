"""The YAML head of a model card: what the Hugging Face hub reads of a trained run that is passed on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from audiorole.training.backend import Rights

TAGS = ("speech", "role-play", "synthetic-speech", "audiorole")


def card_head(bases: Sequence[str], library: str, task: str, rights: Rights) -> str:
    """Return the head with its rows of dashes.

    bases: names on the hub of what it was made of; library: that loads it; task: of the hub's tasks. The source of the
    speech is named as a dataset where it is written as one, `org/name`.
    """
    named = re.fullmatch(r"[\w.-]+/[\w.-]+", rights.source.strip())
    rows = [
        *_listed("base_model", bases),
        f"library_name: {library}",
        f"pipeline_tag: {task}",
        "license: other",
        f"license_name: {json.dumps(rights.licence.strip(), ensure_ascii=False)}",
        *(_listed("datasets", [rights.source.strip()]) if named else []),
        *_listed("tags", TAGS),
    ]
    return "\n".join(("---", *rows, "---")) + "\n"


def _listed(key: str, values: Sequence[str]) -> list[str]:
    return [f"{key}:", *(f"- {json.dumps(value, ensure_ascii=False)}" for value in values)]
