"""From nothing: how many of a person's answers make how many names right, end to end from audio and subtitles.

    python -m benchmarks.naming.decisions --data FOLDER --out J.json [--work DIR] [--answers 200] [--set …]

FOLDER holds episodes with `<episode>.json` truth. The series is built without any name: those of the subtitles are not
used, there are no scripts and no clips. Then a person is played who answers the first question of the review queue,
again and again. Of a line they say the name. Of a voice they tick the lines that are not the first one's speaker, and
say the name if these are at most two of the five that are played, as one does on the page; of a voice that has a name
already they tick those that are not that person's. Beside the queue (`queue`),
the same person names lines drawn at random (`random lines`). Scored are the lines that no answer names by itself.
Figures on even episodes were used to choose settings; those on odd episodes are the ones to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audiorole.core.config import with_settings
from audiorole.core.progress import PlainProgress
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.input.cast import name_key
from audiorole.dataset.names.series import NamedSeries
from audiorole.naming.answers.queue import ReviewItem
from audiorole.review.checks.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.review.views import whole_state
from audiorole.runners.local import local_runner
from benchmarks.series_truth import Truth, link_series, matched, read_rows, read_truth, share

NOTHING = ("name.use_cues=false",)
STEPS = (1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400)
IOU = 0.5

FEW = 2
"""Lines of another speaker among those played for a voice, up to which a person still says its name."""

Named = dict[str, str]


class Review(Protocol):
    """What a person is asked from: a `ReviewSession`, or a pack (`pack_review.py`)."""

    @property
    def series(self) -> NamedSeries: ...
    def queue(self) -> list[ReviewItem]: ...
    def heard(self, item: ReviewItem) -> list[int]: ...


Chooser = Callable[[ReviewSession, set[str]], tuple[ReviewItem, list[int]] | None]


def main() -> None:
    parser = questions_parser(__doc__ or "", answers=200)
    parser.add_argument("--ways", nargs="+", choices=("queue", "random lines"), default=["queue", "random lines"])
    written(parser.parse_args(), run)


def questions_parser(description: str, answers: int) -> argparse.ArgumentParser:
    """Return what every benchmark of a person's answers asks for. answers: how many are given unless one says so."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep the build here, to resume")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--answers", type=int, default=answers)
    parser.add_argument("--set", dest="settings", nargs="*", default=[])
    return parser


