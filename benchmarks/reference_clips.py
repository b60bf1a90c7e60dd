"""Reference clips of a build against the truth of its series: whose speech is in them.

    python -m benchmarks.reference_clips OUT DATA        # DATA: `<series>.S01E01.json` with the true lines

Prints, over all clips: characters, seconds, the share that is another character's true speech, and for comparison the
same share for as many of each character's lines drawn at random of those with a sure name. The rule by which lines are
chosen was made on even episodes; odd ones are the ones to quote, and are printed apart. Lines of people whom the
truth does not name are counted apart: nothing says whether they are one person.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from audiorole.published.lines import PublishedLine, published_episodes
from audiorole.published.reference_clips import LEAST_PROBABILITY, reference_clips

Segment = tuple[float, float, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    episodes = list(published_episodes(given.out))
    truth = {episode.id: segments(given.data, episode.id) for episode in episodes}
    clips = reference_clips((episode, episode.lines) for episode in episodes)
    chosen = [line for clip in clips.values() for line in clip.lines]
    random = drawn([line for episode in episodes for line in episode.lines], chosen)
    names = {who for parts in truth.values() for _, _, who in parts if who}
    named = {line.character for episode in episodes for line in episode.lines if line.character}
    print(f"{len(clips)} of {len(named)} characters have a clip, of {len(chosen)} lines")
    odd = [line for line in chosen if int(line.values["episode"][-1]) % 2]
    for what, lines in (("clips", chosen), ("clips, lines of odd episodes", odd), ("random sure lines", random)):
        print(f"{what}: {purity(lines, names, truth)}" if lines else f"{what}: none")


def purity(lines: list[PublishedLine], names: set[str], truth: dict[str, list[Segment]]) -> str:
    """Return in words how much of the lines is whose speech. names: whom the truth knows."""
    known = [line for line in lines if line.values["character"] in names]
    own, others, touched = tally(known, truth)
    seconds = sum(line.values["duration"] for line in known)
    return (
        f"{seconds:.0f} s; true speech of others {others:.2f} s ({others / max(seconds, 1e-9):.2%}), of the character "
        f"{own:.1f} s; lines that another touches {touched} of {len(known)}; "
        f"of nobody whom the truth names {len(lines) - len(known)}"
    )


def segments(data: Path, episode: str) -> list[Segment]:
    """Return where whom is heard speaking in an episode."""
    (path,) = (path for path in data.glob("*.json") if path.stem.casefold().endswith(episode.rpartition("/")[2]))
    lines = json.loads(path.read_text(encoding="utf-8"))["lines"]
    return [(a, b, line["character"]) for line in lines for a, b, _ in line["segments"]]


def tally(lines: Iterable[PublishedLine], truth: dict[str, list[Segment]]) -> tuple[float, float, int]:
    """Return seconds of the character's own true speech, of others', and lines with more than 50 ms of others'."""
    own = others = 0.0
    touched = 0
    for line in lines:
        start, end, name = line.values["start"], line.values["end"], line.values["character"]
        parts = [(who, min(b, end) - max(a, start)) for a, b, who in truth[line.values["episode"]]]
        strange = sum(max(0.0, seconds) for who, seconds in parts if who != name)
        own += sum(max(0.0, seconds) for who, seconds in parts if who == name)
        others += strange
        touched += strange > 0.05
    return own, others, touched


def drawn(lines: list[PublishedLine], chosen: list[PublishedLine]) -> list[PublishedLine]:
    """Return as many lines of each character as the clips hold, drawn of those with a sure name."""
    draw, found = np.random.default_rng(0), []
    for who in sorted({line.character for line in chosen}):
        able = [line for line in lines if line.character == who and line.values["probability"] >= LEAST_PROBABILITY]
        count = sum(line.character == who for line in chosen)
        found += [able[at] for at in draw.permutation(len(able))[:count]]
    return found


if __name__ == "__main__":
    main()
