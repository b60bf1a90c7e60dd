"""Simulated listeners with known tastes, to test the analysis and to plan how many real ones are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audiorole.evaluation.listening.bradley_terry import outcome_probabilities
from audiorole.evaluation.listening.design import HIDDEN, LOW, TRAP_SAME, TRAP_VOICE, Key, Trial
from audiorole.evaluation.listening.page import seal_of
from audiorole.evaluation.listening.sessions import ListenerAnswer, Session


@dataclass(frozen=True)
class SimulatedListener:
    """How one simulated person answers.

    strengths: system → log-odds strength, the truth; taste: SD of the person's own shift per system; log_tie: how
    readily they call a tie; careless: probability of answering at random.
    """

    strengths: Mapping[str, float]
    taste: float = 0.3
    log_tie: float = -0.5
    careless: float = 0.0


def simulated_session(key: Key, person: SimulatedListener, name: str, block: int, seed: int) -> Session:
    """Return the session file that `person` would save after `block`."""
    rng = np.random.default_rng(seed)
    own = {system: value + rng.normal(0, person.taste) for system, value in _scale(person).items()}
    answers = tuple(_answer(key, trial, own, person, rng) for trial in key.blocks[block])
    return Session(test=key.test, seal=seal_of(key), listener=name, block=block, answers=answers)


def _scale(person: SimulatedListener) -> dict[str, float]:
    """Return all strengths; real lines are far above, another voice far below whatever is tested."""
    top, bottom = max(person.strengths.values()), min(person.strengths.values())
    return {**person.strengths, HIDDEN: top + 4, TRAP_VOICE: top + 6, LOW: bottom - 4, TRAP_SAME: 0.0}


def _answer(
    key: Key, trial: Trial, own: Mapping[str, float], person: SimulatedListener, rng: np.random.Generator
) -> ListenerAnswer:
    strengths = np.array([own[key.codes[code].system] for code in trial.stimuli])
    if rng.random() < person.careless:
        strengths = rng.normal(0, 3, len(strengths))
    value: str | int | dict[str, int]
    if trial.kind == "ab":
        value = _choice(float(strengths[0] - strengths[1]), trial, key, person, rng)
    elif trial.kind == "mos":
        value = int(np.clip(round(3 + 0.8 * float(strengths[0]) + rng.normal(0, 0.7)), 1, 5))
    else:
        felt = 50 + 12 * strengths + rng.normal(0, 6, len(strengths))
        noisy = [
            97.0 if key.codes[code].system == HIDDEN else score for code, score in zip(trial.stimuli, felt, strict=True)
        ]
        value = {code: int(np.clip(score, 0, 100)) for code, score in zip(trial.stimuli, noisy, strict=True)}
    return ListenerAnswer(trial=trial.id, kind=trial.kind, answer=value)


def _choice(difference: float, trial: Trial, key: Key, person: SimulatedListener, rng: np.random.Generator) -> str:
    if key.traps.get(trial.id) == "tie" and rng.random() >= person.careless:
        return "tie"
    chances = [float(part) for part in outcome_probabilities(np.asarray(difference, dtype=np.float64), person.log_tie)]
    return str(rng.choice(["a", "tie", "b"], p=chances))
