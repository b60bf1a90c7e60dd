"""How fast an evaluation scores replies, beside what it cannot do without: one voice encoder and the recogniser alone.

    python -m benchmarks.evaluation.replies DATASET --out R.json [--episodes odd] [--roles 4] [--items 25]

A system answers every item with a real line, a tenth softer, so that nothing of it was heard before. CPU seconds of one
process, one thread: the whole row (gates, every metric, the store), then the encoder and the recogniser on the same
sounds, one at a time as a row needs them. Hearing the real lines beforehand is left out: it is done once a dataset.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.hearing.models import model_names, open_listener
from audiorole.evaluation.items import build_items
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.function import FunctionSystem
from benchmarks.evaluation.corpora import chosen_suite, open_corpus
from benchmarks.record import write_record

SOFTER = 0.9


def main() -> None:
    """Measure, print, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--episodes", choices=("even", "odd"), default="odd")
    parser.add_argument("--roles", type=int, default=4)
    parser.add_argument("--items", type=int, default=25)
    arguments = parser.parse_args()
    corpus = open_corpus(arguments.dataset)
    suite = chosen_suite(corpus, arguments.episodes, arguments.roles, arguments.items)
    with tempfile.TemporaryDirectory() as folder:
        spent = measured(corpus, suite, Path(folder))
    ratio = (spent["encoder"] + spent["recogniser"]) / spent["rows"]
    rows = {name: f"{spent['count'] / spent[name]:.1f} a CPU second" for name in ("rows", "encoder", "recogniser")}
    rows["encoder and recogniser / rows"] = f"{ratio:.2f}"
    print(rows)
    title = "`benchmarks/evaluation/replies.py DATASET`, replies, one thread"
    given = f"{spent['count']:.0f} replies of {spent['seconds'] / spent['count']:.1f} s on average"
    write_record(arguments.out, "replies", given, {"replies: floor / rows": ratio}, {"title": title, "rows": rows})


def measured(corpus: Corpus, suite: Suite, out: Path) -> dict[str, float]:
    """Return CPU seconds of whole rows, of the encoder and of the recogniser; how many replies, and seconds of them."""
    listener = open_listener(suite.models, out / "heard.sqlite")
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(suite.models), build_items(corpus, suite))
    sounds: list[Waveform] = []
    lines = itertools.cycle(sorted(corpus.lines))

    def answer(turns: Sequence[Any], character: str, reference: Any, seed: int) -> dict[str, Any]:
        sounds.append(SOFTER * corpus.audio(next(lines)))
        return {"audio": sounds[-1], "sample_rate": SAMPLE_RATE, "text": "I never said so."}

    system = {"lines": FunctionSystem.of(answer)}
    rows = cpu(lambda: evaluate(evaluation, [Entrant("lines", "callable@lines")], out / "run", opened=system))
    return {"rows": rows, **alone(listener, sounds), "count": len(sounds), "seconds": _seconds(sounds)}


def alone(listener: Listener, sounds: Sequence[Waveform]) -> dict[str, float]:
    """Return CPU seconds of the primary encoder and of the recogniser over all sounds."""
    encoder, recogniser = listener.speakers[listener.primary], listener.asr
    assert recogniser is not None
    return {
        "encoder": cpu(lambda: [encoder.embed([sound]) for sound in sounds]),
        "recogniser": cpu(lambda: [recogniser.transcribe([sound]) for sound in sounds]),
    }


def cpu(function: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    before = time.process_time()
    function()
    return time.process_time() - before


def _seconds(sounds: Sequence[Waveform]) -> float:
    return sum(len(sound) for sound in sounds) / SAMPLE_RATE


if __name__ == "__main__":
    main()
