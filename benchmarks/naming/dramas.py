"""Name every drama pack in a folder with the shipped weights, and say how right, how sure and how fast.

    python -m benchmarks.naming.dramas --data DIR --predictions OUT.jsonl [--without-faces] [--ablate] [--weights FILE]

OUT.jsonl holds one object a line, {"drama", "episode", "line", "character"}, character null for someone else: what the
packs' own `score.py` reads. Truth is used for scoring only.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from audiorole.naming import NO_SEED, NamedLines, NamingOptions, ReferenceVoices
from audiorole.naming.answers.calibration import calibration_error, operating_points
from audiorole.naming.face_identity import name_with_faces
from audiorole.naming.model import RoundWeights, Weights, shipped_weights
from audiorole.naming.voices.model import LENGTH_EDGES, NUM_BUCKETS, length_bucket
from benchmarks.naming import drama_pack

CUES = (
    r"voice\.episode",
    r"voice\.away",
    r"near\.",
    r"\w+\.(kin|strangers)",
    r"\w+\.(broad|narrow)",
    r"\w+\.(kin|strangers|broad|narrow)",
    r"cast\.",
    r"turn\.",
    r"face\.",
    r"face\.(start|end|left|came|\w+_first|kin_start)",
    r"text\.",
)
"""Cues that are left out, as patterns of the planes' names. What is set by hand (dash cues, strokes) stays."""


def main() -> None:
    """Name, write, print."""
    args = _arguments()
    weights = Weights.from_json(args.weights.read_text("utf-8")) if args.weights else shipped_weights()
    options = NamingOptions(use_faces=not args.without_faces, weights=weights)
    accuracies = []
    with args.predictions.open("w", encoding="utf-8") as out:
        for path in sorted(args.data.glob("*.npz")):
            if args.dramas and path.stem not in args.dramas.split(","):
                continue
            drama = drama_pack.load(path)
            began = time.process_time()
            named = name(drama, options)
            accuracies.append(report(drama, named, time.process_time() - began))
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in predictions(drama, named))
            if args.ablate:
                ablate(drama, options, weights)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"macro accuracy over {len(accuracies)} dramas {np.mean(accuracies):.4f}; peak memory {peak:.2f} GiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--predictions", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="weights other than the shipped ones")
    parser.add_argument("--dramas", default="", help="comma-separated; all by default")
    parser.add_argument("--without-faces", action="store_true")
    parser.add_argument("--ablate", action="store_true", help="leave out one cue at a time (weights are not refitted)")
    return parser.parse_args()


def name(drama: drama_pack.Drama, options: NamingOptions) -> NamedLines:
    """Name a drama by the call that the stage `name` makes."""
    return name_with_faces(drama.lines, drama.cast, options, ReferenceVoices())[0]


def predictions(drama: drama_pack.Drama, named: NamedLines) -> Iterator[dict[str, object]]:
    """Yield the rows of the predictions file."""
    names: list[str | None] = [*(c.name for c in drama.cast.character), None]
    for episode, line, character in zip(drama.episode, drama.line, named.character, strict=True):
        yield {"drama": drama.name, "episode": int(episode), "line": int(line), "character": names[character]}


def report(drama: drama_pack.Drama, named: NamedLines, seconds: float) -> float:
    """Print one drama's figures; return its accuracy as `score.py` counts it."""
    right, ok, known = named.character == drama.truth, drama.scored, drama.truth >= 0
    free = ok & (drama.lines.seeds == NO_SEED)
    bucket = length_bucket(drama.lines.duration)
    lengths = " ".join(f"{right[ok & (bucket == b)].mean():.3f}" for b in range(NUM_BUCKETS))
    edges = "/".join(f"{e:g}" for e in LENGTH_EDGES)
    error = calibration_error(named.probability[free], right[free])
    print(f"{drama.name}: {right[ok].mean():.4f}  named {right[ok & known].mean():.3f}  someone else "
          f"{right[ok & ~known].mean():.3f}  by length ({edges} s) {lengths}  ECE {error:.4f}  "
          f"{seconds:.1f} s CPU for {len(right)} lines")  # fmt: skip
    points = operating_points(named.probability[free], right[free])
    print("  " + "  ".join(f"p>={p.threshold}: precision {p.precision:.4f} coverage {p.coverage:.3f}" for p in points))
    return float(right[ok].mean())


def ablate(drama: drama_pack.Drama, options: NamingOptions, weights: Weights) -> None:
    """Print what each cue is worth: the accuracy lost when its planes are not counted in any round."""
    full = _accuracy(drama, options)
    for cue in CUES:
        less = replace(weights, sets={k: tuple(_without(r, cue) for r in rounds) for k, rounds in weights.sets.items()})
        print(f"    without {cue:50s} {_accuracy(drama, replace(options, weights=less)) - full:+.4f}")


def _without(weights: RoundWeights, cue: str) -> RoundWeights:
    return RoundWeights({name: w for name, w in weights.planes.items() if not re.match(cue, name)})


def _accuracy(drama: drama_pack.Drama, options: NamingOptions) -> float:
    named = name(drama, options)
    return float((named.character == drama.truth)[drama.scored].mean())


if __name__ == "__main__":
    main()
