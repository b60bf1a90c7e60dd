"""Fit the naming engine's weights on drama packs, round by round.

    python -m tools.naming.fit --data DIR --sets faces plain --out weights.json
    python -m tools.naming.fit --data DIR --packs PACK.npz --sets plain/wespeaker --out weights.json \\
        --near tools/naming/near.json

The series are those of `series.py`: dramas as they are and drawn, even episodes of the packs of `build_pack.py`.
Each round is a conditional logit (multinomial logistic regression over candidates) fitted by L-BFGS on scored lines
that are no seeds; the beliefs it gives are what the next round's evidence is gathered from, as at run time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from audiorole.naming.block import ABSENT, Block
from audiorole.naming.engine import NamingOptions, NamingRun, prepare
from audiorole.naming.evidence import RoundEvidence
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.lines import NO_SEED
from audiorole.naming.model import HAND_SET, SETS, SHORT, RoundWeights, Weights, softmax
from benchmarks.naming import drama_pack
from benchmarks.naming.series_pack import Pack
from tools.naming.fit_kin import Known, fit_kin, pairs
from tools.naming.series import (
    Learnt,
    all_minutes,
    of_drama,
    of_series,
    parts_of_drama,
    without_faces,
)
from tools.naming.workers import Workers

SHORTLIST, LIKELY, OTHERS = 10, 3, 2
ROUNDS = 4
STEPS = 60
L2 = 2e-3


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
    run: NamingRun, evidence: RoundEvidence, truth: np.ndarray, use: np.ndarray, first: bool
) -> tuple[Sample, list[str]]:
    """Gather the planes of some of the lines `use` for one round."""
    rng, share = np.random.default_rng(0), min(MOST_LINES / max(use.sum(), 1), 1.0)
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
        + planes.get("voice.broad_same_seed", planes["voice.same_seed"])
        + 100 * likely
        - planes["voice.unheard"]
        + planes.get("face.shown", 0)
    )
    if "near.best" in planes:
        rank = rank + 2 * np.log(belief + 1e-4) + 6 * planes["near.best"] + 0.3 * planes["cast.20s"]
    return rank[:, :-1]


def fit(samples: Sequence[Sample], shares: Sequence[float], near: np.ndarray) -> np.ndarray:
    """Return weights `(F, 4)` that maximise the mean log-likelihood, each sample (series) counting by its share.

    near: `(F, 4)`, weights that they are drawn towards.
    """
    data = Sample.joined(samples)
    each = [share / max(len(s.answer), 1) / sum(shares) for s, share in zip(samples, shares, strict=True)]
    weight = np.repeat(np.array(each, np.float32), [len(s.answer) for s in samples])
    scale = np.sqrt((data.cast**2).mean((0, 1))) + np.sqrt((data.other**2).mean(0)) + 1e-3
    start = (near * scale[:, None]).ravel()
    loss = _loss(data, weight, scale, start.reshape(-1, 4))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 12})
    print(f"    loss {found.fun:.4f} in {found.nit} steps", flush=True)
    return found.x.reshape(-1, 4) / scale[:, None]


def _loss(
    data: Sample, weight: np.ndarray, scale: np.ndarray, near: np.ndarray
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
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
        value = -np.sum(weight * np.log(p[rows, data.answer] + 1e-12)) + L2 * np.sum((w - near) ** 2)
        p[rows, data.answer] -= 1
        p *= weight[:, None]
        pull = np.stack([p[:, :-1].ravel(), (p[:, :-1] * data.blur[:, None]).ravel()]) @ flat
        gradient = np.stack([*pull, p[:, -1] @ data.other, (p[:, -1] * data.blur) @ data.other]) / scale
        return float(value), (gradient.T + 2 * L2 * (w - near)).ravel().astype(np.float64)

    return loss


@dataclass
class Fitted:
    """A series while it is fitted on: its run, the truth as its candidates' indices, the lines to learn from."""

    run: NamingRun
    truth: np.ndarray
    use: np.ndarray

    @classmethod
    def of(cls, learnt: Learnt) -> Fitted:
        """Return the run before its first round."""
        run, order = prepare(learnt.lines, learnt.cast, NamingOptions(embedder=learnt.embedder), learnt.references)
        place = np.full(len(learnt.cast.character) + 1, -1)
        place[order] = np.arange(len(order))
        return cls(run, place[learnt.truth], learnt.scored & (run.lines.seeds == NO_SEED))


def known_pairs(held: Fitted, one: Learnt) -> Known:
    """Return pairs of lines with and without one speaker."""
    return pairs(held.run, one.speaker, one.scored)


Kins = dict[str, tuple[KinWeights, ...]]


def gathered(held: Fitted, one: Learnt, kin: Kins, number: int) -> tuple[Sample, list[str]]:
    """Return the planes of one round."""
    held.run.kin = kin[one.embedder]
    return collect(held.run, held.run.evidence(), held.truth, held.use, number == 0)


def believed(held: Fitted, one: Learnt, weights: RoundWeights, number: int) -> float:
    """Go on to the next round; return how many lines are right."""
    held.run.belief = held.run.round(weights, first=number == 0)
    top = held.run.belief.argmax(1)
    top[top == held.run.belief.shape[1] - 1] = -1
    return float(np.mean((top == held.truth)[held.use]))


