"""How much the length of a speaker embedding says about the voice in it, on the truth lines of a series.

    python -m tools.naming.voice_lengths --data FOLDER [--embedder wespeaker] [--parity 0]

Prints the least squares of each line's cosine to its speaker's true voice (all other lines of the character) on the
line's seconds and the length of its vector, as `audiorole.naming.voices.clarity` reads them, and the power of the
lengths at which the coefficients of `clarity` hold.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.core.vectors import lengths, unit
from audiorole.models import load_model
from audiorole.naming.voices.clarity import BY_LENGTH
from benchmarks.truth import read_episodes

LEAST_LINES = 20
SHORTEST, LONGEST = 0.4, 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--embedder", default="wespeaker")
    parser.add_argument("--parity", type=int, default=0, choices=(0, 1), help="even or odd episodes")
    arguments = parser.parse_args()
    voices, seconds, names = heard(arguments.data, arguments.embedder, arguments.parity)
    show(voices, np.log(np.clip(seconds, 0.2, LONGEST) / 1.5), names)


def heard(data: Path, embedder: str, parity: int) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.str_]]:
    """Return the weighted voices, seconds and characters of all lines that are long enough."""
    model = load_model("speaker-embedder", embedder)
    voices, seconds, names = [], [], []
    for episode in read_episodes(data, parity=parity):
        for line in (x for x in episode.lines if x.character and x.end - x.start >= SHORTEST):
            voices.append(model.embed([episode.cut(line)], weighted=True)[0])
            seconds.append(line.end - line.start)
            names.append(line.character)
    return np.stack(voices), np.array(seconds), np.array(names)


def show(voices: NDArray[np.float32], seconds: NDArray[np.float64], names: NDArray[np.str_]) -> None:
    """Print what seconds alone explain, and seconds with lengths. seconds: as log(seconds / 1.5)."""
    size = lengths(voices)[:, 0]
    length = np.clip(np.log(np.maximum(size, 1e-9) / np.median(size[size > 0])), -1.0, 0.5)
    cosine = to_true_voice(unit(voices), names)
    known = np.isfinite(cosine) & (size > 0)
    columns = np.column_stack([np.ones(known.sum()), seconds[known], length[known], (seconds * length)[known]])
    for title, used in (("seconds alone", columns[:, :2]), ("seconds and length", columns)):
        weights, *_ = np.linalg.lstsq(used, cosine[known], rcond=None)
        explained = 1 - np.var(cosine[known] - used @ weights) / np.var(cosine[known])
        print(f"{title}: explain {explained:.3f} of the variance on {known.sum()} lines; {np.round(weights, 3)}")
    print(f"raise the lengths to {weights[2] / BY_LENGTH:.2f} of what they are now")


def to_true_voice(voices: NDArray[np.float32], names: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return each line's cosine to the sum of its character's other lines; NaN for characters of few lines."""
    cosine = np.full(len(voices), np.nan)
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        if len(rows) >= LEAST_LINES:
            others = unit(voices[rows].sum(0) - voices[rows])
            cosine[rows] = (voices[rows] * others).sum(1)
    return cosine


if __name__ == "__main__":
    main()
