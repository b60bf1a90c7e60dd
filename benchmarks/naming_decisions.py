"""From nothing: how many of a person's decisions make how many names right, end to end from audio and subtitles.

    python benchmarks/naming_decisions.py --data FOLDER --out J.json [--work DIR] [--decisions 200] [--set …]

FOLDER holds episodes with `<episode>.json` truth. The series is built without any name: those of the subtitles are not
used, there are no scripts and no clips. Then a person is played who answers the first question of the review queue,
again and again: the name most of the lines that are played belong to, if more than half do, else Skip. Beside the queue
(`queue`), the same person names lines drawn at random (`random lines`). Scored are the lines that no answer names by
itself. Figures on even episodes were used to choose settings; those on odd episodes are the ones to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.core.config import with_settings
from audiorole.core.progress import PlainProgress
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.cast import name_key
from audiorole.naming.review import ReviewItem
from audiorole.review.session import Asked, ReviewSession
from audiorole.runners.local import local_runner
from series_truth import Truth, link_series, matched, read_rows, read_truth, wilson

NOTHING = ("name.use_cues=false",)
STEPS = (1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400)
IOU = 0.5

Named = dict[str, str]
Chooser = Callable[[ReviewSession, set[str]], tuple[ReviewItem, list[int]] | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep the build here, to resume")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--decisions", type=int, default=200)
    parser.add_argument("--set", dest="settings", nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, arguments.work or Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth, out = read_truth(arguments.data), work / "out"
    link_series(truth, work / "media")
    (out / "decisions.jsonl").unlink(missing_ok=True)
    settings = with_settings({}, [*NOTHING, *arguments.settings])
    build(
        BuildOptions(work / "media", out, settings), local_runner(arguments.workers), PlainProgress(lambda text: None)
    )
    speakers = true_speakers(truth, out / "dataset")
    results = {}
    for name, choose in (("queue", from_queue), ("random lines", at_random)):
        results[name] = curve(truth, out, speakers, choose, arguments.decisions)
        show(name, results[name])
    return results


def true_speakers(truth: Truth, dataset: Path) -> Named:
    """Return the true character of every built line that is a line of the truth."""
    rows = read_rows(dataset)
    found = [match for episode in truth.lines for match in matched(truth.lines[episode], rows[episode])]
    return {match.row["id"]: match.true.character for match in found if match.iou >= IOU and match.true.character}


def curve(truth: Truth, out: Path, speakers: Named, choose: Chooser, decisions: int) -> dict[str, Any]:
    """Return the scores after so many answers, and the seconds that naming took after each."""
    (out / "decisions.jsonl").unlink(missing_ok=True)
    session, skipped, points, seconds = ReviewSession(out), set[str](), [], list[float]()
    for answered in range(1, decisions + 1):
        chosen = choose(session, skipped)
        answer = answered_by(session, speakers, chosen) if chosen else None
        while chosen and answer is None:
            skipped.add(key(session, chosen[0]))
            chosen = choose(session, skipped)
            answer = answered_by(session, speakers, chosen) if chosen else None
        if answer is None:
            break
        before = time.perf_counter()
        session.decide(answer)
        seconds.append(time.perf_counter() - before)
        if answered in STEPS:
            points.append({"decisions": answered, "skipped": len(skipped), **score(truth, session, speakers)})
    share = session.state()["random"]
    (out / "decisions.jsonl").unlink(missing_ok=True)
    return {
        "points": points,
        "seconds_a_decision": {"median": float(np.median(seconds)), "most": max(seconds)},
        "random": share,
    }


def key(session: ReviewSession, item: ReviewItem) -> str:
    return f"{item.kind} {item.subject or session.series.ids[item.line]}"


def from_queue(session: ReviewSession, skipped: set[str]) -> tuple[ReviewItem, list[int]] | None:
    """Return the first question that was not skipped, with the lines that are played for it."""
    item = next((one for one in session.queue() if key(session, one) not in skipped), None)
    return (item, session.heard(item)) if item else None


def at_random(session: ReviewSession, skipped: set[str]) -> tuple[ReviewItem, list[int]] | None:
    """Return the next line of a fixed random order."""
    decided = {d["subject"] for d in map(json.loads, _log(session))}
    for line in np.random.default_rng(0).permutation(len(session.series.ids)).tolist():
        item = ReviewItem("line", line, 0.0)
        if session.series.ids[line] not in decided and key(session, item) not in skipped:
            return item, [line]
    return None


def _log(session: ReviewSession) -> list[str]:
    path = session.out / "decisions.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def answered_by(session: ReviewSession, speakers: Named, chosen: tuple[ReviewItem, list[int]]) -> Asked | None:
    """Return what a person who knows the series says, None for Skip."""
    item, rows = chosen
    names = Counter(speakers.get(session.series.ids[row], "") for row in rows)
    name, times = names.most_common(1)[0]
    if not name or 2 * times <= len(rows):
        return None
    if item.kind == "voice":
        return Asked("name_voice", item.subject, name)
    return Asked("label_line", session.series.ids[item.line], name, random=item.kind == "random")


def score(truth: Truth, session: ReviewSession, speakers: Named) -> dict[str, Any]:
    """Return the share of right names by part, over lines that no answer names by itself."""
    answer, told = session.series.answer, {d["subject"] for d in map(json.loads, _log(session))}
    assert answer is not None
    right: dict[str, list[bool]] = {"even": [], "odd": []}
    for row, line in enumerate(session.series.ids):
        if line in speakers and line not in told:
            part = ("even", "odd")[truth.number(session.records[line].episode) % 2]
            said = answer.names[int(answer.named.character[row])]
            right[part].append(name_key(said) == name_key(speakers[line]))
    return {part: share(values) for part, values in right.items()}


def share(right: list[bool]) -> dict[str, Any]:
    low, high = wilson(sum(right), len(right))
    return {"value": sum(right) / max(1, len(right)), "low": low, "high": high, "of": len(right)}


def show(name: str, result: dict[str, Any]) -> None:
    print(f"\n== {name}: lines of odd episodes named rightly after so many decisions")
    for point in result["points"]:
        odd = point["odd"]
        print(f"  {point['decisions']:>4}  {odd['value']:.3f} [{odd['low']:.3f}, {odd['high']:.3f}]", end="")
        print(f"   (even {point['even']['value']:.3f}; skipped {point['skipped']})")
    seconds, random = result["seconds_a_decision"], result["random"]
    print(f"  naming anew after a decision: median {seconds['median']:.2f} s, at most {seconds['most']:.2f} s")
    if random["of"]:
        print(f"  random lines on the way: {random['share']:.3f} [{random['low']:.3f}, {random['high']:.3f}]", end="")
        print(f" of {random['of']} named rightly before they were asked", flush=True)


if __name__ == "__main__":
    main()
