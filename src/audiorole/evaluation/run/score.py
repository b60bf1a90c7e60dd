"""One row: gates, then metrics. What is computed here depends on the reply's samples and text alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.gates import ClosedGate, GateLimits, open_gates
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.metrics.base import Metric, Response, Score
from audiorole.evaluation.run.records import GATED, OK, ReplyNote, Row
from audiorole.evaluation.systems.base import Waveform
from audiorole.types import Dialogue

NO_REPLY = "no_reply"
"""Reason of every score of a row without a reply to hear."""

DECIMALS = 6
"""Rows are rounded: the last bits of a float are the machine's, not the reply's."""


@dataclass(frozen=True)
class Scorer:
    """What turns a reply into a row."""

    gallery: Gallery
    listener: Listener
    limits: GateLimits
    metrics: Mapping[str, Metric]

    def row(
        self, item: Dialogue, seed: int, note: ReplyNote, audio: Waveform, waives: frozenset[str] = frozenset()
    ) -> Row:
        """Return the row of one reply. audio: float32 mono 16 kHz, empty where there is none."""
        row = Row(item.id, seed, item.target.character, item.episode, note.status, note.detail, text=note.text)
        if note.status != OK:
            return msgspec.structs.replace(row, scores=self._unscored(item))
        response = Response(self.listener.hear(audio), note.text)
        findings = open_gates(item, response, self.gallery, self.limits)
        closed = [finding.gate for finding in findings if finding.gate not in waives]
        return msgspec.structs.replace(
            row,
            status=f"{GATED}{closed[0]}" if closed else OK,
            duration=round(response.clip.duration, 3),
            heard="" if _too_long(findings) else response.clip.transcript.text,
            gates=tuple(findings),
            scores=self._unscored(item) if _too_long(findings) else self._scores(item, response),
        )

    def _unscored(self, item: Dialogue) -> dict[str, Score]:
        """Return what an item without a reply counts for in each metric."""
        return {name: Score(reason=NO_REPLY, weight=metric.weight(item)) for name, metric in self.metrics.items()}

    def _scores(self, item: Dialogue, response: Response) -> dict[str, Score]:
        return {name: _rounded(metric.score(item, response)) for name, metric in self.metrics.items()}


def _too_long(findings: list[ClosedGate]) -> bool:
    """Return whether the reply is so long that hearing all of it would let one system stall the run."""
    return any(finding.gate == "over_long" for finding in findings)


def _rounded(score: Score) -> Score:
    components = {name: round(float(part), DECIMALS) for name, part in score.components.items()}
    value = None if score.value is None else round(float(score.value), DECIMALS)
    return msgspec.structs.replace(score, value=value, components=components)
