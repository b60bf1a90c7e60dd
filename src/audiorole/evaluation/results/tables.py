"""Results as text, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from audiorole.evaluation.results.results import Results, SystemResult
from audiorole.evaluation.statistics import Comparison

SHOWN = ("ap_norm", "cp_auc", "ap", "ap_id", "ap_prosody", "cp", "cp_style", "wer", "mos")


def results_table(results: Results) -> str:
    """Return systems × the metrics that a reader asks for first; every one of them is in the report."""
    names = [name for name in SHOWN if name in results.systems[0].metrics]
    rows = [["system", "ok", *names], *(_row(one, names) for one in results.systems)]
    return _aligned(rows)


def comparison_table(results: Results) -> str:
    """Return the pairs of systems: effect, interval, wins, p; and the flips of the encoders."""
    if not results.comparisons:
        return "One system under test: nothing to compare."
    header = ["metric", "first", "second", "effect", "95 % (new characters)", "wins", "p", "p (Holm)", "detectable"]
    lines = [_aligned([header, *(_comparison(one) for one in results.comparisons)])]
    first = results.comparisons[0]
    characters = f"{(number := first.wins + first.ties + first.losses)} character{'' if number == 1 else 's'}"
    lines.append(
        f"With {characters} p cannot go below {first.smallest_p:.3f}; more characters help, more lines do not."
    )
    lines += [f"RANK FLIP: the encoders disagree on {flip.first} and {flip.second}." for flip in results.flips]
    return "\n".join(lines)


def _row(system: SystemResult, names: Sequence[str]) -> list[str]:
    ok = system.statuses.get("ok", 0) / max(1, system.rows)
    values = [system.metrics[name].value for name in names]
    return [system.name, f"{ok:.0%}", *("–" if value is None else f"{value:.3f}" for value in values)]


def _comparison(one: Comparison) -> list[str]:
    low, high = one.interval.low, one.interval.high
    span = "–" if low is None or high is None else f"{low:+.3f} … {high:+.3f}"
    detectable = "–" if one.detectable is None else f"{one.detectable:.3f}"
    wins = f"{one.wins}/{one.wins + one.ties + one.losses}"
    return [
        one.metric,
        one.first,
        one.second,
        f"{one.effect:+.3f}",
        span,
        wins,
        f"{one.p:.3f}",
        f"{one.p_holm:.3f}",
        detectable,
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
