"""Digests: what a shard's result depends on, as one hash."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping

import msgspec

from audiorole.pipeline.stage import Stage

Fingerprint = Callable[[str, str], str]
"""(model kind, reference) → hash of the weights; given from above, because core knows no models."""


def configuration(stage: Stage) -> dict[str, object]:
    """Return the stage's fields as plain data, defaults and nested dataclasses included."""
    return dataclasses.asdict(stage)


def stage_digest(stage: Stage, inputs: Mapping[str, str], fingerprint: Fingerprint) -> str:
    """Return the hash over name, version, fields, inputs (name → content hash), weights of models and of its own."""
    facts: dict[str, object] = {
        "stage": stage.name,
        "version": type(stage).version,
        "fields": configuration(stage),
        "inputs": dict(sorted(inputs.items())),
        "models": {f"{kind}:{ref}": fingerprint(kind, ref) for kind, ref in stage.models()},
    }
    if fitted := stage.fitted():
        facts["fitted"] = fitted
    return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()
