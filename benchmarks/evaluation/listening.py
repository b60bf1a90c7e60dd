"""A listening test of a real evaluation: one whole session clicked through in Chromium, more simulated, all analysed.

    python -m benchmarks.evaluation.listening DATASET EVALUATION [--listeners 24] [--out FOLDER]

EVALUATION: what `audiorole evaluate DATASET` wrote, with two systems under test or more. A robot plays every clip of
the first block to its end and answers by the buttons; the other listeners are simulated. All share one taste that is
made up here, the systems half a logit apart in an arbitrary order. Exits 1 where the analysis does not find that order.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import msgspec

from audiorole.evaluation.items import build_items, draw_order
from audiorole.evaluation.listening.analyse import analyse
from audiorole.evaluation.listening.design import Key, Plan
from audiorole.evaluation.listening.page import make_test, write_test
from audiorole.evaluation.listening.simulate import SimulatedListener, simulated_session
from audiorole.evaluation.listening.stimuli import reply_sounds, shared_items
from audiorole.evaluation.published import open_published
from audiorole.evaluation.results.results import read_results
from audiorole.evaluation.run.files import read_suite
from tests.chromium import Chromium
from tests.evaluation.listening.test_page import CLICK_THROUGH

STEP = 0.5
BESIDE = {"hidden_reference": 100, "low_anchor": 2, "trap_voice": 99, "trap_same": 50, "reference": 0}
"""What the robot thinks of what stands beside the systems, from 0 to 100."""


def main() -> None:
    """Make, click, simulate, analyse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("--listeners", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path("listening"))
    arguments = parser.parse_args()
    key = make(arguments.dataset, arguments.evaluation, arguments.out)
    truth = sorted(key.systems, key=lambda name: draw_order(21, name))
    strengths = {name: STEP * (len(truth) - 1 - at) for at, name in enumerate(truth)}
    sessions = [clicked(key, strengths, arguments.out)]
    for number in range(1, arguments.listeners):
        person = SimulatedListener(strengths)
        session = simulated_session(key, person, f"person {number}", number % len(key.blocks), number)
        sessions.append(arguments.out / f"person-{number}.json")
        sessions[-1].write_bytes(msgspec.json.encode(session))
    found = analyse(arguments.out / "key.json", sessions, read_results(arguments.evaluation), arguments.evaluation)
    ranking = [one.system for one in found.strengths]
    print(f"{found.listeners} listeners, {found.votes} votes, left out: {found.excluded or 'nobody'}")
    for one in found.strengths:
        span = f"({one.low:+.2f} … {one.high:+.2f})"
        print(f"  {one.system:16s} {one.value:+.2f} {span}, truth {strengths[one.system]:+.2f}")
    for mean in (*found.mos, *found.mushra):
        print(f"  {mean.system:16s} {mean.mean:.2f} ({mean.low:.2f} … {mean.high:.2f})")
    print(f"the ranking {' > '.join(ranking)} is {'the true one' if ranking == truth else 'NOT ' + ' > '.join(truth)}")
    sys.exit(0 if ranking == truth else 1)


def make(dataset: Path, evaluation: Path, out: Path) -> Key:
    """Write the page and the key of a test over all systems under test and the gold line; return the key."""
    corpus, results = open_published(dataset), read_results(evaluation)
    names = [*(one.name for one in results.systems if not one.anchor), "gold"]
    sound = reply_sounds(evaluation, corpus, build_items(corpus, read_suite(evaluation)))
    page, key = make_test(shared_items(evaluation, names, 24), names, sound, Plan(), "salt", evaluation.resolve().name)
    beside = write_test(page, key, out / "page.html", out / "key.json")
    size, clips = (out / "page.html").stat().st_size / 1e6, page.size / 1e6
    print(f"{len(names)} systems, {len(key.blocks)} blocks of {len(key.blocks[0])} screens, page of {size:.1f} MB")
    print(f"{len(key.codes)} codes of {len(page.clips)} clips, {clips:.1f} MB, {'beside' if beside else 'in'} the page")
    return key


def clicked(key: Key, strengths: dict[str, float], out: Path) -> Path:
    """Return the session that a robot saved after it played and answered one whole block in Chromium."""
    opinion = BESIDE | {name: 20 + 25 * value for name, value in strengths.items()}
    codes = json.dumps({code: opinion[stimulus.system] for code, stimulus in key.codes.items()})
    started = time.monotonic()
    with Chromium((out / "page.html").resolve()) as browser:
        browser.wait_for('document.readyState === "complete" && document.getElementById("listener") !== null')
        found = browser.evaluate(CLICK_THROUGH % codes)
    assert all(found["early"]), "an answer was open before its clips were heard"
    path = out / str(found["name"])
    path.write_text(found["saved"], encoding="utf-8")
    answers = len(json.loads(found["saved"])["answers"])
    print(f"clicked through in Chromium: {answers} answers in {time.monotonic() - started:.0f} s, saved as {path.name}")
    return path


if __name__ == "__main__":
    main()
