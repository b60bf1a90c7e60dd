"""What is said of a label precision that the data does not support."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.result.label_report import dial_sentences
from audiorole.naming.answers.checked import Checked
from audiorole.naming.answers.dial import DialReport, fit_dial


def dial(probability: float, target: float, known: int = 0) -> DialReport:
    """Return the dial of 2,000 lines of about one probability, `known` of them checked and all right."""
    spread = np.random.default_rng(0).normal(0, 0.01, 2000)
    chances = np.clip(probability + spread, 0.01, 0.99).astype(np.float32)
    line = np.arange(known)
    checked = Checked(line, chances[line], np.ones(known, bool), np.zeros(known, np.int32), line, np.ones(known, bool))
    return fit_dial(chances, np.full(2000, 1.5, np.float32), target, checked if known else None)


@pytest.mark.parametrize(("probability", "offer"), [(0.93, "0.9"), (0.83, "0.8"), (0.66, "0.6")])
def test_a_precision_out_of_reach_is_said_with_the_one_that_can_be_promised(probability: float, offer: str) -> None:
    found = list(dial_sentences("show", dial(probability, 0.98)))
    assert "cannot be promised" in found[0]
    assert f"--label-precision {offer} can be" in found[0]


def test_where_nothing_can_be_promised_nothing_is_offered() -> None:
    assert "no lower one can be" in next(iter(dial_sentences("show", dial(0.2, 0.9))))


def test_what_was_not_checked_is_said() -> None:
    found = list(dial_sentences("show", dial(0.97, 0.95)))
    assert len(found) == 1
    assert "no name of this series could be checked" in found[0]


def test_a_promise_that_was_checked_and_holds_needs_no_sentence() -> None:
    assert list(dial_sentences("show", dial(0.97, 0.95, known=60))) == []
