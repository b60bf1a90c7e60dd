"""Is naming linear in the number of lines? Name made-up series of growing size and print seconds and memory.

    python -m benchmarks.naming.scale --lines 60000 250000 1000000

Voices are Gaussian, words are drawn from each speaker's own distribution; a guest speaks one line in ten. Each size
runs in its own process, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np

from audiorole.naming import NO_SEED, SeriesLines, name_lines
from audiorole.types import Cast, Character

CAST, DIMENSION, PER_EPISODE = 50, 192, 900


def series(count: int) -> tuple[SeriesLines, np.ndarray]:
    """Return `count` lines of 50 characters and two guests an episode, and the truth."""
    rng = np.random.default_rng(0)
    centre = rng.normal(size=(CAST, DIMENSION)).astype(np.float32)
    episode = (np.arange(count) // PER_EPISODE).astype(np.int32)
    guests = rng.normal(size=(int(episode[-1]) + 1, 2, DIMENSION)).astype(np.float32)
    scene = np.arange(count) // 30
    pair = rng.integers(0, CAST, (int(scene[-1]) + 1, 3))
    truth = pair[scene, rng.integers(0, 3, count)].astype(np.int32)
    truth[rng.random(count) < 0.1] = -1
    voice = np.empty((count, DIMENSION), np.float16)
    for low in range(0, count, 10000):
        who = truth[low : low + 10000]
        clean = np.where(who[:, None] >= 0, centre[who], guests[episode[low : low + 10000], 0])
        voice[low : low + 10000] = clean + 1.4 * rng.standard_normal(clean.shape, dtype=np.float32)
    start = (np.arange(count) % PER_EPISODE) * 2.5
    words = rng.integers(0, 400, (count, 4)) + 200 * (truth[:, None] % 7)
    text = [" ".join(f"w{w}" for w in row) for row in words.tolist()]
    seed = np.where((rng.random(count) < 0.01) & (truth >= 0), truth, NO_SEED).astype(np.int32)
    return SeriesLines(voice, start, start + rng.uniform(0.5, 2.4, count), episode, text, seed), truth


def measure(count: int) -> None:
    """Name one series and print what it took."""
    lines, truth = series(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cast = Cast(character=tuple(Character(name=f"character {k}") for k in range(CAST)))
    began, wall = time.process_time(), time.time()
    named = name_lines(lines, cast)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{count:8d} lines: {seconds:7.1f} s CPU ({1e6 * seconds / count:.0f} us a line), "
          f"{time.time() - wall:.0f} s, peak {peak / 2**20:.2f} GiB (the input alone {before / 2**20:.2f}), "
          f"right {np.mean(named.character == truth):.4f}", flush=True)  # fmt: skip


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[60000, 250000])
    for count in parser.parse_args().lines:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(count,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
