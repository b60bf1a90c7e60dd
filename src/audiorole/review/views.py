"""What the page is told, as plain data: the state of the review, questions, pages of lines, one line whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiorole.naming.answers.decisions import Decision
from audiorole.naming.answers.log import random_answers, reviewers_conflicts
from audiorole.naming.answers.queue import reviewed_accuracy
from audiorole.review.progress import SoFar
from audiorole.review.progress import progress as progress_so_far
from audiorole.review.questions import CANDIDATES, Question, Questions
from audiorole.review.search import LineFilter
from audiorole.review.session import ReviewSession
from audiorole.types.plain import JsonObject

MOST_VOICES = 400
MOST_CHARACTERS = 2000
LAST_DECISIONS = 12
NEIGHBOURS = 3
"""Lines before and after one that is looked at."""


def whole_state(session: ReviewSession) -> JsonObject:
    """Return the state with the first questions, once all names are made."""
    session.live.wait()
    return {**state(session), "queue": [question(session, one) for one in session.ask(limit=session.limit)]}


def state(session: ReviewSession, who: str = "") -> JsonObject:
    """Return what the page's frame shows. who: whose decisions can be taken back."""
    log = session.standing.log
    right = random_answers(log)
    accuracy, low, high = reviewed_accuracy(np.array(right, bool))
    progress = progress_of(session)
    return {
        **changes(session),
        "series": session.name,
        "lines": len(session.lines),
        "who": who or session.who,
        "people": session.standing.people(),
        "agreement": session.standing.agreement(),
        "progress": progress,
        "expected": progress["expected"],
        "random": {"of": len(right), "share": accuracy, "low": low, "high": high},
        "names": sorted(session.known().characters),
        "characters": characters(session),
        "voices": voices(session),
        "episodes": episodes(session),
        "conflicts": [str(conflict) for conflict in reviewers_conflicts(log)],
        "log": [decision_words(decision) for decision in reversed(log[-LAST_DECISIONS:])],
    }


def changes(session: ReviewSession) -> JsonObject:
    """Return what a page asks for again and again: whether anything is new."""
    error = session.live.error
    return {
        "version": session.version,
        "decisions": len(session.standing.log),
        "busy": session.live.busy,
        "error": str(error) if error else "",
    }


def progress_of(session: ReviewSession) -> JsonObject:
    """Return hours settled and questions to go."""
    lines, state = session.lines, session.standing.identities
    seconds = lines.seconds
    named = np.array([voice in state.character for voice in lines.names.voices], bool)
    return progress_so_far(
        SoFar(
            seconds=seconds,
            probability=lines.names.probability,
            decided=session.decided,
            voiced=named[lines.names.voice],
            voice_seconds=np.bincount(lines.names.voice, weights=seconds)[1:].tolist(),
            asked=session.standing.answers(),
            drawn=session.standing.drawn(),
            open_cast=session.open_cast,
        )
    )


def decision_words(decision: Decision) -> JsonObject:
    """Return a decision for a list of them."""
    return {
        "id": decision.id,
        "kind": decision.kind,
        "subject": decision.subject,
        "value": decision.value,
        "span": list(decision.span) if decision.span else None,
        "who": decision.who,
        "at": decision.at,
    }


def characters(session: ReviewSession) -> list[JsonObject]:
    """Return the characters by seconds: lines, seconds, mean probability, lines that people named."""
    names = session.lines.names
    if not names.anybody:
        return []
    table = _totals(session, names.character, len(names.characters))
    found = [{"name": names.characters[code], **row} for code, row in table]
    return sorted(found, key=lambda row: (-float(row["seconds"]), str(row["name"])))[:MOST_CHARACTERS]


def voices(session: ReviewSession) -> list[JsonObject]:
    """Return the voices by seconds, with what they are called."""
    names, state = session.lines.names, session.standing.identities
    found = []
    for code, row in _totals(session, names.voice, len(names.voices)):
        voice = names.voices[code]
        called = state.character_name(state.character[voice]) if voice in state.character else None
        if voice and voice not in state.voice:
            found.append({"voice": voice, "character": called, **row})
    return sorted(found, key=lambda row: (-float(row["seconds"]), str(row["voice"])))[:MOST_VOICES]


def _totals(session: ReviewSession, codes: np.ndarray, count: int) -> list[tuple[int, JsonObject]]:
    """Return, for each code that occurs, what its lines come to."""
    lines = session.lines
    seconds = lines.seconds
    number = np.bincount(codes, minlength=count)
    length = np.bincount(codes, weights=seconds, minlength=count)
    sure = np.bincount(codes, weights=seconds * lines.names.probability, minlength=count)
    decided = np.bincount(codes, weights=session.decided, minlength=count)
    return [
        (code, {
            "lines": int(number[code]), "seconds": round(float(length[code]), 1),
            "probability": round(float(sure[code] / max(length[code], 1e-9)), 3), "decided": int(decided[code]),
        })
        for code in np.flatnonzero(number).tolist()
    ]  # fmt: skip


