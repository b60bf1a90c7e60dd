"""A thousand episodes: how long a dry run takes, and a build in which there is nothing to do.

    python -m benchmarks.speed.thousand --out T.json [--episodes 1000]

The episodes are of seconds, with the package's fake models: what is measured is everything but perception. The folder
is built once, then looked at dry and built again, each in a process of its own as a user would.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from audiorole.testing.models import fake_models
from audiorole.testing.series import SETTINGS, srt, tiny_build, write_episode
from benchmarks.record import write_record

AGAIN = """
import sys, audiorole
from pathlib import Path
from audiorole.testing.models import fake_models
settings = sys.argv[4:]
with fake_models():
    if sys.argv[1] == "plan":
        found = audiorole.plan(sys.argv[2], sys.argv[3], settings=settings)
        print(found.episodes)
    else:
        result = audiorole.build(sys.argv[2], sys.argv[3], settings=settings, workers=1)
        print(sum(result.run.computed.values()))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--episodes", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), arguments.episodes)
    figures = {"title": "`benchmarks/speed/thousand.py`: all but perception", "rows": rows}
    write_record(arguments.out, "thousand", f"{arguments.episodes} episodes of ten seconds", {}, figures)


def measured(work: Path, episodes: int) -> dict[str, str]:
    folder, out = work / "media", work / "out"
    original = write_episode(folder / "Show00", "Show00.S01E01.flac")
    for number in range(1, episodes):
        show, episode = f"Show{number // 50:02d}", f"S01E{number % 50 + 1:02d}"
        copy = folder / show / f"{show}.{episode}.flac"
        copy.parent.mkdir(exist_ok=True)
        copy.hardlink_to(original)
        copy.with_suffix(".srt").write_text(srt())
    rows = {"dry run before any build": timed("plan", folder, out, episodes)}
    before = time.process_time()
    with fake_models():
        tiny_build(folder, out)
    rows["first build, one worker"] = f"{time.process_time() - before:.0f} s CPU"
    rows["dry run after it"] = timed("plan", folder, out, episodes)
    rows["build with nothing to do"] = timed("build", folder, out, 0)
    return rows


def timed(what: str, folder: Path, out: Path, expected: int) -> str:
    """Return the time and memory of one call in a process of its own."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", AGAIN, what, str(folder), str(out), *SETTINGS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert int(done.stdout.split()[-1]) == expected, done.stdout
    said = f"{wall:.1f} s, {cpu:.1f} s CPU, {after.ru_maxrss / 1e6:.2f} GB at most so far"
    print(f"{what}: {said}", flush=True)
    return said


if __name__ == "__main__":
    main()