def written(arguments: argparse.Namespace, run: Callable[[argparse.Namespace, Path], dict[str, Any]]) -> None:
    """Run in the folder that is kept, or in one that goes; write what comes back as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, arguments.work or Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def build_nameless(arguments: argparse.Namespace, work: Path) -> tuple[Truth, Path]:
    """Build the series without any name, and without earlier answers; return the truth and the build."""
    truth, out = read_truth(arguments.data), work / "out"
    link_series(truth, work / "media")
    (out / "decisions.jsonl").unlink(missing_ok=True)
    settings = with_settings({}, [*NOTHING, *arguments.settings])
    build(
        BuildOptions(work / "media", out, settings), local_runner(arguments.workers), PlainProgress(lambda text: None)
    )
    return truth, out


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth, out = build_nameless(arguments, work)
    speakers = true_speakers(truth, out / "dataset")
    results = {}
    for name, choose in (("queue", from_queue), ("random lines", at_random)):
        if name not in arguments.ways:
            continue
        results[name] = curve(truth, out, speakers, choose, arguments.answers)
        show(name, results[name])
    return results


def true_speakers(truth: Truth, dataset: Path) -> Named:
    """Return the true character of every built line that is a line of the truth."""
    rows = read_rows(dataset)
    found = [match for episode in truth.lines for match in matched(truth.lines[episode], rows[episode])]
    return {match.row["id"]: match.true.character for match in found if match.iou >= IOU and match.true.character}


def curve(truth: Truth, out: Path, speakers: Named, choose: Chooser, answers: int) -> dict[str, Any]:
    """Return the scores after so many answers, and the seconds that naming took after each."""
    (out / "decisions.jsonl").unlink(missing_ok=True)
    session, skipped, points, seconds = ReviewSession(out), set[str](), [], list[float]()
    for number in range(1, answers + 1):
        asked = next_answer(session, speakers, choose, skipped)
        if not asked:
            break
        before = time.perf_counter()
        for decision in asked:
            session.decide(decision)
        seconds.append(time.perf_counter() - before)
        if number in STEPS:
            points.append({"answers": number, "skipped": len(skipped), **score(truth, session, speakers)})
    random = whole_state(session)["random"]
    (out / "decisions.jsonl").unlink(missing_ok=True)
    return {"points": points, "seconds": {"median": float(np.median(seconds)), "most": max(seconds)}, "random": random}


def next_answer(session: ReviewSession, speakers: Named, choose: Chooser, skipped: set[str]) -> list[Answer]:
    """Return the answer to the next question that the person can answer, empty where there is none."""
    while chosen := choose(session, skipped):
        if asked := answered(session, speakers, chosen):
            return asked
        skipped.add(key(session, chosen[0]))
    return []


def key(session: Review, item: ReviewItem) -> str:
    return f"{item.kind} {item.subject or session.series.ids[item.line]}"


def from_queue(session: Review, skipped: set[str]) -> tuple[ReviewItem, list[int]] | None:
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


def answered(session: Review, speakers: Named, chosen: tuple[ReviewItem, list[int]]) -> list[Answer]:
    """Return what a person who knows the series says, nothing for Skip."""
    item, ids = chosen[0], [session.series.ids[row] for row in chosen[1]]
    name = item.named or next((speakers[line] for line in ids if line in speakers), "")
    if not name:
        return []
    if item.kind != "voice":
        return [Answer("label_line", ids[0], name, random=item.kind == "random", new=True)]
    others = tuple(line for line in ids if name_key(speakers.get(line, name)) != name_key(name))
    same = tuple(line for line in ids if line not in others)
    split = Answer("split_voice", item.subject, free_voice(session, item.subject), others, kept=same)
    named = Answer("name_voice", item.subject, name, same, new=True)
    return [*([split] if others else []), *([named] if same and (item.named or len(others) <= FEW) else [])]


def free_voice(session: Review, voice: str) -> str:
    """Return a voice that there is not yet."""
    taken = set(session.series.voices)
    return next(found for number in range(2, 1000) if (found := f"{voice}-{number}") not in taken)


def score(truth: Truth, session: ReviewSession, speakers: Named) -> dict[str, Any]:
    """Return the share of right names by part, over lines that no answer names by itself."""
    answer, log = session.series.answer, [json.loads(decision) for decision in _log(session)]
    told = {line for d in log for line in (d["subject"], *d.get("lines", []), *d.get("kept", []))}
    assert answer is not None
    right: dict[str, list[bool]] = {"even": [], "odd": []}
    for row, line in enumerate(session.series.ids):
        if line in speakers and line not in told:
            part = ("even", "odd")[truth.number(line.rpartition("/")[0]) % 2]
            said = answer.names[int(answer.named.character[row])]
            right[part].append(name_key(said) == name_key(speakers[line]))
    return {part: share(sum(values), len(values)) for part, values in right.items()}


def show(name: str, result: dict[str, Any]) -> None:
    print(f"\n== {name}: lines of odd episodes named rightly after so many answers")
    for point in result["points"]:
        odd = point["odd"]
        print(f"  {point['answers']:>4}  {odd['value']:.3f} [{odd['low']:.3f}, {odd['high']:.3f}]", end="")
        print(f"   (even {point['even']['value']:.3f}; skipped {point['skipped']})")
    seconds, random = result["seconds"], result["random"]
    print(f"  naming anew after an answer: median {seconds['median']:.2f} s, at most {seconds['most']:.2f} s")
    if random["of"]:
        print(f"  random lines on the way: {random['share']:.3f} [{random['low']:.3f}, {random['high']:.3f}]", end="")
        print(f" of {random['of']} named rightly before they were asked", flush=True)


if __name__ == "__main__":
    main()
