"""Results of several runs as one, where they may stand side by side at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from audiorole.errors import ConfigError
from audiorole.evaluation.results.results import Results, SystemResult, read_results
from audiorole.evaluation.results.summarise import advise, encoder_flips, primary_comparisons


def compare_runs(folders: Sequence[Path]) -> Results:
    """Return the first run's results with the systems of all, compared pair by pair.

    Raises ConfigError where signatures differ, naming the part that does, or where a run failed its own checks.
    """
    runs = [(folder, read_results(folder)) for folder in folders]
    for folder, results in runs:
        _same_signature(runs[0][0], runs[0][1], folder, results)
        if not results.passed:
            failed = next(check for check in results.checks if not check.passed)
            raise ConfigError(
                f"{folder} failed its own checks ({failed.subject}: {failed.what}); nothing in it compares."
            )
    systems = _merged(runs)
    contenders = [one for one in systems if not one.anchor]
    return msgspec.structs.replace(
        runs[0][1],
        systems=tuple(systems),
        comparisons=tuple(primary_comparisons(contenders)),
        flips=tuple(encoder_flips(systems)),
        advice=tuple(advise(contenders)),
        judge=None,
    )


def _same_signature(first: Path, known: Results, second: Path, other: Results) -> None:
    if known.signature == other.signature:
        return
    parts = zip(known.signature.split(" · "), other.signature.split(" · "), strict=False)
    difference = next(((a, b) for a, b in parts if a != b), (known.signature, other.signature))
    raise ConfigError(
        f"{first} and {second} do not compare: {difference[0]!r} against {difference[1]!r}. "
        "Evaluate both under one suite, dataset and set of models."
    )


def _merged(runs: Sequence[tuple[Path, Results]]) -> list[SystemResult]:
    """Return the anchors once, then every system; a name that occurs twice gets its folder's."""
    systems = [one for one in runs[0][1].systems if one.anchor]
    names: list[str] = []
    for folder, results in runs:
        for one in results.systems:
            if not one.anchor:
                name = one.name if one.name not in names else f"{one.name} ({folder.name})"
                names.append(name)
                systems.append(msgspec.structs.replace(one, name=name))
    return systems
