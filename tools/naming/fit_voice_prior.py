"""Fit what the cosine of two voices is worth for an embedder: `naming/embedders.json`.

    python -m tools.naming.fit_voice_prior --packs PACK.npz … [--parity 0] --name wespeaker --out embedders.json
    python -m tools.naming.fit_voice_prior --dramas DIR [--only A,B] --name other --out embedders.json

Trials: one to ten clips of a speaker against one to sixteen lines of one speaker and one episode, the same person or
another one of the same series, compared from the middle of all people of the series. A logistic regression gives the
log ratio; the seconds at which a voice is half known are searched. Printed: loss in bits, and the error rate of trials,
on the series' other episodes where there are any. Packs are of `benchmarks/naming/build_pack.py` or `speaker_pack.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from audiorole.core.vectors import unit
from audiorole.naming.voices.clarity import clarity, voice_weight
from audiorole.naming.voices.mean import mean_voice
from audiorole.naming.voices.prior import NUM_TERMS, VoicePrior, reach, terms
from benchmarks.naming import drama_pack
from benchmarks.naming.series_pack import Pack

CLIPS, LINES = (1, 1, 1, 2, 3, 5, 10), (1, 1, 1, 2, 4, 8, 16)
TRIALS = 20_000
TRUSTS = (0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.6)
L2 = 1e-4
NOTHING = np.zeros(NUM_TERMS, np.float32)


@dataclass(frozen=True)
class Trials:
    """cosine, mine, theirs: `(T,)`, seconds of ordinary speech; same: `(T,)` bool."""

    cosine: np.ndarray
    mine: np.ndarray
    theirs: np.ndarray
    same: np.ndarray

    @classmethod
    def joined(cls, some: list[Trials]) -> Trials:
        """Return all trials."""
        return cls(*(np.concatenate([getattr(t, f) for t in some]) for f in ("cosine", "mine", "theirs", "same")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packs", type=Path, nargs="*", default=[])
    parser.add_argument("--parity", type=int)
    parser.add_argument("--dramas", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    packs = [Pack.load(path) for path in args.packs] + list(_dramas(args.dramas, args.only.split(",")))
    named = args.name != "other"
    mean = np.concatenate([people(p, args.parity) for p in packs]).mean(0) if named else None
    length = float(np.median(np.concatenate([p.lines.norm for p in packs]))) if named else 0.0
    prior = rough(packs, args.parity, mean, length)
    learnt = [trials(p, args.parity, prior) for p in packs]
    prior = fit(Trials.joined(learnt), mean, length)
    for pack, own in zip(packs, learnt, strict=True):
        report(prior, own, f"{pack.name}, fitted")
        if args.parity is not None and len(np.unique(pack.number % 2)) == 2:
            report(prior, trials(pack, 1 - args.parity, prior), f"{pack.name}, other episodes")
    held = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
    held[args.name] = prior.to_plain()
    args.out.write_text(json.dumps(held) + "\n", encoding="utf-8")


def _dramas(folder: Path | None, only: list[str]) -> Iterator[Pack]:
    for path in sorted(folder.glob("*.npz")) if folder else ():
        if only == [""] or path.stem in only:
            yield drama_pack.as_pack(drama_pack.load(path))


def people(pack: Pack, parity: int | None) -> np.ndarray:
    """Return the mean voice of everybody with three lines or more, `(P, D)`."""
    rows = _rows(pack, parity)
    voice, who = unit(pack.lines.embedding[rows]), pack.speaker[rows]
    return np.array([voice[who == k].mean(0) for k in np.unique(who) if np.sum(who == k) >= 3])


def rough(packs: list[Pack], parity: int | None, mean: np.ndarray | None, length: float) -> VoicePrior:
    """Return a first prior, with voices compared from `mean`: the middle of a series is found with one."""
    empty = VoicePrior(np.zeros(0, np.float32) if mean is None else mean.astype(np.float32), length, 1.0, NOTHING)
    return fit(Trials.joined([trials(p, parity, empty, mean) for p in packs]), mean, length)


def _rows(pack: Pack, parity: int | None) -> np.ndarray:
    usable = (pack.speaker >= 0) & ~np.isin(pack.speaker, list(pack.guests)) & (pack.lines.norm > 0)
    return np.flatnonzero(usable & (True if parity is None else pack.number % 2 == parity))


def trials(pack: Pack, parity: int | None, prior: VoicePrior, mean: np.ndarray | None = None) -> Trials:
    """Return trials of a pack. mean: that voices are compared from; as a series finds its own where it is None."""
    rng, rows = np.random.default_rng(0), _rows(pack, parity)
    own_lines = replace(pack.lines, usual_length=prior.length)
    mean = mean_voice(own_lines, prior) if mean is None else mean
    length = prior.length or pack.lines.typical_norm
    line = _voices(pack.lines.embedding, pack.lines.duration, mean, length)
    clip = _voices(pack.clip_voice, pack.clip_seconds, mean, length)
    who, clip_of, out = pack.speaker[rows], {}, []
    for k in np.unique(who):
        clip_of[k] = np.flatnonzero(pack.clip_speaker == k)
    people = [k for k in clip_of if len(clip_of[k]) >= 2]
    chance = np.array([np.sqrt(np.sum(who == k)) for k in people])
    chance /= chance.sum()
    for _ in range(TRIALS):
        a, same = rng.choice(people, p=chance), rng.random() < 0.5
        b = a if same else rng.choice(people, p=chance)
        own = rows[who == b]
        own = own[pack.number[own] == pack.number[rng.choice(own)]]
        some = rng.permutation(own)[: rng.choice(LINES)]
        apart = clip_of[a][~_inside(pack, clip_of[a], some)]
        given = rng.permutation(apart)[: rng.choice(CLIPS)]
        if len(given) and (same or a != b):
            one, two = line[0][some].sum(0), clip[0][given].sum(0)
            cosine = one @ two / max(np.linalg.norm(one) * np.linalg.norm(two), 1e-9)
            out.append((cosine, line[1][some].sum(), clip[1][given].sum(), same))
    return Trials(*(np.array(column) for column in zip(*out, strict=True)))


def _inside(pack: Pack, clips: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return which clips were cut out of one of these lines, or lie beside them."""
    near = np.abs(pack.clip_start[clips][:, None] - pack.lines.start[rows][None]) < 5.0
    return np.any(near & (pack.clip_episode[clips][:, None] == pack.number[rows][None]), axis=1)


