"""The engine: rounds of evidence, beliefs, better evidence; then names with probabilities and their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from audiorole.errors import ConfigError
from audiorole.naming.block import Block, Planes, among_present
from audiorole.naming.evidence import RoundEvidence
from audiorole.naming.kin.linked import KinWeights
from audiorole.naming.lines import NO_SEED, SOMEONE_ELSE, Floats, Ints, ReferenceVoices, SeriesLines
from audiorole.naming.model import RoundWeights, Weights, shipped_weights, softmax
from audiorole.naming.tables import SeriesTables
from audiorole.naming.voices.prior import voice_prior
from audiorole.types import Cast, Character

GROUPS = ("bias", "voice", "near", "cast", "turn", "face", "text", "dash", "seed")
"""Cue groups of the ledger, in its order."""

NOBODY_HEARD = (
    "Nobody of the cast is heard: there is neither a named line nor a reference clip. Name a line of each character, "
    "or give clips."
)

CERTAIN = 0.9995
"""Seeds at least this reliable fix their line."""


@dataclass(frozen=True)
class NamingOptions:
    """How to name. use_faces, use_text: leave a cue group out even where the series has it.

    closed_cast: True when every speaker is in the cast: nobody is "someone else".
    embedder: registered name of what made the voices; "" for any.
    """

    use_faces: bool = True
    use_text: bool = True
    closed_cast: bool = False
    embedder: str = ""
    weights: Weights | None = None


@dataclass(frozen=True)
class NamedLines:
    """The names of `N` lines. character, runner_up: candidate index, -1 = someone else.

    probability, runner_up_probability: calibrated, in [0, 1]. ledger: `(N, len(GROUPS))` float32, what each cue group
    contributed to `character` winning over `runner_up`, in log-odds; a row sums to their log-odds, up to the
    calibration of the last round. belief: `(N, K + 1)` float16, all probabilities, someone else last.
    """

    character: Ints
    probability: Floats
    runner_up: Ints
    runner_up_probability: Floats
    ledger: Floats
    belief: NDArray[np.float16]
    groups: tuple[str, ...] = field(default=GROUPS)


def name_lines(
    lines: SeriesLines,
    cast: Cast,
    options: NamingOptions | None = None,
    references: ReferenceVoices | None = None,
) -> NamedLines:
    """Name every line of a series.

    cast: the candidates; `SeriesLines.seed` indexes `cast.character`. The order of the cast changes nothing.
    A cast member of whom there is neither a seed nor a clip says nothing (their face speaks for "someone else").
    Raises `ConfigError` when a seed or a reference points outside the cast, when the cast is empty, or when nobody of
    it is heard.
    """
    options, references = options or NamingOptions(), references or ReferenceVoices()
    run, order = prepare(lines, cast, options, references)
    return run.finish(order, len(cast.character))


def prepare(
    lines: SeriesLines, cast: Cast, options: NamingOptions, references: ReferenceVoices
) -> tuple[NamingRun, NDArray[np.int64]]:
    """Return the run over the candidates in canonical order, and which cast member each of its candidates is.

    Raises `ConfigError` when the cast is empty, or nobody of it is heard.
    """
    order = _canonical(cast.character)
    _check(lines, references, len(order))
    order = order[np.isin(order, np.concatenate([lines.seeds, references.candidate]))]
    if len(order) == 0:
        raise ConfigError(NOBODY_HEARD if cast.character else "The cast is empty: there is nobody to name lines after.")
    lines, references = _reindexed(lines, references, order, len(cast.character))
    lines = replace(lines, usual_length=voice_prior(options.embedder).length)
    return NamingRun(_without(lines, options), [cast.character[i] for i in order], references, options), order


def _canonical(cast: Sequence[Character]) -> NDArray[np.int64]:
    """Return the order in which candidates are worked on: by name, so that ties do not depend on the cast file."""
    return np.array(sorted(range(len(cast)), key=lambda i: (cast[i].name, cast[i].aliases)), np.int64)


def _check(lines: SeriesLines, references: ReferenceVoices, size: int) -> None:
    for column in (lines.seeds, references.candidate):
        if len(column) and (column.max() >= size or column.min() < SOMEONE_ELSE):
            raise ConfigError(f"Seeds name candidate {int(column.max())} of a cast of {size}.")


def _reindexed(
    lines: SeriesLines, references: ReferenceVoices, order: NDArray[np.int64], size: int
) -> tuple[SeriesLines, ReferenceVoices]:
    """Return lines and references with candidate indices as in `order`."""
    table = np.full(size + 2, NO_SEED, np.int32)
    table[order] = np.arange(len(order))
    table[SOMEONE_ELSE] = SOMEONE_ELSE
    moved = ReferenceVoices(references.embedding, table[references.candidate], references.duration)
    return lines.with_seeds(table[lines.seeds], lines.seed_reliability), moved


def _without(lines: SeriesLines, options: NamingOptions) -> SeriesLines:
    """Return the lines without the cues that the options switch off."""
    if not options.use_faces:
        lines = replace(lines, faces=None)
    return lines if options.use_text else replace(lines, text=())


class NamingRun:
    """One series being named: the tables, and the beliefs that each round replaces."""

    def __init__(
        self, lines: SeriesLines, cast: Sequence[Character], references: ReferenceVoices, options: NamingOptions
    ) -> None:
        self.lines, self.options = lines, options
        self.tables = SeriesTables.build(lines, cast, references, voice_prior(options.embedder))
        self.seed_log, self.certain = seed_log_odds(lines, len(cast))
        self.belief = initial_belief(lines, len(cast))
        self.kin: tuple[KinWeights, ...] = ()
        self.shift = np.zeros(len(cast) + 1, np.float32)

    def finish(self, order: NDArray[np.int64], cast_size: int) -> NamedLines:
        """Run all rounds and return the names in the caller's order of candidates."""
        weights = self.options.weights or shipped_weights()
        kind = self.lines.faces is not None, self.options.embedder, len(self.lines)
        rounds, self.kin = weights.of(*kind)
        scale = weights.scale(*kind, int(np.sum(self.lines.seeds != NO_SEED)))
        for number, one in enumerate(rounds[:-1]):
            self.belief = self.round(one, first=number == 0)
            self.shift = weights.shift(*kind[:2], self.belief, self.lines, number == len(rounds) - 2)
        out = _Columns.empty(len(self.lines))
        self.belief = self.round(rounds[-1], out, first=len(rounds) == 1, scale=scale)
        self.tables.first = None  # what is not needed any more makes room for what is given back
        self.tables.heard.clear()
        return out.named(order, self.belief, cast_size)

    def evidence(self) -> RoundEvidence:
        """Return what the beliefs of now teach."""
        kin = self.kin[0 if self.tables.first is None else -1] if self.kin else None
        return RoundEvidence.gather(self.tables, self.belief, kin)

    def round(
        self,
        weights: RoundWeights,
        out: _Columns | None = None,
        first: bool = False,
        evidence: RoundEvidence | None = None,
        scale: float = 1.0,
    ) -> NDArray[np.float16]:
        """Return the beliefs after one round; write names and ledger into `out` when it is the last.

        Beliefs that are kept nowhere else are written over.

        scale: what all scores but those of seeds are multiplied by.
        """
        evidence = evidence or self.evidence()
        kept = first or self.belief is self.tables.first  # else written over: a long series has no room for another
        belief = np.zeros_like(self.belief) if kept else self.belief
        for number, block in enumerate(evidence.blocks(self.belief)):
            scores = np.zeros_like(block.belief)
            ledger = np.zeros((len(GROUPS), *scores.shape), np.float32) if out is not None else None
            for name, part in self._parts(weights, evidence.planes(block, number, first), block):
                part = part if name == "seed" or scale == 1.0 else part * np.float32(scale)
                scores += part
                if ledger is not None:
                    ledger[GROUPS.index(name.partition(".")[0])] += part
            probability = self._settle(softmax(scores), block)
            if first:
                probability = among_present(probability, self.lines.seeds[block.rows])
            belief[block.rows] = 0
            belief[block.rows, block.columns] = probability
            if out is not None and ledger is not None:
                out.write(block, probability, ledger)
        if first:
            self.tables.first = belief
            self.tables.heard.clear()
        return belief

    def _parts(self, weights: RoundWeights, planes: Planes, block: Block) -> Planes:
        yield from weights.contributions(planes, block.blur)
        yield "seed", self._seed_plane(block)
        if np.any(self.shift):
            yield "bias", np.broadcast_to(self.shift[block.columns], block.belief.shape)
        if self.options.closed_cast:
            plane = block.zeros()
            plane[:, -1] = -30.0
            yield "bias", plane

    def _seed_plane(self, block: Block) -> Floats:
        plane, seed = block.zeros(), self.lines.seeds[block.rows]
        at = np.flatnonzero(seed != NO_SEED)
        plane[at, block.column_of(seed[at])] = self.seed_log[block.rows][at]
        return plane

    def _settle(self, probability: Floats, block: Block) -> Floats:
        """Fix the lines whose seed is certain."""
        at = np.flatnonzero(self.certain[block.rows])
        probability[at] = 0.0
        probability[at, block.column_of(self.lines.seeds[block.rows][at])] = 1.0
        return probability


