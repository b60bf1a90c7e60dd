"""Ten thousand rows: does memory stay flat? `python -m benchmarks.evaluation.memory [--rows 1000 10000] [--seeds 30]`.

For each number of rows a process of its own runs the whole evaluation of a synthetic cast: a system with three replies
an item, three anchors, the summary, the report. The real path, with models that need no weights; the dataset's lines
grow with the rows, their sound lies in a file. Then the items of the largest run again, with rows of `--seeds` replies
an item for all four: drawn at random instead of heard, which would take hours, then added up and reported.
Exits 1 where the most rows that are heard take over a fifth more memory than the fewest, or the drawn ones than those.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from audiorole.evaluation.corpus import Corpus, Waveform, corpus_of
from audiorole.evaluation.hearing.prosody import FEATURES
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.metrics.base import Score
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.files import lines_of, shard_path, system_folder
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.records import OK, Row
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.pipeline.store import write_atomic
from audiorole.report.evaluation import write_evaluation_report
from audiorole.testing.evaluation import CAST, SYNTHETIC_SUITE, speak, synthetic_lines, synthetic_listener
from audiorole.types import Dialogue

SEEDS = 3
TRAINING_EPISODES = 8
LINES = 18
ANCHORS = ("gold", "other_line", "impostor")
ROOM = 1.2
"""Most memory that the larger run may take, over the smaller one's."""


def main() -> None:
    """Run each size in a process of its own and compare the peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--seeds", type=int, default=30, help="rows an item of the drawn run; 0 leaves it out")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--draw", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(run(arguments.one, arguments.draw)))
        return
    print(f"{'rows':>8s}{'of anchors':>12s}{'prepared':>10s}{'scored':>10s}{'summed up':>10s}{'reported':>10s}   MiB")
    found = [_in_a_process(rows) for rows in arguments.rows]
    if arguments.seeds:
        found.append(_in_a_process(arguments.rows[-1], arguments.seeds))
    peaks = [one["peaks"][-1] for one in found]
    ratios = [peaks[at] / peaks[at - 1] for at in range(1, len(peaks))]
    print("peaks from line to line: " + ", ".join(f"x{ratio:.2f}" for ratio in ratios))
    sys.exit(0 if max(ratios, default=1.0) <= ROOM else 1)


def _in_a_process(rows: int, draw: int = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.evaluation.memory", "--one", str(rows), "--draw", str(draw)]
    one = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    figures = "".join(f"{peak:>10.0f}" for peak in one["peaks"])
    print(f"{one['rows']:>8d}{one['anchor_rows']:>12d}{figures}   {'drawn' if draw else 'heard'}", flush=True)
    return one  # type: ignore[no-any-return]


def run(rows: int, draw: int = 0) -> dict[str, Any]:
    """Evaluate about `rows` replies of one system and the anchors' beside them; peaks in MiB after each step.

    draw: rows an item that are drawn at random, for each of the four, in place of rows that were heard.
    """
    started, peaks = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        corpus = corpus_on_disk(rows // SEEDS, out / "sound.f32")
        listener = synthetic_listener(corpus)
        listener.store = HearingStore(out / "heard.sqlite")
        evaluation = Evaluation.prepare(corpus, suite_for(corpus), listener)
        peaks.append(_peak())
        chosen = [*(one for one in entrants([]) if one.name in ANCHORS), Entrant("echo", "callable@echo")]
        if draw:
            draw_rows(evaluation, chosen, out, draw)
        else:
            evaluate(evaluation, chosen, out, opened={"echo": FunctionSystem.of(echo)})
        peaks.append(_peak())
        results = summarise(evaluation, chosen, out)
        peaks.append(_peak())
        write_evaluation_report(out, results, corpus.audio)
        peaks.append(_peak())
    return {
        "rows": next(one.rows for one in results.systems if not one.anchor),
        "anchor_rows": sum(one.rows for one in results.systems if one.anchor),
        "peaks": peaks,
        "seconds": time.monotonic() - started,
    }


def draw_rows(evaluation: Evaluation, systems: Sequence[Entrant], out: Path, seeds: int) -> None:
    """Write the rows of a whole run as it would lie on disk, every score drawn from its metric's range."""
    chance = random.Random(0)
    for system in systems:
        for at, items in enumerate(evaluation.shards()):
            rows = [_drawn(evaluation, item, seed, chance) for item in items for seed in range(seeds)]
            write_atomic(shard_path(system_folder(out, system.name), at), lines_of(rows))


def _drawn(evaluation: Evaluation, item: Dialogue, seed: int, chance: random.Random) -> Row:
    scores = {
        name: Score(chance.uniform(metric.card.low, metric.card.high), metric.weight(item), "", _parts(name, chance))
        for name, metric in evaluation.metrics.items()
    }
    status = chance.choice([OK] * 9 + ["gated:looped"])
    return Row(item.id, seed, item.target.character, item.episode, status, heard=item.target.text, scores=scores)


def _parts(name: str, chance: random.Random) -> dict[str, float]:
    parts = {"ap_prosody": FEATURES, "ap_norm": ("cosine",)}.get(name, ())
    return {part: chance.random() for part in parts} | ({"role": 0.0} if name == "ap_prosody" else {})


def corpus_on_disk(items: int, path: Path) -> Corpus:
    """Return a corpus with about so many items whose sound is read from `path` each time it is asked for."""
    lines = synthetic_lines(TRAINING_EPISODES + -(-items // (LINES - 1)), LINES)
    where: dict[str, tuple[int, int]] = {}
    with path.open("wb") as file:
        for line in lines:
            wave = speak(line)
            where[line.id] = (file.tell(), len(wave))
            file.write(wave.astype("<f4").tobytes())

    def audio(line: str) -> Waveform:
        offset, count = where[line]
        return np.fromfile(path, dtype="<f4", count=count, offset=offset)

    return corpus_of(lines, audio, CAST, name="synthetic")


def suite_for(corpus: Corpus) -> Suite:
    """Return the synthetic suite over all episodes but the first."""
    episodes = sorted({line.episode for line in corpus.lines.values()})[TRAINING_EPISODES:]
    every = {"num_roles": len(CAST), "items_per_role": len(corpus.lines), "test_episodes": tuple(episodes)}
    return msgspec.structs.replace(
        SYNTHETIC_SUITE, seeds=SEEDS, items=msgspec.structs.replace(SYNTHETIC_SUITE.items, **every)
    )


def echo(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer with a second and a half of the reference, another one for each seed."""
    return {"audio": reference[8000 * seed : 8000 * seed + 24000], "sample_rate": 16000, "text": "I never said so"}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
