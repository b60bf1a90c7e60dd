"""Fit the naming engine's weights on drama packs, round by round.

    python benchmarks/naming_fit.py --data DIR --dramas kuang_biao,zhan_chang_sha --out weights.json

Each round is a conditional logit (multinomial logistic regression over candidates) fitted by L-BFGS on every scored
line that is no seed; the beliefs it gives are what the next round's evidence is gathered from, as at run time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import drama_pack
from audiorole.naming.engine import NamingOptions, NamingRun, prepare
from audiorole.naming.evidence import Evidence
from audiorole.naming.lines import NO_SEED, ReferenceVoices
from audiorole.naming.model import HAND_SET, SETS, RoundWeights, Weights, softmax

SHORTLIST = 12
ROUNDS = 3
L2 = 2e-5


@dataclass
class Sample:
    """Planes of the shortlisted candidates of some lines: cast `(n, C, F)`, someone else `(n, F)`.

    answer: `(n,)` in 0..C, C being someone else. short: `(n,)`, the lines' blur. present: `(n, C)`, False where a small
    cast leaves places of the shortlist empty.
    """

    cast: np.ndarray
    other: np.ndarray
    answer: np.ndarray
    short: np.ndarray
    present: np.ndarray


def collect(
    run: NamingRun, truth: np.ndarray, use: np.ndarray, previous: np.ndarray | None, kind: str
) -> tuple[Sample, list[str]]:
    """Gather the planes of the lines `use` for one round."""
    evidence = Evidence.gather(run.tables, run.belief)
    parts, names = [], []
    keep = np.random.default_rng(0).random(len(use)) < MOST_LINES[kind] / max(use.sum(), 1)
    for number, block in enumerate(evidence.blocks(run.belief)):
        at = np.flatnonzero(use[block.rows] & keep[block.rows])
        planes = [
            p
            for p in evidence.planes(block, number, first=previous is None)
            if p[0] not in HAND_SET and p[0] not in SKIPPED[kind]
        ]
        names = [name for name, _ in planes]
        guide = dict(planes)
        rank = 6 * guide["voice.cosine"][:, :-1] - guide["voice.unheard"][:, :-1]
        if "face.shown" in guide:
            rank = rank + guide["face.shown"][:, :-1]
        if previous is not None:
            rank = rank + 2 * np.log(previous[block.rows][:, :-1].astype(np.float32) + 1e-4)
            rank = rank + 6 * guide["near.best"][:, :-1] + 0.3 * guide["cast.20s"][:, :-1]
        gold = truth[block.rows][at]
        known = gold >= 0
        rank = rank[at]
        rank[known, gold[known]] = 1e9
        count = min(SHORTLIST, rank.shape[1])
        short_list = np.argsort(-rank, axis=1)[:, :count]
        cast = np.zeros((len(at), SHORTLIST, len(planes)), np.float32)
        for column, (_, plane) in enumerate(planes):
            cast[:, :count, column] = plane[at[:, None], short_list]
        present = np.broadcast_to(np.arange(SHORTLIST) < count, (len(at), SHORTLIST))
        other = np.stack([p[at, -1] for _, p in planes], axis=1)
        parts.append(Sample(cast, other, np.where(known, 0, SHORTLIST), block.blur[at], present))
    join = lambda key: np.concatenate([getattr(p, key) for p in parts])  # noqa: E731
    return Sample(join("cast"), join("other"), join("answer"), join("short"), join("present")), names


def fit(samples: Sequence[Sample], start: np.ndarray | None = None, l2: float = L2) -> np.ndarray:
    """Return weights `(F, 4)` that maximise the mean log-likelihood, every sample (drama) counting the same."""
    cast = np.concatenate([s.cast for s in samples])
    other = np.concatenate([s.other for s in samples])
    answer = np.concatenate([s.answer for s in samples])
    short = np.concatenate([s.short for s in samples])
    empty = np.where(np.concatenate([s.present for s in samples]), 0, -1e9).astype(np.float32)
    weight = np.concatenate([np.full(len(s.answer), 1 / len(s.answer) / len(samples), np.float32) for s in samples])
    scale = np.sqrt((cast**2).mean((0, 1))) + np.sqrt((other**2).mean(0)) + 1e-3
    flat = cast.reshape(-1, cast.shape[2])
    rows = np.arange(len(answer))
    full = lambda w: np.stack([w[:, 0], w[:, 1], w[:, 2], w[:, 3]]) / scale  # noqa: E731

    def loss(packed: np.ndarray) -> tuple[float, np.ndarray]:
        w = packed.reshape(-1, 4)
        v = full(w).astype(np.float32)
        two = (flat @ v[:2].T).reshape(cast.shape[0], cast.shape[1], 2)
        scores = np.empty((len(answer), cast.shape[1] + 1), np.float32)
        scores[:, :-1] = two[..., 0] + short[:, None] * two[..., 1] + empty
        scores[:, -1] = other @ v[2] + short * (other @ v[3])
        p = softmax(scores)
        nll = -np.sum(weight * np.log(p[rows, answer] + 1e-12))
        p[rows, answer] -= 1
        p *= weight[:, None]
        g = p[:, :-1]
        gs = np.stack([g.ravel(), (g * short[:, None]).ravel()])
        grad = np.stack([*(gs @ flat), p[:, -1] @ other, (p[:, -1] * short) @ other]) / scale
        return float(nll + l2 * np.sum(w**2)), (grad.T + 2 * l2 * w).ravel().astype(np.float64)

    x0 = np.zeros((cast.shape[2], 4)) if start is None else start * scale[:, None]
    found = minimize(loss, x0.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 100, "maxcor": 12})
    print(f"    loss {found.fun:.4f} in {found.nit} steps", flush=True)
    return found.x.reshape(-1, 4) / scale[:, None]


def make_run(drama: drama_pack.Drama, options: NamingOptions) -> tuple[NamingRun, np.ndarray, np.ndarray]:
    """Return the run, the truth as its candidates' indices, and the lines to learn from."""
    run, order = prepare(drama.lines, drama.cast, options, ReferenceVoices())
    place = np.full(len(drama.cast.character) + 1, -1)
    place[order] = np.arange(len(order))
    return run, place[drama.truth], drama.scored & (run.lines.seeds == NO_SEED)