def seed_log_odds(lines: SeriesLines, num_candidates: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return per line what its seed adds in log-odds, and whether it fixes the line.

    A source that is right with probability r, and otherwise names anyone, multiplies the odds by r K / (1 - r).
    """
    r = np.clip(lines.reliability.astype(np.float64), 1e-3, CERTAIN)
    odds = np.log(r / (1 - r) * max(num_candidates, 2))
    seeded = lines.seeds != NO_SEED
    return np.where(seeded, np.maximum(odds, 0), 0).astype(np.float32), seeded & (lines.reliability >= CERTAIN)


def initial_belief(lines: SeriesLines, num_candidates: int) -> NDArray[np.float16]:
    """Return `(N, K + 1)` float16: seeds at their reliability, rows of zeros elsewhere."""
    belief = np.zeros((len(lines), num_candidates + 1), np.float16)
    at = np.flatnonzero(lines.seeds != NO_SEED)
    seed = lines.seeds[at]
    belief[at, np.where(seed == SOMEONE_ELSE, num_candidates, seed)] = lines.reliability[at]
    return belief


@dataclass
class _Columns:
    """The output columns while blocks fill them."""

    top: NDArray[np.int64]
    second: NDArray[np.int64]
    probability: Floats
    second_probability: Floats
    ledger: Floats

    @classmethod
    def empty(cls, n: int) -> _Columns:
        whole, real = np.zeros(n, np.int64), np.zeros(n, np.float32)
        return cls(whole, whole.copy(), real, real.copy(), np.zeros((n, len(GROUPS)), np.float32))

    def write(self, block: Block, probability: Floats, ledger: Floats) -> None:
        """Write one block's names and reasons."""
        rows, member = block.rows, block.columns
        at = np.arange(len(probability))
        top = probability.argmax(1)
        rest = probability.copy()
        rest[at, top] = -1
        second = rest.argmax(1) if rest.shape[1] > 1 else top
        self.top[rows], self.second[rows] = member[top], member[second]
        self.probability[rows], self.second_probability[rows] = probability[at, top], probability[at, second]
        self.ledger[rows] = (ledger[:, at, top] - ledger[:, at, second]).T

    def named(self, order: NDArray[np.int64], belief: NDArray[np.float16], cast_size: int) -> NamedLines:
        """Return the columns with candidates as in the cast."""
        member = np.append(order, -1).astype(np.int32)
        full = np.zeros((len(belief), cast_size + 1), np.float16)
        full[:, np.append(order, cast_size)] = belief
        top, second = member[self.top], member[self.second]
        return NamedLines(top, self.probability, second, self.second_probability, self.ledger, full)