EPISODES = 2.0
"""How many times as many lines the episodes hold from which lines are drawn: to gather planes takes time."""

MOST_LINES = 600
"""Lines a series gives to the fit, drawn at random."""


def as_weights(names: Sequence[str], w: np.ndarray) -> RoundWeights:
    """Return fitted numbers `(F, 4)` as the weights of the planes `names`."""
    return RoundWeights({n: tuple(float(v) for v in row) for n, row in zip(names, w, strict=True)})


def fit_rounds(
    series: Sequence[Learnt], workers: int, near: Sequence[RoundWeights] = (), kin: Kins | None = None
) -> tuple[tuple[RoundWeights, ...], Kins]:
    """Fit all rounds; before and after the first how to tell lines of one speaker, for each embedder by itself.

    near: weights that the fitted ones are drawn towards. kin: by embedder, where it is known already.
    """
    fleet = Workers(series, Fitted.of, workers)
    fitted: list[RoundWeights] = []
    known_kin, kin = kin is not None, kin or {one.embedder: () for one in series}
    for number in range(ROUNDS):
        begin = time.time()
        if number < 2 and not known_kin:
            told = list(zip(fleet.map(known_pairs), series, strict=True))
            kin = {own: (*kin[own], fit_kin([p for p, one in told if one.embedder == own])) for own in kin}
        found = fleet.map(partial(gathered, kin=kin, number=number))
        samples, names = [sample for sample, _ in found], found[0][1]
        print(f"  gathered {sum(len(s.answer) for s in samples)} lines in {time.time() - begin:.0f} s", flush=True)
        known = near[number].planes if near else {}
        centre = np.array([known.get(name, (0.0, 0.0, 0.0, 0.0)) for name in names])
        fitted.append(as_weights(names, fit(samples, [one.share for one in series], centre)))
        right = fleet.map(partial(believed, weights=fitted[-1], number=number))
        for one, share in zip(series, right, strict=True):
            if one.share >= 0.5:
                print(f"    {one.name:30s} {share:.4f}", flush=True)
        print(f"  round {number} ({time.time() - begin:.0f} s)", flush=True)
    fleet.close()
    return tuple(fitted), kin


def main() -> None:
    """Fit the sets asked for, and write them beside those that `--out` already holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--dramas", default="", help="comma-separated; all by default")
    parser.add_argument("--packs", type=Path, nargs="*", default=[], help="annotated episodes; even ones are used")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["faces", "plain"])
    parser.add_argument("--near", type=Path, help="weights that the fitted ones are drawn towards")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    wanted = [n for n in args.dramas.split(",") if n]
    dramas = [drama_pack.load(p) for p in sorted(args.data.glob("*.npz")) if not wanted or p.stem in wanted]
    packs = [Pack.load(path) for path in args.packs]
    held = Weights.from_json(args.out.read_text("utf-8")) if args.out.exists() else Weights({})
    near = Weights.from_json(args.near.read_text("utf-8")).sets if args.near else {}
    sets, kin, strangers = dict(held.sets), dict(held.kin), dict(held.strangers)
    for name in args.sets:
        print(name, flush=True)
        embedder, centre = name.split("/")[1] if "/" in name else "", near.get(name, ())
        if name.endswith(SHORT):
            whole = name.removesuffix(SHORT)
            told = {embedder: kin[whole], "": kin[whole.partition("/")[0]]}
            sets[name], _ = fit_rounds(series_of(name, dramas, packs), args.workers, sets[whole], told)
        else:
            series = series_of(name, dramas, packs)
            sets[name], found = fit_rounds(series, args.workers, centre)
            kin[name] = found[embedder]
            if embedder:
                strangers[name] = usual_strangers([one for one in series if one.embedder == embedder])
        in_order = {name: sets[name] for name in SETS if name in sets}
        in_kin = {name: kin[name] for name in SETS if kin.get(name)}
        args.out.write_text(replace(held, sets=in_order, kin=in_kin, strangers=strangers).to_json(), "utf-8")


def usual_strangers(series: Sequence[Learnt]) -> float:
    """Return the share of lines that are nobody's in the series, each counting by its share; seeds are left out."""
    told = [(one.share, one.scored & (one.lines.seeds == NO_SEED), one.truth < 0) for one in series]
    some = [(share, float(nobody[free].mean())) for share, free, nobody in told if free.any()]
    return round(sum(share * guests for share, guests in some) / sum(share for share, _ in some), 4)


def series_of(name: str, dramas: Sequence[drama_pack.Drama], packs: Sequence[Pack]) -> list[Learnt]:
    """Return what a set is fitted on: an embedder's own on episodes that it heard, and on parts of dramas."""
    if name.endswith(SHORT):
        return [without_faces(one) for one in all_minutes(dramas, packs)]
    kind, _, embedder = name.partition("/")
    chosen = parts_of_drama if embedder else of_drama
    series = [one for number, drama in enumerate(dramas) for one in chosen(drama, number)]
    if kind == "plain":
        series = [without_faces(one) for one in series]
    episodes = [one for number, pack in enumerate(packs) for one in of_series(pack, 0, number)] if embedder else []
    return [*episodes, *series]


if __name__ == "__main__":
    main()
