"""Ten thousand rows: does memory stay flat? `python benchmarks/evaluation_memory.py [--rows 1000 10000]`.

For each number of rows a process of its own runs the whole evaluation of a synthetic cast: a system with three replies
an item, three anchors, the summary, the report. The real path, with models that need no weights; the dataset's lines
grow with the rows, their sound lies in a file. Exits 1 where ten times the rows take over a fifth more memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from audiorole.evaluation.corpus import Corpus, Waveform, corpus_of
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.run.summarise import summarise
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.evaluation.testing import CAST, SYNTHETIC_SUITE, speak, synthetic_lines, synthetic_listener
from audiorole.report.evaluation import write_evaluation_report

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
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(run(arguments.one)))
        return
    found = [_in_a_process(rows) for rows in arguments.rows]
    print(f"{'rows':>8s}{'of anchors':>12s}{'prepared':>10s}{'scored':>10s}{'summed up':>10s}{'reported':>10s}   MiB")
    for one in found:
        print(f"{one['rows']:>8d}{one['anchor_rows']:>12d}" + "".join(f"{peak:>10.0f}" for peak in one["peaks"]))
    ratio = found[-1]["peaks"][-1] / found[0]["peaks"][-1]
    print(f"peak x{ratio:.2f} for x{found[-1]['rows'] / found[0]['rows']:.0f} the rows")
    sys.exit(0 if ratio <= ROOM else 1)


def _in_a_process(rows: int) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, "--one", str(rows)], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def run(rows: int) -> dict[str, Any]:
    """Evaluate about `rows` replies of one system and the anchors' beside them; peaks in MiB after each step."""
    started, peaks = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        corpus = corpus_on_disk(rows // SEEDS, out / "sound.f32")
        listener = synthetic_listener(corpus)
        listener.store = HearingStore(out / "heard.sqlite")
        evaluation = Evaluation.prepare(corpus, suite_for(corpus), listener)
        peaks.append(_peak())
        chosen = [*(one for one in entrants([]) if one.name in ANCHORS), Entrant("echo", "callable@echo")]
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
