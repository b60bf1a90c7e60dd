"""Fit the naming engine's weights on drama packs, round by round.

    python benchmarks/naming_fit.py --data DIR --dramas kuang_biao,zhan_chang_sha --out weights.json

Each round is a conditional logit (multinomial logistic regression over candidates) fitted by L-BFGS on every scored
line that is no seed; the beliefs it gives are what the next round's evidence is gathered from, as at run time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import drama_pack
from audiorole.naming.block import ABSENT, Block
from audiorole.naming.engine import NamingOptions, NamingRun, prepare
from audiorole.naming.evidence import RoundEvidence
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.lines import NO_SEED, ReferenceVoices
from audiorole.naming.model import HAND_SET, SETS, RoundWeights, Weights, softmax
from naming_kin import fit_kin, pairs

SHORTLIST, LIKELY, OTHERS = 12, 3, 4
ROUNDS = 4
STEPS = 100
L2 = 5e-4


@dataclass(frozen=True)
class Sample:
    """Planes of the shortlisted candidates of some lines: cast `(n, C, F)`, someone else `(n, F)`.

    Shortlisted are the likely ones, and some drawn at random from all others. answer: `(n,)` in 0..C, C being someone
    else. blur: `(n,)` of the lines. offset: `(n, C)`, log of how many candidates each one stands for; -1e9 where a
    small cast leaves places empty. With it the chances of all candidates sum to one, as they do where names are given.
    """

    cast: np.ndarray
    other: np.ndarray
    answer: np.ndarray
    blur: np.ndarray
    offset: np.ndarray

    @classmethod
    def joined(cls, samples: Sequence[Sample]) -> Sample:
        """Return all samples as one."""
        return cls(*(np.concatenate([getattr(s, f.name) for s in samples]) for f in fields(cls)))


def collect(
    run: NamingRun, evidence: RoundEvidence, truth: np.ndarray, use: np.ndarray, first: bool, kind: str
) -> tuple[Sample, list[str]]:
    """Gather the planes of some of the lines `use` for one round."""
    rng, share = np.random.default_rng(0), min(MOST_LINES[kind] / max(use.sum(), 1), 1.0)
    whole = min(EPISODES * share, 1.0)
    keep = use & (rng.random(len(use)) < share / whole)
    samples, names = [], []
    for number, block in enumerate(evidence.blocks(run.belief)):
        if number and rng.random() > whole:
            continue
        planes = {n: p for n, p in evidence.planes(block, number, first) if n not in HAND_SET}
        names, answer = list(planes), block.column_of(truth[block.rows])
        at = np.flatnonzero(keep[block.rows] & (answer != ABSENT))
        samples.append(_sample(planes, block, answer, at, rng))
    return Sample.joined(samples), names


def _sample(
    planes: dict[str, np.ndarray], block: Block, answer: np.ndarray, at: np.ndarray, rng: np.random.Generator
) -> Sample:
    """Return the lines `at` of a block, the true candidate first in each shortlist."""
    rank, gold = _promise(planes, block.belief)[at], answer[at]
    known = gold < len(block.cast)
    rank[known, gold[known]] = np.inf
    best, offset = _shortlist(rank, rng)
    places, count = SHORTLIST + OTHERS, best.shape[1]
    cast = np.zeros((len(at), places, len(planes)), np.float32)
    for column, plane in enumerate(planes.values()):
        cast[:, :count, column] = plane[at[:, None], best]
    other = np.stack([plane[at, -1] for plane in planes.values()], axis=1)
    return Sample(cast, other, np.where(known, 0, places), block.blur[at], offset)


def _shortlist(rank: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the most promising candidates of each line and some of the others, and the offsets of all places."""
    size = rank.shape[1]
    order = np.argsort(-rank, axis=1)
    rest = rng.permuted(order[:, SHORTLIST:], axis=1)[:, :OTHERS]
    offset = np.full((len(rank), SHORTLIST + OTHERS), -1e9, np.float32)
    offset[:, : min(SHORTLIST, size)] = 0.0
    if rest.shape[1]:
        offset[:, SHORTLIST : SHORTLIST + rest.shape[1]] = np.log((size - SHORTLIST) / rest.shape[1])
    return np.hstack([order[:, :SHORTLIST], rest]), offset


