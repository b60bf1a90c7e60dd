"""Kill a build with decisions (SIGKILL) at random moments, and resume each time.

    python -m benchmarks.robustness.kills --folder /tmp/kills [--kills 50]

After each kill nothing of somebody else is missing and the published dataset is whole; after resuming, every byte is
that of an undisturbed run. Exit code 1 where anything is not.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import time
from pathlib import Path

from tests.robustness.campaign import Campaign, fakes, prepare, resumed, work
from tests.robustness.walk import in_child

DEAD = -signal.SIGKILL


def main() -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    campaign = prepare(chosen.folder)
    longest = _undisturbed(campaign)
    killed = wrong = 0
    while killed < chosen.kills:
        campaign.restore()
        ended = _killed_after(campaign, chance.uniform(0, longest))
        killed += ended == DEAD
        if found := [*campaign.problems(ended), *resumed(campaign)]:
            wrong += 1
            print(f"kill {killed}: {found}", flush=True)
    print(f"{killed} kills within {longest:.1f} s of work, {wrong} with something wrong.")
    return 1 if wrong else 0


def _undisturbed(campaign: Campaign) -> float:
    campaign.restore()
    began = time.monotonic()
    assert in_child(lambda: _work(campaign)) == 0
    return time.monotonic() - began


def _work(campaign: Campaign) -> None:
    with fakes():
        work(campaign.root / "here")


def _killed_after(campaign: Campaign, seconds: float) -> int:
    """Do the work in a process that is killed after `seconds`; return how it ended."""
    child = os.fork()
    if child == 0:
        try:
            _work(campaign)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    raise SystemExit(main())