def _voices(
    embedding: np.ndarray, seconds: np.ndarray, mean: np.ndarray, length: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return centred voices times their seconds of ordinary speech, and these."""
    raw = embedding.astype(np.float32)
    weight = voice_weight(clarity(seconds, np.linalg.norm(raw, axis=1), length))
    return unit(unit(raw) - mean) * weight[:, None], weight


def fit(some: Trials, mean: np.ndarray | None, length: float) -> VoicePrior:
    """Return the prior of highest likelihood."""
    found = [(trust, *_weights(some, trust)) for trust in TRUSTS]
    trust, weights, loss = min(found, key=lambda one: one[2])
    print(f"half known after {trust} s of ordinary speech; loss {loss / np.log(2):.4f} bits", flush=True)
    empty = np.zeros(0, np.float32)
    return VoicePrior(empty if mean is None else mean.astype(np.float32), length, trust, weights)


def _weights(some: Trials, trust: float) -> tuple[np.ndarray, float]:
    columns = terms(some.cosine, reach(some.mine, trust), reach(some.theirs, trust))
    x = np.stack(np.broadcast_arrays(*columns), axis=1).astype(np.float64)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        score = x @ w
        value = np.mean(np.logaddexp(0, score) - some.same * score) + L2 * np.sum(w**2)
        return float(value), x.T @ (expit(score) - some.same) / len(x) + 2 * L2 * w

    found = minimize(loss, np.zeros(NUM_TERMS), jac=True, method="L-BFGS-B")
    return found.x.astype(np.float32), float(found.fun)


def report(prior: VoicePrior, some: Trials, name: str) -> None:
    """Print how well the log ratio tells trials, by how much was heard."""
    ratio = prior.log_ratio(some.cosine, some.mine.astype(np.float32), some.theirs.astype(np.float32))
    loss = np.logaddexp(0, np.where(some.same, -ratio, ratio)) / np.log(2)
    wrong, short = (ratio > 0) != some.same, np.minimum(some.mine, some.theirs) < 2.5
    print(
        f"{name}: {len(ratio)} trials, loss {loss.mean():.4f} bits, wrong {wrong.mean():.4f}; under 2.5 s of either "
        f"{loss[short].mean():.4f}, {wrong[short].mean():.4f}; mean of same {expit(ratio)[some.same].mean():.3f}, "
        f"of others {expit(ratio)[~some.same].mean():.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