def _promise(planes: dict[str, np.ndarray], belief: np.ndarray) -> np.ndarray:
    """Return a rough score by which candidates are shortlisted: the fit needs the likely ones only."""
    series = planes["voice.series"]
    likely = series >= np.sort(series[:, :-1], axis=1)[:, -min(LIKELY, series.shape[1] - 1)][:, None]
    rank = (
        6 * planes["voice.cosine"]
        + 6 * planes["voice.broad_seed"]
        + 100 * likely
        - planes["voice.unheard"]
        + planes.get("face.shown", 0)
    )
    if "near.best" in planes:
        rank = rank + 2 * np.log(belief + 1e-4) + 6 * planes["near.best"] + 0.3 * planes["cast.20s"]
    return rank[:, :-1]


def fit(samples: Sequence[Sample]) -> np.ndarray:
    """Return weights `(F, 4)` that maximise the mean log-likelihood, every sample (series) counting the same."""
    data = Sample.joined(samples)
    weight = np.concatenate([np.full(len(s.answer), 1 / len(s.answer) / len(samples), np.float32) for s in samples])
    scale = np.sqrt((data.cast**2).mean((0, 1))) + np.sqrt((data.other**2).mean(0)) + 1e-3
    loss = _loss(data, weight, scale)
    start = np.zeros(4 * len(scale))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 12})
    print(f"    loss {found.fun:.4f} in {found.nit} steps", flush=True)
    return found.x.reshape(-1, 4) / scale[:, None]


def _loss(data: Sample, weight: np.ndarray, scale: np.ndarray) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return the function that gives loss and gradient for weights `(F * 4,)`, in units of the planes' `scale`."""
    flat = data.cast.reshape(-1, data.cast.shape[2])
    rows = np.arange(len(data.answer))

    def loss(packed: np.ndarray) -> tuple[float, np.ndarray]:
        w = packed.reshape(-1, 4)
        clear, blurred, other, other_blurred = (w.T / scale).astype(np.float32)
        both = (flat @ np.stack([clear, blurred], axis=1)).reshape(*data.cast.shape[:2], 2)
        cast = both[..., 0] + data.blur[:, None] * both[..., 1] + data.offset
        someone = data.other @ other + data.blur * (data.other @ other_blurred)
        p = softmax(np.column_stack([cast, someone]))
        value = -np.sum(weight * np.log(p[rows, data.answer] + 1e-12)) + L2 * np.sum(w**2)
        p[rows, data.answer] -= 1
        p *= weight[:, None]
        pull = np.stack([p[:, :-1].ravel(), (p[:, :-1] * data.blur[:, None]).ravel()]) @ flat
        gradient = np.stack([*pull, p[:, -1] @ data.other, (p[:, -1] * data.blur) @ data.other]) / scale
        return float(value), (gradient.T + 2 * L2 * w).ravel().astype(np.float64)

    return loss


def make_run(drama: drama_pack.Drama, options: NamingOptions) -> tuple[NamingRun, np.ndarray, np.ndarray]:
    """Return the run, the truth as its candidates' indices, and the lines to learn from."""
    run, order = prepare(drama.lines, drama.cast, options, ReferenceVoices())
    place = np.full(len(drama.cast.character) + 1, -1)
    place[order] = np.arange(len(order))
    return run, place[drama.truth], drama.scored & (run.lines.seeds == NO_SEED)


def complete(drama: drama_pack.Drama) -> list[drama_pack.Drama]:
    """Return the drama as it is, everybody who matters with a seed, about one line in a hundred; and the like of it.

    The like: the drama and half of its seeds drawn anew, its halves, a quarter from the middle and the last quarter.
    What fits one drama's own seeds and its own number of episodes does not fit the next drama's.
    """
    last = int(drama.episode.max())
    half, quarter = last // 2, max(last // 4, 4)
    middle = half - quarter // 2
    spans = ((1, half), (half + 1, last), (middle, middle + quarter), (last - quarter + 1, last))
    parts = [drama_pack.with_seeds_redrawn(drama_pack.part(drama, *span), 2 + i) for i, span in enumerate(spans)]
    again = [drama_pack.with_seeds_redrawn(drama, 1), drama_pack.with_seeds_redrawn(drama, 6, share=0.5)]
    return [drama, *again, *(drama_pack.with_a_seed_each(one) for one in parts)]


