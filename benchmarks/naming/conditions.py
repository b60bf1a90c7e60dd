"""Name a series under drawn conditions, beside the nearest exemplar with the best single threshold.

    python -m benchmarks.naming.conditions --pack PACK.npz [--parity 1] [--weights FILE] [--only NAME …] [--draws 8]

PACK is what `build_pack.py` wrote. Each draw is named by the call that the stage `name` makes; a whole series is drawn
`--draws` times where anything is random, minutes three times as often. Printed per condition:
lines, guests' share; accuracy with guests as one class, that of the cast's lines and of the guests'; calibration error
(10 bins, pooled over draws), and that of the lines with names by themselves; the dial at .90, .95 and .98: precision,
yield, of lines with names; and the peer on the same embeddings, with the one threshold that is best over all draws of
the condition.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiorole.core.vectors import unit
from audiorole.naming import NO_SEED, NamedLines, NamingOptions, SeriesLines
from audiorole.naming.answers.calibration import calibration_error
from audiorole.naming.answers.checked import check_names
from audiorole.naming.answers.dial import fit_dial, keep
from audiorole.naming.face_identity import name_with_faces
from audiorole.naming.model import Weights
from benchmarks.naming.drawn_series import Condition, Drawn, draw
from benchmarks.naming.series_pack import Pack

TARGETS = (0.90, 0.95, 0.98)

SERIES = (
    Condition("names given", given=True),
    Condition("names given + 3 clips", given=True, clips=3),
    Condition("names given + 1 clip", given=True, clips=1),
    Condition("3 clips alone", clips=3),
    Condition("1 clip alone", clips=1),
    Condition("scripts on half", given=True, scripts=True),
    Condition("names on 3 %", names=0.03, guests=0.1),
    Condition("names on 30 %", names=0.3, guests=0.1),
)
CUTS = tuple(
    Condition(f"{minutes} min, 1 clip of 2 s, guests {guests:.0%}", minutes=minutes, clips=1, short=True, guests=guests)
    for minutes in (1, 3, 10)
    for guests in (0.0, 0.25, 0.5)
)


@dataclass(frozen=True)
class Outcome:
    """What came of one draw, over its scored lines without seeds. named: which lines have names. kept: per target."""

    right: np.ndarray
    named: np.ndarray
    truth: np.ndarray
    probability: np.ndarray
    kept: np.ndarray
    cosine: np.ndarray
    nearest: np.ndarray
    whole: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--parity", type=int, choices=(0, 1))
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--draws", type=int, default=8)
    arguments = parser.parse_args()
    pack = Pack.load(arguments.pack)
    weights = Weights.from_json(arguments.weights.read_text("utf-8")) if arguments.weights else None
    for condition in (*SERIES, *CUTS):
        if arguments.only and not any(word in condition.name for word in arguments.only):
            continue
        count = 3 * arguments.draws if condition.minutes else arguments.draws if drawn_at_random(condition) else 1
        outcomes = []
        for number in range(count):
            drawn = draw(
                pack, condition, np.random.default_rng(number), arguments.parity if condition.minutes else None
            )
            outcomes.append(outcome(drawn, arguments.parity, weights))
        show(condition.name, outcomes)


def drawn_at_random(condition: Condition) -> bool:
    """Return whether two draws of a whole series differ: in their clips, their names or their guests."""
    return bool(condition.clips or condition.names or condition.scripts)


def outcome(drawn: Drawn, parity: int | None, weights: Weights | None) -> Outcome:
    """Name one draw. parity: score only these episodes."""
    options = NamingOptions(weights=weights, embedder="wespeaker")

    def namer(lines: SeriesLines) -> NamedLines:
        return name_with_faces(lines, drawn.cast, options, drawn.references)[0]

    named = namer(drawn.lines)
    checked = check_names(drawn.lines, namer, clips=drawn.references.candidate)
    scored = drawn.scored & (True if parity is None else drawn.number % 2 == parity)
    free = scored & (drawn.lines.seeds == NO_SEED)
    right = named.character == drawn.truth
    kept = [_kept(named, drawn, target, checked)[free] for target in TARGETS]
    cosine, nearest = peer(drawn)
    return Outcome(
        right[free], named.character[free] >= 0, drawn.truth[free], named.probability[free], np.array(kept),
        cosine[free], nearest[free], float(right[scored].mean()),
    )  # fmt: skip


def _kept(named: NamedLines, drawn: Drawn, target: float, checked: object) -> np.ndarray:
    some = named.character >= 0
    report = fit_dial(named.probability, drawn.lines.duration, target, checked, some)  # type: ignore[arg-type]
    return some & keep(named.probability, drawn.lines.duration, report.thresholds)


def peer(drawn: Drawn) -> tuple[np.ndarray, np.ndarray]:
    """Return each line's highest cosine with a clip or a named line, and whose that is."""
    seeded = np.flatnonzero(drawn.lines.seeds >= 0)
    voices = [unit(v) for v in (drawn.lines.embedding[seeded], drawn.references.embedding) if len(v)]
    owner = np.concatenate([drawn.lines.seeds[seeded], drawn.references.candidate])
    cosine = unit(drawn.lines.embedding) @ np.concatenate(voices).T
    return cosine.max(1), owner[cosine.argmax(1)]


def show(name: str, outcomes: list[Outcome]) -> None:
    right, named, truth, probability, cosine, nearest = (
        np.concatenate([getattr(o, f) for o in outcomes])
        for f in ("right", "named", "truth", "probability", "cosine", "nearest")
    )
    kept, guest = np.concatenate([o.kept for o in outcomes], axis=1), truth < 0
    limits = np.quantile(cosine, np.linspace(0, 1, 201))
    best = max(float(np.mean(np.where(cosine >= limit, nearest == truth, guest))) for limit in (-1.0, *limits))
    error = calibration_error(probability, right, 10)
    of_names = calibration_error(probability[named], right[named], 10)
    dial = "  ".join(f"{right[k].mean() if k.any() else 1:.3f}/{k.mean():.2f}" for k in kept)
    print(
        f"{name:36s} {len(right):5d} lines, guests {guest.mean():.2f}: {right.mean():.3f} "
        f"(all {np.mean([o.whole for o in outcomes]):.3f}; "
        f"cast {right[~guest].mean():.3f}, guests {right[guest].mean() if guest.any() else 1:.3f})  "
        f"ECE {error:.3f} ({of_names:.3f})  dial {dial}  peer {best:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