def complete(drama: drama_pack.Drama) -> list[drama_pack.Drama]:
    """Return the drama as it is: everybody who matters has a seed, about one line in a hundred."""
    return [drama]


def open_cast(drama: drama_pack.Drama) -> list[drama_pack.Drama]:
    """Return the drama and parts as users have them: few seeds, clips of the main cast, names in subtitles."""
    episodes = int(drama.episode.max())
    whole = drama if episodes < 36 else drama_pack.part(drama, 1, episodes // 2)
    size = max(episodes // 6, 3)
    first, second, third = (drama_pack.part(drama, 1 + i * size, (i + 1) * size) for i in (0, 1, 2))
    return [whole, first, drama_pack.with_clips(second), drama_pack.with_subtitle_names(third)]


VARIANTS = {"complete": complete, "open": open_cast}

SKIPPED = {
    "complete": {"voice.seed_even", "voice.seed_trust", "voice.seed_mass", "voice.away_trust", "voice.group_even"},
    "open": set[str](),
}
"""Planes about how much of a voice was heard: they serve casts of uneven evidence. Where one line in a hundred is a
seed they only say who speaks much (without faces, huan_le_song lost 2 points by them when fitted on the other two)."""

MOST_LINES = {"complete": 10000, "open": 5000}
"""Lines a series gives to the fit, drawn at random."""


def fit_rounds(
    dramas: Sequence[drama_pack.Drama], options: NamingOptions, kind: str = "complete", rounds: int = ROUNDS
) -> tuple[RoundWeights, ...]:
    """Fit all rounds for series with or without faces."""
    runs = [make_run(v, options) for d in dramas for v in VARIANTS[kind](d)]
    fitted: list[RoundWeights] = []
    for number in range(rounds):
        begin = time.time()
        gathered = [collect(run, truth, use, run.belief if number else None, kind) for run, truth, use in runs]
        names = gathered[0][1]
        w = fit([g[0] for g in gathered])
        fitted.append(RoundWeights({n: tuple(float(v) for v in row) for n, row in zip(names, w, strict=True)}))
        if number == rounds - 1:
            break
        for run, truth, use in runs:
            run.belief = run.round(fitted[-1], first=number == 0)
            top = run.belief.argmax(1)
            top[top == run.belief.shape[1] - 1] = -1
            print(f"  round {number}: {np.mean((top == truth)[use]):.4f}  ({time.time() - begin:.0f} s)", flush=True)
    return tuple(fitted)


def main() -> None:
    """Fit the sets asked for, and write them beside those that `--out` already holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dramas", default="", help="comma-separated; all by default")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    wanted = [n for n in args.dramas.split(",") if n]
    dramas = [drama_pack.load(p) for p in sorted(args.data.glob("*.npz")) if not wanted or p.stem in wanted]
    sets = dict(Weights.from_json(args.out.read_text("utf-8")).sets) if args.out.exists() else {}
    for name in args.sets:
        kind, picture = name.split("/")
        print(name, flush=True)
        sets[name] = fit_rounds(dramas, NamingOptions(heard_only=True, use_faces=picture == "faces"), kind)
    args.out.write_text(Weights({name: sets[name] for name in SETS if name in sets}).to_json(), "utf-8")


if __name__ == "__main__":
    main()