def guests(drama: drama_pack.Drama) -> list[drama_pack.Drama]:
    """Return the same, with some of the cast as guests in all but the drama as it is.

    Each drama draws the line between cast and guests elsewhere. With faces this names held-out dramas better, without
    it does not.
    """
    first, *like = complete(drama)
    return [first, *(drama_pack.with_cast_made_guests(one, 11 + i) for i, one in enumerate(like))]


def open_cast(drama: drama_pack.Drama) -> list[drama_pack.Drama]:
    """Return the drama and parts as users have them: few seeds, clips of the main cast, names in subtitles."""
    episodes = int(drama.episode.max())
    whole = drama if episodes < 36 else drama_pack.part(drama, 1, episodes // 2)
    size = max(episodes // 6, 3)
    first, second, third = (drama_pack.part(drama, 1 + i * size, (i + 1) * size) for i in (0, 1, 2))
    return [whole, first, drama_pack.with_clips(second), drama_pack.with_subtitle_names(third)]


RECIPES = {"complete/faces": "guests", "complete/plain": "complete", "open/faces": "open", "open/plain": "open"}
"""What each set is fitted on."""

VARIANTS = {"guests": guests, "complete": complete, "open": open_cast}

EPISODES = 2.0
"""How many times as many lines the episodes hold from which lines are drawn: to gather planes takes time."""

MOST_LINES = {"guests": 6000, "complete": 6000, "open": 2500}
"""Lines a series gives to the fit, drawn at random."""


def as_weights(names: Sequence[str], w: np.ndarray) -> RoundWeights:
    """Return fitted numbers `(F, 4)` as the weights of the planes `names`."""
    return RoundWeights({n: tuple(float(v) for v in row) for n, row in zip(names, w, strict=True)})


def fit_rounds(
    dramas: Sequence[drama_pack.Drama], options: NamingOptions, kind: str = "complete", rounds: int = ROUNDS
) -> tuple[tuple[RoundWeights, ...], tuple[KinWeights, ...]]:
    """Fit all rounds for series with or without faces; before and after the first how to tell lines of one speaker."""
    variants = [v for d in dramas for v in VARIANTS[kind](d)]
    runs = [make_run(v, options) for v in variants]
    fitted: list[RoundWeights] = []
    kin: tuple[KinWeights, ...] = ()
    for number in range(rounds):
        if number < 2:
            told = zip(runs, variants, strict=True)
            kin = (*kin, fit_kin([pairs(run, drama.speaker, drama.scored) for (run, _, _), drama in told]))
            for run, _, _ in runs:
                run.kin = kin
        begin = time.time()
        known = [run.evidence() for run, _, _ in runs]
        gathered = [
            collect(r, e, truth, use, number == 0, kind) for (r, truth, use), e in zip(runs, known, strict=True)
        ]
        names = gathered[0][1]
        fitted.append(as_weights(names, fit([g[0] for g in gathered])))
        if number == rounds - 1:
            break
        for (run, truth, use), evidence in zip(runs, known, strict=True):
            run.belief = run.round(fitted[-1], first=number == 0, evidence=evidence)
            top = run.belief.argmax(1)
            top[top == run.belief.shape[1] - 1] = -1
            print(f"  round {number}: {np.mean((top == truth)[use]):.4f}  ({time.time() - begin:.0f} s)", flush=True)
    return tuple(fitted), kin


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
    held = Weights.from_json(args.out.read_text("utf-8")) if args.out.exists() else Weights({})
    sets, kin = dict(held.sets), dict(held.kin)
    for name in args.sets:
        print(name, flush=True)
        options = NamingOptions(heard_only=True, use_faces=name.endswith("faces"))
        sets[name], kin[name] = fit_rounds(dramas, options, RECIPES[name])
        in_order = {name: sets[name] for name in SETS if name in sets}
        args.out.write_text(Weights(in_order, {name: kin[name] for name in SETS if name in kin}).to_json(), "utf-8")


if __name__ == "__main__":
    main()