def episodes(session: ReviewSession) -> list[JsonObject]:
    """Return the episodes with their lines and how sure these are."""
    lines = session.lines
    sums = np.concatenate([[0.0], np.cumsum(lines.names.probability, dtype=np.float64)])
    share = (sums[lines.edges[1:]] - sums[lines.edges[:-1]]) / np.maximum(np.diff(lines.edges), 1)
    return [
        {
            "id": episode, "lines": int(lines.edges[at + 1] - lines.edges[at]),
            "seconds": round(session.episodes[episode].duration, 1), "probability": round(float(share[at]), 3),
            "video": session.episodes[episode].has_video,
        }
        for at, episode in enumerate(lines.episodes)
    ]  # fmt: skip


def question(session: ReviewSession, asked: Question) -> JsonObject:
    """Return a question with its lines and likely names."""
    assert session.questions is not None
    item, rows = asked.item, asked.rows
    return {
        "key": asked.key,
        "kind": item.kind,
        "named": item.named,
        "subject": item.subject or session.lines.id_of(item.line),
        "gain": round(item.gain, 1),
        "count": session.questions.members(item.subject) if item.kind == "voice" else 1,
        "candidates": candidates(session.questions, asked),
        "lines": [line(session, row) for row in rows],
    }


def candidates(questions: Questions, asked: Question) -> list[JsonObject]:
    """Return the likely names of a question; of a voice that is checked, its name comes first."""
    found, named = questions.candidates(asked.rows), asked.item.named
    if not named:
        return found
    own: JsonObject = next((one for one in found if one["name"] == named), {"name": named, "probability": 0.0})
    return [own, *(one for one in found if one["name"] != named)][:CANDIDATES]


def page_of_lines(session: ReviewSession, wanted: LineFilter, first: int, count: int) -> JsonObject:
    """Return lines of a list from place `first` on."""
    search = session.search(wanted)
    with session.lock:
        rows, total = search.page(first, count)
        return {
            "total": total, "complete": search.complete, "first": first, "version": session.version,
            "rows": [row_of(session, row) for row in rows],
        }  # fmt: skip


def place_in_list(session: ReviewSession, wanted: LineFilter, line_id: str) -> int:
    """Return the place of a line in a list, -1 where it is not there."""
    return session.search(wanted).place_of(session.lines.row_of(line_id))


def row_of(session: ReviewSession, row: int) -> JsonObject:
    """Return a line as lists show it."""
    lines = session.lines
    correction = lines.correction_of(row)
    start, end = lines.bounds_of(row)
    name = lines.id_of(row)
    return {
        "id": name,
        "start": round(start, 3),
        "end": round(end, 3),
        "text": lines.text_of(row),
        "character": lines.character_of(row) if lines.names.anybody or row >= lines.built else None,
        "probability": round(lines.probability_of(row), 3),
        "voice": lines.voice_of(row),
        "overlap": round(lines.overlaps(row), 2),
        "tier": lines.tier_of(row),
        "decided": name in session.standing.identities.label or name in session.standing.identities.added,
        "corrected": bool(correction),
        "added": bool(correction and correction.added),
        "removed": bool(correction and correction.removed),
    }


def line(session: ReviewSession, row: int) -> JsonObject:
    """Return a line whole: with its neighbours, its likely names, the evidence, and what was decided about it."""
    lines, questions = session.lines, session.questions
    shown = row_of(session, row)
    ranked = questions if row < lines.built else None
    episode = session.episodes[lines.episodes[lines.episode_of(row)]]
    return {
        **shown,
        "built": {"text": lines.built_text(row), "start": float(lines.start[row]), "end": float(lines.end[row])}
        if row < lines.built
        else None,
        "episode": episode.id,
        "length": episode.duration,
        "video": episode.has_video,
        "faces": ranked.faces(row) if ranked else [],
        "candidates": ranked.candidates([row]) if ranked else [],
        "ledger": list(ranked.ledger(row)) if ranked else [],
        "around": [row_of(session, near) for near in _around(session, row)],
        "decisions": [decision_words(decision) for decision in session.standing.of_line(str(shown["id"]))],
    }


def _around(session: ReviewSession, row: int) -> Sequence[int]:
    """Return the rows near a line in its episode, itself among them, in their order."""
    before, after, at = [row], [row], row
    for _ in range(NEIGHBOURS):
        if (at := session.lines.around(before[0])[0]) < 0:
            break
        before.insert(0, at)
    for _ in range(NEIGHBOURS):
        if (at := session.lines.around(after[-1])[1]) < 0:
            break
        after.append(at)
    return [*before, *after[1:]]
