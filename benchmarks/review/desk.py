"""The review desk in a browser: how many answers, and how many seconds of the page's own work, until names are right.

    python -m benchmarks.review.desk --data FOLDER --out J.json [--work DIR] [--answers 400] [--set …]

FOLDER holds episodes with `<episode>.json` truth. The series is built without any name: those of the subtitles are not
used, there are no scripts and no clips. Somebody who knows the truth answers the page's questions by keyboard alone
(`tests/review/person.py`), in headless Chromium: of a line they say the name, of a voice they tick the lines of others.
Names follow while they listen to the next question. Printed are the answers after which 90, 95 and 98 % of all lines
with a true speaker, and of those that no answer names by itself, have the right name, and how long the page worked:
from the last key of an answer until the next question is on the screen with its sound.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.dataset.input.cast import name_key
from audiorole.review.session import ReviewSession
from audiorole.review.views import progress_of
from benchmarks.naming.decisions import Named, build_nameless, questions_parser, true_speakers, written
from tests.chromium import Chromium
from tests.review.conftest import Hands, served
from tests.review.person import KnowingPerson

GOALS = (0.90, 0.95, 0.98)
EVERY = 5
"""Answers between two looks at the names."""


def main() -> None:
    written(questions_parser(__doc__ or "", answers=400).parse_args(), run)


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth, out = build_nameless(arguments, work)
    session = ReviewSession(out, who="somebody who knows")
    with served(session) as url, Chromium(url) as browser:
        results = answered(session, Hands(browser), true_speakers(truth, out / "dataset"), arguments.answers)
    (out / "decisions.jsonl").unlink(missing_ok=True)
    return results


def answered(session: ReviewSession, hands: Hands, speakers: Named, answers: int) -> dict[str, Any]:
    """Answer the page's questions; print and return what became right when."""
    hands.wait("desk.view.item")
    person, points = KnowingPerson(hands, speakers), []
    while len(person.seconds) < answers and person.answer():
        if len(person.seconds) % EVERY == 0:
            points.append(look(session, person))
            if points[-1]["untold"] >= GOALS[-1] and points[-1]["all"] >= GOALS[-1]:
                break
    show(points)
    return {"points": points, "seconds": person.seconds, "lines": len(speakers)}


def look(session: ReviewSession, person: KnowingPerson) -> dict[str, Any]:
    """Return how right the names are now."""
    names, log = session.names(), session.standing.stands
    told = {line for one in log for line in (one.subject, *one.lines, *one.kept)}
    right = {line: name_key(names[line][0]) == name_key(name) for line, name in person.truth.items()}
    untold = [value for line, value in right.items() if line not in told]
    progress = progress_of(session)
    return {
        "answers": len(person.seconds) - person.skipped,
        "skipped": person.skipped,
        "keys": person.keys,
        "page_seconds": sum(person.seconds),
        "all": float(np.mean(list(right.values()))),
        "untold": float(np.mean(untold)),
        "expected": progress["expected"],
        "questions_left": progress["questions"],
    }


def show(points: list[dict[str, Any]]) -> None:
    for part, text in (("all", "of all lines"), ("untold", "of lines that no answer names")):
        for goal in GOALS:
            found = next((point for point in points if point[part] >= goal), None)
            if found:
                print(
                    f"{goal:.0%} {text}: {found['answers']} answers, {found['keys']} keys, "
                    f"{found['page_seconds']:.1f} s of page work", flush=True,
                )  # fmt: skip
            else:
                print(f"{goal:.0%} {text}: not reached with {points[-1]['answers']} answers ({points[-1][part]:.1%})")
    for point in points[:: max(1, len(points) // 12)]:
        print("  {answers:>4} answers: {all:.1%} of all, {untold:.1%} of the others; the page expected {expected:.1%} "
              "and about {questions_left} more to 95 %".format(**point))  # fmt: skip


if __name__ == "__main__":
    main()
