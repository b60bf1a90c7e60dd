"""What listeners sent back: read, checked against the key, screened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audiorole.errors import InputError
from audiorole.evaluation.listening.design import HIDDEN, LOW, Key, Trial
from audiorole.evaluation.listening.page import seal_of

HIDDEN_LEAST, HIDDEN_SHARE = 90, 0.15
"""ITU-R BS.1534-3, sec. 4.1.2: out goes who rates the hidden reference below 90 in more than 15 % of the trials."""


class ListenerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a session file. answer: `a`, `b`, `tie`, 1–5, or code → 0–100."""

    trial: str
    kind: str
    answer: str | int | dict[str, int]
    seconds: float = 0.0
    plays: dict[str, int] = {}


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One listener's file, as the page saves it."""

    test: str
    seal: str
    listener: str
    block: int
    answers: tuple[ListenerAnswer, ...]
    started: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Vote:
    """One AB answer. outcome: 1 first won, 0 tie, -1 second won."""

    listener: str
    item: str
    first: str
    second: str
    outcome: int


@dataclass(frozen=True)
class Rating:
    """One rating of one stimulus: MOS (1–5) or MUSHRA (0–100)."""

    listener: str
    item: str
    system: str
    trial: str
    value: float


@dataclass(frozen=True)
class Answers:
    """The answers of the listeners who passed. excluded: listener → why not."""

    votes: tuple[Vote, ...]
    mos: tuple[Rating, ...]
    mushra: tuple[Rating, ...]
    listeners: tuple[str, ...]
    excluded: dict[str, str]


def read_key(path: Path) -> Key:
    """Return the key. Raises InputError for what is none."""
    key: Key = _decode(path, Key)
    return key


def read_sessions(paths: Iterable[Path], key: Key) -> list[Session]:
    """Return the sessions. Raises InputError for a file of another test, an unfinished one, or a listener twice."""
    sessions = [(path, _decode(path, Session)) for path in paths]
    seal, seen = seal_of(key), Counter(session.listener for _, session in sessions)
    for path, session in sessions:
        if session.seal != seal:
            raise InputError(str(path), "belongs to another test, or the key was changed after the page was made")
        if not 0 <= session.block < len(key.blocks) or len(session.answers) < len(key.blocks[session.block]):
            raise InputError(str(path), f"is not finished: {len(session.answers)} answers")
        if seen[session.listener] > 1:
            raise InputError(str(path), f"listener {session.listener!r} is there twice")
    return [session for _, session in sessions]


def open_answers(sessions: Sequence[Session], key: Key) -> Answers:
    """Return the answers with names for codes, without the listeners who fail a trap or the hidden reference."""
    excluded = {one.listener: reason for one in sessions if (reason := _why_not(one, key))}
    kept = [one for one in sessions if one.listener not in excluded]
    told = [(one.listener, answer, _trial(key, one, answer)) for one in kept for answer in one.answers]
    real = [(who, answer, trial) for who, answer, trial in told if trial.id not in key.traps]
    return Answers(
        votes=tuple(_vote(who, answer, trial, key) for who, answer, trial in real if trial.kind == "ab"),
        mos=tuple(
            _rating(who, trial, trial.stimuli[0], answer.answer, key)
            for who, answer, trial in real
            if trial.kind == "mos"
        ),
        mushra=tuple(
            _rating(who, trial, code, value, key)
            for who, answer, trial in real
            if trial.kind == "mushra" and isinstance(answer.answer, dict)
            for code, value in answer.answer.items()
        ),
        listeners=tuple(one.listener for one in kept),
        excluded=excluded,
    )


def _why_not(session: Session, key: Key) -> str:
    """Return why a listener is screened out, "" for one who passes."""
    for answer in session.answers:
        wanted = key.traps.get(answer.trial)
        if wanted not in (None, "tie") and _winner(answer, _trial(key, session, answer)) != wanted:
            return "took another voice for the character's real line"
    same = [answer.answer for answer in session.answers if key.traps.get(answer.trial) == "tie"]
    if same and all(answer != "tie" for answer in same):
        return "heard a difference between a clip and itself"
    hidden = _of_system(session, key, HIDDEN)
    if hidden and sum(value < HIDDEN_LEAST for value in hidden) > HIDDEN_SHARE * len(hidden):
        return "rated the hidden reference below 90 too often"
    return ""


def _of_system(session: Session, key: Key, system: str) -> list[int]:
    tables = [answer.answer for answer in session.answers if isinstance(answer.answer, dict)]
    return [value for table in tables for code, value in table.items() if key.codes[code].system == system]


def _trial(key: Key, session: Session, answer: ListenerAnswer) -> Trial:
    return next(trial for trial in key.blocks[session.block] if trial.id == answer.trial)


def _winner(answer: ListenerAnswer, trial: Trial) -> str:
    return {"a": trial.stimuli[0], "b": trial.stimuli[-1]}.get(str(answer.answer), "tie")


def _vote(listener: str, answer: ListenerAnswer, trial: Trial, key: Key) -> Vote:
    first, second = (key.codes[code] for code in trial.stimuli)
    return Vote(listener, first.item, first.system, second.system, {"a": 1, "b": -1}.get(str(answer.answer), 0))


def _rating(listener: str, trial: Trial, code: str, value: Any, key: Key) -> Rating:
    stimulus = key.codes[code]
    return Rating(listener, stimulus.item, stimulus.system, trial.id, float(value))


def _decode(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error})") from error
    except msgspec.DecodeError as error:
        raise InputError(str(path), f"not a {kind.__name__.lower()} file: {error}") from error


__all__ = ["HIDDEN", "LOW", "Answers", "Rating", "Session", "Vote", "open_answers", "read_key", "read_sessions"]
