"""What an evaluation found, as one file: `results.json`. The report and `compare` read nothing else."""

from __future__ import annotations

from pathlib import Path

import msgspec

from audiorole.errors import InputError
from audiorole.evaluation.gates.calibrate import Calibration
from audiorole.evaluation.results.checks import Check
from audiorole.evaluation.results.encoder_card import EncoderCard
from audiorole.evaluation.results.totals import MetricResult
from audiorole.evaluation.run.judging import JudgeResult
from audiorole.evaluation.statistics import Comparison, Flip, PowerAdvice
from audiorole.pipeline.store import write_atomic
from audiorole.types import Record

RESULTS = "results.json"


class SystemResult(Record, frozen=True):
    """One system. statuses: rows by status; gate_rates: share of rows by gate, waived ones too.

    shuffled_cp_auc: the probe, replies against other items of the same character: 0.5 unless something leaks.
    """

    name: str
    reference: str
    anchor: bool
    rows: int
    statuses: dict[str, int]
    gate_rates: dict[str, float]
    metrics: dict[str, MetricResult]
    shuffled_cp_auc: float | None = None


class CastNote(Record, frozen=True):
    """One role of the suite. actor: named by the cast: a public encoder may have been trained on a public person."""

    character: str
    items: int
    enrolment_lines: int
    gender: str
    impostors: int
    impostors_same_gender: bool
    separable: bool
    actor: str = ""


class Results(Record, frozen=True):
    """Everything an evaluation found. signature: what two results must share to be compared.

    left_out: why lines did not become items; off: gates and metrics without a model → the model that each would need.
    """

    signature: str
    suite: str
    dataset: str
    models: dict[str, str]
    cast: tuple[CastNote, ...]
    calibration: Calibration
    encoders: tuple[EncoderCard, ...]
    systems: tuple[SystemResult, ...]
    comparisons: tuple[Comparison, ...]
    checks: tuple[Check, ...]
    flips: tuple[Flip, ...] = ()
    advice: tuple[PowerAdvice, ...] = ()
    judge: JudgeResult | None = None
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    off: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every metric ordered the anchors rightly and every gate caught what it is for."""
        return all(check.passed for check in self.checks)

    def write(self, folder: Path) -> None:
        """Write `results.json`."""
        data = msgspec.json.format(msgspec.json.encode(self), indent=1)
        write_atomic(folder / RESULTS, data + b"\n")


def read_results(folder: Path) -> Results:
    """Return the results in `folder`. Raises InputError where there are none."""
    path = folder / RESULTS
    try:
        return msgspec.json.decode(path.read_bytes(), type=Results)
    except OSError as error:
        raise InputError(str(folder), f"holds no {RESULTS}; run 'audiorole evaluate' first") from error
    except msgspec.DecodeError as error:
        raise InputError(str(path), f"not the results of this version of audiorole: {error}") from error


def summed_up(folder: Path) -> frozenset[str]:
    """Return the systems whose rows in `folder` are all there and added up; none where no run was finished."""
    try:
        return frozenset(one.name for one in read_results(folder).systems)
    except InputError:
        return frozenset()
