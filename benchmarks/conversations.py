"""Who talks with whom, in a finished build against the truth: scene breaks, and whom each line is said to.

    python -m benchmarks.conversations --data FOLDER --built OUT

FOLDER holds episodes with `<episode>.json` truth; OUT is the folder of an `audiorole build` of them: what is scored is
its published dataset. Printed for odd and even episodes: precision, recall and F1 of scene breaks; the share of lines
whose addressee is the other speaker of the true scene who answers next (lines that nobody answers in their scene are
left out), beside two plainer rules: whoever spoke before, by the names of the build and by the true names.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorole.dataset.input.cast import name_key
from benchmarks.series_truth import TrueLine, Truth, matched, read_rows, read_truth, scene_breaks, share

IOU = 0.5

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Answered:
    """A line that somebody answers. listener: who does; the rest: whom it is said to by the build and by two rules."""

    listener: str
    said_to: str
    before: str
    true_before: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--built", type=Path, required=True)
    arguments = parser.parse_args()
    truth = read_truth(arguments.data)
    rows = {episode: sorted(some, key=_order) for episode, some in read_rows(arguments.built / "dataset").items()}
    for part, parity in (("odd", 1), ("even", 0)):
        episodes = [episode for episode in truth.lines if truth.number(episode) % 2 == parity and episode in rows]
        show(part, truth, rows, episodes)


def show(part: str, truth: Truth, rows: Rows, episodes: list[str]) -> None:
    """Print the figures over some episodes."""
    matches = [m for e in episodes for m in matched([x for x in truth.lines[e] if x.subtitled], rows[e])]
    scenes = scene_breaks(matches, episodes, IOU)
    print(f"{part} episodes: scene breaks F1 {scenes['f1']:.3f} (precision {scenes['precision']:.3f}, ", end="")
    print(f"recall {scenes['recall']:.3f}; {scenes['of']} true breaks)")
    lines = [one for episode in episodes for one in answered(truth.lines[episode], rows[episode])]
    rules = (("the build", "said_to"), ("spoke before", "before"), ("spoke before, true names", "true_before"))
    for rule, field in rules:
        right = share(sum(name_key(getattr(x, field)) == name_key(x.listener) for x in lines), len(lines))
        print(f"  addressee, {rule}: {right['value'] or 0:.3f} [{right['low']:.3f}, {right['high']:.3f}] ", end="")
        print(f"of {right['of']} lines that are answered")


def answered(lines: list[TrueLine], rows: list[dict[str, Any]]) -> Iterator[Answered]:
    """Yield the lines of an episode that the build found and that somebody else of the true scene answers.

    rows: of the built dataset, in time. A next speaker whom the truth does not know leaves the line out.
    """
    lines = sorted(lines, key=lambda line: (line.start, line.end))
    place = {row["id"]: number for number, row in enumerate(rows)}
    for number, match in enumerate(matched(lines, rows)):
        listener = _other(match.true, lines[number + 1 :])
        if match.iou >= IOU and match.true.character and listener:
            yield Answered(
                listener,
                match.row["addressee"] or "",
                _spoke_before(rows, place[match.row["id"]]),
                _other(match.true, lines[:number][::-1]),
            )


def _other(line: TrueLine, around: list[TrueLine]) -> str:
    """Return the first other speaker of the scene, "" where there is none or the truth does not know."""
    scene = itertools.takewhile(lambda other: other.scene == line.scene, around)
    return next((other.character for other in scene if other.character != line.character), "")


def _spoke_before(rows: list[dict[str, Any]], place: int) -> str:
    """Return who spoke before in the built scene, by the names of the build."""
    row = rows[place]
    scene = itertools.takewhile(lambda other: other["scene"] == row["scene"], rows[:place][::-1])
    return next((o["character"] for o in scene if o["character"] and o["character"] != row["character"]), "")


def _order(row: dict[str, Any]) -> tuple[float, str]:
    return row["start"], row["id"]


if __name__ == "__main__":
    main()
