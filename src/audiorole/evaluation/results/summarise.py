"""From the rows on disk to `results.json`: totals, comparisons, checks, cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from audiorole.evaluation.gallery.gallery import Gallery
from audiorole.evaluation.gates import gates_off
from audiorole.evaluation.metrics import PRIMARY
from audiorole.evaluation.results.checks import check_run
from audiorole.evaluation.results.encoder_card import encoder_card
from audiorole.evaluation.results.results import CastNote, Results, SystemResult
from audiorole.evaluation.results.totals import RowTotals, Totals
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.judging import JudgeResult
from audiorole.evaluation.run.prepared import SECOND, Evaluation
from audiorole.evaluation.run.probe import heard_texts, shuffled_cp_auc
from audiorole.evaluation.statistics import (
    Comparison,
    Flip,
    PowerAdvice,
    compare_paired,
    holm,
    power_advice,
    rank_flips,
)


def summarise(
    evaluation: Evaluation, systems: Sequence[Entrant], out: Path, judge: JudgeResult | None = None
) -> Results:
    """Return the results of every row in `out`, and write them there."""
    told = {one.name: Totals(evaluation.metrics).add(read_rows(out, one.name)).told() for one in systems}
    results = msgspec.structs.replace(_results(evaluation, systems, told, out), judge=judge)
    results.write(out)
    return results


def _results(evaluation: Evaluation, systems: Sequence[Entrant], told: Mapping[str, RowTotals], out: Path) -> Results:
    found = tuple(_system(evaluation, one, told[one.name], out) for one in systems)
    contenders = [one for one in found if not one.anchor]
    return Results(
        signature=evaluation.signature,
        suite=evaluation.suite.name,
        dataset=evaluation.corpus.name,
        models=evaluation.models,
        cast=tuple(_cast_note(role, evaluation.gallery) for role in evaluation.items.roles),
        calibration=evaluation.calibration,
        encoders=tuple(encoder_card(name, evaluation.gallery) for name in evaluation.listener.speakers),
        systems=found,
        comparisons=tuple(primary_comparisons(contenders)),
        checks=tuple(check_run(told, evaluation.metrics, gates_off(evaluation.listener))),
        flips=tuple(encoder_flips(found)),
        advice=tuple(advise(contenders)),
        left_out=dict(evaluation.items.left_out),
        off=evaluation.off,
    )


def _system(evaluation: Evaluation, entrant: Entrant, told: RowTotals, out: Path) -> SystemResult:
    rows = max(1, told.rows)
    probe = None
    if "cp_auc" in evaluation.metrics:
        probe = shuffled_cp_auc(heard_texts(read_rows(out, entrant.name)), evaluation.gallery, evaluation.listener)
    return SystemResult(
        name=entrant.name,
        reference=entrant.reference,
        anchor=entrant.anchor,
        rows=told.rows,
        statuses=dict(sorted(told.statuses.items())),
        gate_rates={gate: round(count / rows, 6) for gate, count in sorted(told.gates.items())},
        metrics=told.metrics,
        shuffled_cp_auc=probe,
    )


def primary_comparisons(systems: Sequence[SystemResult]) -> list[Comparison]:
    """Return every pair of systems on the two primaries; Holm runs over all of them, both metrics together."""
    found = [
        one
        for metric in PRIMARY
        for one in compare_paired(
            metric, {one.name: one.metrics[metric].by_character for one in systems if metric in one.metrics}
        )
    ]
    adjusted = holm([one.p for one in found])
    return [msgspec.structs.replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]


def encoder_flips(systems: Sequence[SystemResult]) -> list[Flip]:
    """Return the pairs of systems that the two encoders put in opposite order; none with one encoder.

    Broken anchors are left out: both encoders see the same floor there.
    """
    names = ("ap_norm", f"ap_norm{SECOND}")
    shown = [one for one in systems if set(names) <= set(one.metrics) and (not one.anchor or one.name in VOICES)]
    first, second = ({one.name: one.metrics[name].by_character for one in shown} for name in names)
    return rank_flips(first, second)


VOICES = ("gold", "other_line", "impostor", "random_speaker")
"""Anchors with a voice."""


def advise(systems: Sequence[SystemResult]) -> list[PowerAdvice]:
    """Return the power advice for the first two systems on each primary."""
    found = []
    for metric in PRIMARY:
        pair = [one.metrics[metric] for one in systems if metric in one.metrics][:2]
        if len(pair) < 2:
            continue
        shared = sorted(set(pair[0].by_character) & set(pair[1].by_character))
        if len(shared) < 2:
            continue
        differences = [pair[0].by_character[name] - pair[1].by_character[name] for name in shared]
        variances = [sum(one.error_by_character[name] ** 2 for one in pair) for name in shared]
        found.append(power_advice(differences, variances))
    return found


def _cast_note(role: str, gallery: Gallery) -> CastNote:
    scale = gallery.spaces[next(iter(gallery.spaces))].scales.get(role)
    impostors = gallery.impostors[role]
    character = gallery.corpus.cast.get(role)
    return CastNote(
        character=role,
        items=len(gallery.items.of_role(role)),
        enrolment_lines=len(gallery.items.enrolment[role]),
        gender=gallery.genders[role],
        impostors=len(impostors),
        impostors_same_gender=bool(gallery.genders[role])
        and all(gallery.genders[name] == gallery.genders[role] for name in impostors),
        separable=bool(scale and scale.separable),
        actor=character.actor if character else "",
    )
