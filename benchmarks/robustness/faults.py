"""Break every call that writes, renames, links or removes while a small build and review work, and resume each time.

    python -m benchmarks.robustness.faults --folder /tmp/faults [--every 5]

For each call and each way to break it (it fails; the disk is full from then on; the process is gone in the middle of
it): nothing of somebody else is missing, the published dataset is whole, and doing the work again gives the bytes of an
undisturbed run. Prints the number of points and what went wrong; exit code 1 where anything did.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path

from tests.robustness.campaign import broken_at, count_points, prepare

MODES = ("fail", "full", "cut")


def main() -> int:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    parser.add_argument("--every", type=int, default=1, help="break every n-th call only")
    chosen = parser.parse_args()
    os.fsync = lambda descriptor: None  # a kill takes nothing from the page cache; waiting for a disk proves nothing
    campaign = prepare(chosen.folder)
    points = count_points(campaign)
    print(f"{len(points)} injection points: {dict(Counter(points))}")
    tried, wrong = Counter[str](), 0
    for shift, mode in enumerate(MODES):
        for at in range(shift % chosen.every, len(points), chosen.every):
            tried[mode] += 1
            if found := broken_at(campaign, at, mode):
                wrong += 1
                print(f"{mode} at {at} ({points[at]}): {found}", flush=True)
    print(f"{sum(tried.values())} breaks tried ({dict(tried)}), {wrong} with something wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
