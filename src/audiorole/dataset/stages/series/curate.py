"""Curate: what the dataset holds, with a reason for everything it leaves out, and a split that does not leak."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from audiorole.dataset.names.series import read_checked
from audiorole.naming.answers.checked import joined
from audiorole.naming.answers.dial import DialReport, fit_dial, keep
from audiorole.pipeline.stage import Outcome, SeriesContext, SeriesStage
from audiorole.types import Dropped, Naming, Record, Utterance


@dataclass(frozen=True)
class Curate(SeriesStage):
    """Each rule gives one reason; the first that applies counts.

    min_duration, max_duration: seconds. min_agreement: of text and audio; set low after looking at
    all development episodes, so that right lines stay. max_music, max_overlap: share of the line.
    tiers: letters that are kept.
    label_precision: the share of labels that must be right, 0 keeps every line with its probability; the thresholds
    are fitted on names that `name` held back (docs/naming.md), and saved with what they cost in the array `dial`.
    Lines of someone outside the cast have no label that could be right and are not kept then.
    test, validation: shares of episodes, whole episodes only, so that no recording and no scene is in two splits.
    """

    name: ClassVar[str] = "curate"
    version: ClassVar[int] = 3
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("name",)
    cost: ClassVar[float] = 0.0003
    min_duration: float = 0.3
    max_duration: float = 30.0
    min_agreement: float = 0.1
    max_music: float = 1.0
    max_overlap: float = 1.0
    tiers: Annotated[str, Meta(pattern="^[ABC]+$")] = "ABC"
    keep_duplicates: bool = False
    label_precision: Annotated[float, Meta(ge=0, le=1)] = 0.0
    test: Annotated[float, Meta(ge=0, le=1)] = 0.1
    validation: Annotated[float, Meta(ge=0, le=1)] = 0.05
    seed: int = 0

    def run(self, context: SeriesContext) -> Iterator[tuple[str, Iterable[Outcome]]]:
        """Yield the lines that stay, with their split."""
        splits = split_episodes(context.shards, self.test, self.validation, self.seed)
        dial = self._dial(context)
        thresholds = dial.thresholds if dial else ()
        for shard in context.shards:
            if dial:
                context.save(shard, "dial", dial.as_array())
            yield shard, (self._judged(line, splits[shard], thresholds) for line in context.read(shard, Utterance))

    def _judged(self, line: Utterance, split: str, thresholds: tuple[float, ...]) -> Outcome:
        for reason, detail in self._faults(line, thresholds):
            return Dropped.of(line, reason, detail)
        return msgspec.structs.replace(line, split=split)

    def _faults(self, line: Utterance, thresholds: tuple[float, ...]) -> Iterator[tuple[str, str]]:
        if line.duration < self.min_duration:
            yield "too_short", f"{line.duration:.2f} s"
        if line.duration > self.max_duration:
            yield "too_long", f"{line.duration:.1f} s"
        if line.duplicate_of and not self.keep_duplicates:
            yield "heard_before", line.duplicate_of
        agreement = line.transcript.agreement if line.transcript else None
        if agreement is not None and agreement < self.min_agreement:
            yield "text_mismatch", f"agreement {agreement:.2f}"
        yield from self._signal_faults(line)
        if line.naming and thresholds and not _reaches(line.naming, line.duration, thresholds):
            yield "uncertain_speaker", f"{line.naming.character or 'someone else'} at {line.naming.probability:.2f}"

    def _signal_faults(self, line: Utterance) -> Iterator[tuple[str, str]]:
        if line.speech and line.speech.music_share > self.max_music:
            yield "music", f"{line.speech.music_share:.0%} of the line"
        if line.speech and line.speech.overlap_share > self.max_overlap:
            yield "overlap", f"{line.speech.overlap_share:.0%} of the line"
        if line.quality and line.quality.tier not in self.tiers:
            yield "low_quality", f"tier {line.quality.tier}"

    def _dial(self, context: SeriesContext) -> DialReport | None:
        """Return the least probability of a label per length bucket, None to keep every line."""
        if self.label_precision <= 0:
            return None
        found, checked, first = list[tuple[float, float, bool]](), [], 0
        for shard in context.shards:
            lines = [line for line in context.read(shard, Utterance) if line.naming]
            checked.append(read_checked(context, shard, lines, first))
            names = ((line.naming, line.duration) for line in lines if line.naming)
            found += [(naming.probability, duration, bool(naming.character)) for naming, duration in names]
            first += len(lines)
        columns = np.array(found, dtype=np.float32).reshape(-1, 3).T
        return fit_dial(columns[0], columns[1], self.label_precision, joined(checked).fair(), columns[2] > 0)


def _reaches(naming: Naming, duration: float, thresholds: tuple[float, ...]) -> bool:
    sure, length = np.array([naming.probability], np.float32), np.array([duration], np.float32)
    return bool(naming.character) and bool(keep(sure, length, thresholds)[0])


def split_episodes(shards: Sequence[str], test: float, validation: float, seed: int) -> dict[str, str]:
    """Return shard → split; whole episodes, chosen by a hash, so that a new episode moves few of the others.

    A series of two or more has at least one test episode, one of five or more a validation episode too.
    """
    order = sorted(shards, key=lambda shard: hashlib.sha256(f"{seed}:{shard}".encode()).hexdigest())
    num_test = max(1, round(test * len(order))) if test > 0 and len(order) > 1 else 0
    num_validation = max(1, round(validation * len(order))) if validation > 0 and len(order) > 4 else 0
    named = ["test"] * num_test + ["validation"] * num_validation
    return dict(zip(order, named + ["train"] * (len(order) - len(named)), strict=True))
