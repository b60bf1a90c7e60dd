"""Break every call that writes, renames, links or removes while audiorole works, in every way, and resume each time.

    python -m benchmarks.robustness.faults --folder /dev/shm/faults [--acts build …] [--every 5 --first 0]

For each call and each way to break it (it fails; the disk is full from then on; the process is gone in the middle of
it): nothing of somebody else is missing, the published dataset is whole, and doing the work again gives the bytes of an
undisturbed run. A cut that leaves the very files that the cut before it left is counted and not repeated. Prints the
number of points and what went wrong; exit code 1 where anything did.
"""

from __future__ import annotations

import argparse
import gc
import os
from collections import Counter
from pathlib import Path

from tests.robustness.acts import ACTS, remembering
from tests.robustness.walk import Act, Walked, walk


def main() -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in; best in memory")
    parser.add_argument("--acts", nargs="+", choices=list(ACTS), default=list(ACTS))
    parser.add_argument("--every", type=int, default=1, help="break every n-th call only")
    parser.add_argument("--first", type=int, default=0, help="which of these n: parts of a whole campaign")
    chosen = parser.parse_args()
    os.fsync = lambda descriptor: None  # a kill takes nothing from the page cache; waiting for a disk proves nothing
    wrong = 0
    with remembering():
        for name in chosen.acts:
            folder = chosen.folder / name
            folder.mkdir(parents=True)
            act = ACTS[name](folder)
            gc.collect()
            gc.freeze()  # what is there now is shared by all forks
            wrong += _walked(act, chosen.every, chosen.first)
    return 1 if wrong else 0


def _walked(act: Act, every: int, first: int) -> int:
    before = _seconds()
    found = walk(act, every, first, said=lambda text: print(text, flush=True))
    print(f"{act.name}: {_sentence(found)}; {_seconds() - before:.0f} s CPU", flush=True)
    return len(found.wrong)


def _sentence(found: Walked) -> str:
    calls = ", ".join(f"{count} {name}" for name, count in Counter(found.points).most_common())
    tried = ", ".join(f"{count} {mode}" for mode, count in sorted(found.tried.items()))
    return (
        f"{len(found.points)} points ({calls}); {sum(found.tried.values())} breaks tried ({tried}), "
        f"{found.known} cuts left what the one before left; {len(found.wrong)} with something wrong"
    )


def _seconds() -> float:
    times = os.times()
    return sum(times[:4])


if __name__ == "__main__":
    raise SystemExit(main())
