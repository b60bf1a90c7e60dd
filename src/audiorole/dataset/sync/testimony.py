"""What a recogniser heard, as a witness: does the subtitle belong to the audio, and where do its cues lie?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiorole.dataset.sync.aligning import RATES
from audiorole.dataset.sync.anchors import AnchoredCues, ClockFit, anchors_of, clock_of
from audiorole.dataset.sync.listening import Hear, HeardWords
from audiorole.dataset.sync.matching import matched
from audiorole.dataset.sync.records import Alignment
from audiorole.dataset.sync.wording import CharacterRow, Floats, backwards, heard_row, subtitle_row

_FIRST, _NEXT, _FOREIGN, _LAST = 4, 2, 6, 16
"""Spans to hear at first, then at a time, without a match, and at most."""
_WITNESS = 12
"""Matched characters that make a span a witness."""
_WITNESS_SHARE = 0.1
"""Share of matched characters that needs a word where one span alone has them."""
_NOTHING = 0.06
"""Share of matched characters that chance and stock phrases give a foreign subtitle."""
_ODD_RATE, _DOUBT = 6.0, 15.0
"""Cost that a rate other than 1 must save, and by how much a clock may cost more than the best and still be one."""
_WIDE = 25.0
"""Seconds of audio between heard cues on both sides of a cut, above which more is heard between them."""
_APART = 0.7
"""Seconds between two offsets that are a cut."""
_CLOSE = 0.6
"""Seconds within which a map and a heard word agree."""
_AGREE, _DENSE = 0.8, 0.6
"""Share of the anchors that must agree; share of the cues that are anchors where words alone tell the cuts."""


class Testimony:
    """times: cues in seconds on the subtitle's clock `(num_cues, 2)`, by start; texts: theirs."""

    def __init__(self, times: Floats, texts: Sequence[str]) -> None:
        self.times = times
        self.said = subtitle_row(times, texts)
        self.heard: list[HeardWords] = []
        self.characters = 0
        self.anchors, self.clocks = AnchoredCues.none(), [ClockFit.none()]
        self.chance = 0.0

    @property
    def clock(self) -> ClockFit:
        """The likeliest clock."""
        return self.clocks[0]

    def listen(self, spans: Sequence[tuple[float, float]], hear: Hear, enough: float) -> None:
        """Hear as many of `spans`, best first, as it takes to be sure. enough: share of matched characters."""
        wanted, rest = list(spans[:_FIRST]), list(spans[_FIRST:])
        while wanted:
            self.take(hear(wanted))
            wanted = self._wanted(rest, enough) if len(self.heard) < _LAST else []
            rest = [span for span in rest if span not in wanted]

    @property
    def found(self) -> float:
        """Share of the heard characters that the subtitle has where the audio has them."""
        return _share(self.anchors, self.clock, self.characters)

    @property
    def share(self) -> float:
        """That share, above what the same words in another order would have: languages repeat themselves.

        0 where all of it lies in one span of several: a recap or a song that two episodes have in common.
        """
        return max(0.0, self.found - self.chance) if self._witnesses() >= min(2, len(self.heard)) else 0.0

    @property
    def told(self) -> str:
        """One sentence for a person."""
        seconds = sum(span.end - span.start for span in self.heard)
        spoken = "/".join(sorted({span.language for span in self.heard if span.language and span.words}))
        speech = f" of {spoken} speech" if spoken else ""
        alone = (
            ", all in one place, as a recap or a song would" if self.found >= _WITNESS_SHARE and not self.share else ""
        )
        return f"{self.found:.0%} of the words heard in {seconds:.0f} s{speech} stand in the subtitle in order{alone}"

    def offsets(self, clock: ClockFit) -> Floats:
        """Return the offset per cue by one of the clocks, `(num_cues,)` seconds, NaN where no word tells."""
        offsets = np.full(len(self.times), np.nan)
        offsets[self.anchors.cues[clock.near]] = clock.offsets[clock.near]
        return offsets

    @property
    def main_offset(self) -> float:
        """The offset that most heard characters have."""
        values, places = np.unique(self.clock.offsets, return_inverse=True)
        return float(values[np.bincount(places, self.anchors.characters * self.clock.near).argmax()])

    @property
    def dense(self) -> bool:
        """True where most cues that the audio has were heard, so that cuts need no other evidence."""
        return len(self.anchors) >= _DENSE * len(self.times) and not self._cut()

    def agrees(self, found: Alignment) -> bool:
        """Return True where an accepted alignment puts the heard cues where they were heard."""
        if not (found.accepted and self.clock.near.any()):
            return False
        mapped = found.map(self.times[self.anchors.cues, 0])
        close = np.abs(mapped - self.anchors.heard)[self.clock.near] < _CLOSE
        weights = self.anchors.characters[self.clock.near]
        return float(weights[close].sum()) >= _AGREE * float(weights.sum())

    def _witnesses(self) -> int:
        """Return how many spans have words in their places."""
        places = np.searchsorted([span.start for span in self.heard], self.anchors.heard[self.clock.near], side="right")
        return int((np.bincount(places, self.anchors.characters[self.clock.near]) >= _WITNESS).sum())

    def take(self, spans: Sequence[HeardWords]) -> None:
        """Take in what was heard and place the cues anew."""
        self.heard = sorted([*self.heard, *spans], key=lambda span: span.start)
        row = heard_row([span.words for span in self.heard])
        self.characters = len(row)
        self.anchors, self.clocks = self._read(row)
        anchors, clocks = self._read(heard_row([backwards(span.words) for span in self.heard]))
        self.chance = _share(anchors, clocks[0], self.characters)

    def _read(self, row: CharacterRow) -> tuple[AnchoredCues, list[ClockFit]]:
        """Return the cues that were heard and the clocks that are not ruled out, likeliest first."""
        anchors = anchors_of(row, self.said, matched(row, self.said))
        clocks = [clock_of(anchors, self.times[:, 0], rate) for family in RATES for rate in family]
        clocks.sort(key=_price)
        return anchors, [clock for clock in clocks if clock.cost <= _price(clocks[0]) + _DOUBT]

    def _wanted(self, rest: Sequence[tuple[float, float]], enough: float) -> list[tuple[float, float]]:
        """Return the spans to hear next: inside a wide cut, or, where nothing is settled, the next ones."""
        if self.share >= enough:
            cut = self._cut()
            inside = [span for span in rest if cut and cut[0] < (span[0] + span[1]) / 2 < cut[1]]
            return sorted(inside, key=lambda span: abs(sum(span) - sum(cut or ())))[:1]
        settled = len(self.heard) >= _FOREIGN and self.found - self.chance < _NOTHING
        return [] if settled else list(rest[:_NEXT])

    def _cut(self) -> tuple[float, float] | None:
        """Return the audio times on both sides of the widest cut that is not yet narrow."""
        heard, offsets = self.anchors.heard[self.clock.near], self.clock.offsets[self.clock.near]
        gaps = np.where(np.abs(np.diff(offsets)) > _APART, np.diff(heard), 0.0)
        if not len(gaps) or gaps.max() <= _WIDE:
            return None
        widest = int(gaps.argmax())
        return float(heard[widest]), float(heard[widest + 1])


def _share(anchors: AnchoredCues, clock: ClockFit, characters: int) -> float:
    return float(anchors.characters[clock.near].sum()) / max(1, characters)


def _price(clock: ClockFit) -> float:
    return clock.cost + (_ODD_RATE if clock.rate != 1.0 else 0.0)
