"""Flip one random bit in stored files of a finished build, one after another, and build again each time.

    python -m benchmarks.robustness.flips --folder /tmp/flips [--files 300]

Every third flip leaves size and times as they were, as a failing disk does; `audiorole check` comes before the build
then. A flip is healed where the build gives the bytes of an undisturbed run, refused where it ends with a sentence and
the published dataset is as it was. Anything else is wrong, and so is a traceback; exit code 1 then.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from pathlib import Path

from audiorole.dataset.result.check import check
from audiorole.testing.series import tiny_build
from tests.robustness.acts import remembering
from tests.robustness.campaign import Campaign, fakes, prepare, work
from tests.robustness.test_damage import flip, stored
from tests.robustness.trees import dataset_bytes, result_bytes
from tests.robustness.walk import in_child

HIDDEN_EVERY = 3


def main() -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    os.fsync = lambda descriptor: None
    with remembering():
        told = _flipped(chosen.folder, chosen.files, random.Random(chosen.seed))
    print(f"{chosen.files} flips: {dict(told)}")
    return 0 if set(told) <= {"healed", "refused"} else 1


def _flipped(folder: Path, files: int, chance: random.Random) -> Counter[str]:
    """Flip a bit in each of `files` files in turn; return what became of how many."""
    campaign, told = prepare(folder), Counter[str]()
    _finish(campaign)
    for number in range(files):
        campaign.restore()
        ours = [path for path in stored(campaign.out) if not _foreign(campaign, path)]
        path, hide = chance.choice(ours), number % HIDDEN_EVERY == 0
        flip(path, chance.randrange(1 << 30), hide)
        outcome = _outcome(campaign, hide)
        told[outcome] += 1
        if outcome not in ("healed", "refused"):
            print(f"flip {number} in {path.relative_to(campaign.out)} (hidden: {hide}): {outcome}", flush=True)
    return told


def _finish(campaign: Campaign) -> None:
    """Keep the build with its decisions, so that the log is among what is flipped."""
    campaign.restore()
    with fakes():
        work(campaign.root / "here")
    campaign.keep()


def _foreign(campaign: Campaign, path: Path) -> bool:
    name = str(path.relative_to(campaign.out))
    return name.startswith("dataset/mine") or name.endswith(("notes.1.partial", "notes.txt", "lock"))


def _outcome(campaign: Campaign, hide: bool) -> str:
    ended = in_child(lambda: _again(campaign, hide))
    if ended == 0 and result_bytes(campaign.out) == campaign.result and dataset_bytes(campaign.out) == campaign.after:
        return "healed"
    if ended == 3 and dataset_bytes(campaign.out) == campaign.after:
        return "refused"
    return {0: "published as it was", 3: "refused, but changed", 1: "traceback"}.get(ended, f"ended with {ended}")


def _again(campaign: Campaign, hide: bool) -> None:
    here = campaign.root / "here"
    with fakes():
        if hide:
            check(here / "out")
        tiny_build(here / "in", here / "out")


if __name__ == "__main__":
    raise SystemExit(main())
