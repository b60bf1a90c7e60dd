"""How soon a run of the base talker is heard, and how much work a second of its speech is.

    python -m benchmarks.training.first_sound RUN [--threads 1] [--replies 6]

What a page does: the cast is woken, then asked; an answer's first samples, and all of it, are timed, by the clock and
by the processor. On a machine with other work the processor's seconds are the ones to go by: with one thread an idle
core takes as long. wall, work: seconds by the clock, and by the processor, for a second of speech; under 1 is faster
than real time. gap: seconds for which a listener waits inside an answer, because the next part is not there yet.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from audiorole.training.thinker.cast import TalkerCast, load_cast

QUESTIONS = (
    "Hello, who are you?",
    "Where is the boat?",
    "What do you think about the jungle, and about the people who live in it?",
    "Can you help me to find the way back to the river?",
    "Why?",
    "Tell me what happened yesterday.",
)


def main() -> None:
    """Wake, ask, print a line of JSON an answer and the means."""
    arguments = _arguments()
    began, busy = time.time(), time.process_time()
    cast = load_cast(str(arguments.run))
    cast.wake()
    torch.set_num_threads(arguments.threads)
    print(f"woken after {time.time() - began:.1f} s, {time.process_time() - busy:.1f} CPU s", flush=True)
    rows = [_answer(cast, at) for at in range(arguments.replies)]
    for name in ("first", "first_cpu", "wall", "work", "gap"):
        values = [row[name] for row in rows]
        print(f"{name}: median {np.median(values):.2f}, worst {max(values):.2f}")
    spoken = sum(row["seconds"] for row in rows)
    for name in ("wall", "work"):
        print(f"all: {name} {sum(row[name] * row['seconds'] for row in rows) / spoken:.2f}")


def _answer(cast: TalkerCast, at: int) -> dict[str, float]:
    turn = {"character": "you", "text": QUESTIONS[at % len(QUESTIONS)], "audio": np.zeros(0, np.float32)}
    character = cast.characters[at % len(cast.characters)]
    began, busy, first, said, gap = time.time(), time.process_time(), (0.0, 0.0), 0.0, 0.0
    text = ""
    for piece in cast.stream([{**turn, "sample_rate": 16_000}], character, at):  # type: ignore[typeddict-item]
        text = f"{text} {piece.text}".strip()
        now = time.time() - began
        first = first if said else (now, time.process_time() - busy)
        gap = max(gap, now - first[0] - said)
        said += len(piece.samples) / cast.sample_rate
    row = {"first": first[0], "first_cpu": first[1], "seconds": said, "wall": (time.time() - began) / said}
    row = row | {"work": (time.process_time() - busy) / said, "gap": gap}
    print(
        json.dumps({name: round(value, 2) for name, value in row.items()} | {"text": text}, ensure_ascii=False),
        flush=True,
    )
    return row


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--replies", type=int, default=6)
    return parser.parse_args()


if __name__ == "__main__":
    main()
