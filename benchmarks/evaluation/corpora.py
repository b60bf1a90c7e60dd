"""Corpora for the other benchmarks: a dataset that `audiorole build` made, or truth files (JSON beside Opus).

With truth files a figure tells how the evaluation behaves, whatever the dataset builder in front of it got wrong.
"""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from audiorole.audio.pcm import Pcm, decode_to_pcm
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform, corpus_of
from audiorole.evaluation.published import open_published
from audiorole.evaluation.suite import Suite, load_suite, with_ears_for
from audiorole.types import Naming, Place, Utterance

CONTEXT_LINES = 12


def chosen_suite(corpus: Corpus, which: str, roles: int, items: int) -> Suite:
    """Return a suite of English characters on the `even` or the `odd` episodes. items: of each character."""
    table = {"num_roles": roles, "items_per_role": items, "min_items": 6, "test_episodes": every_second(corpus, which)}
    return with_ears_for(load_suite(None, name=which, items=table), "en")


def open_corpus(folder: Path) -> Corpus:
    """Return the published dataset in `folder`, or the corpus of truth files."""
    return open_published(folder) if any(folder.rglob("*.parquet")) else truth_corpus(folder)


def every_second(corpus: Corpus, which: str) -> tuple[str, ...]:
    """Return the `even` or the `odd` episodes, by their order: the test episodes of a benchmark's suite."""
    episodes = sorted({line.episode for line in corpus.lines.values()})
    return tuple(episodes[1::2] if which == "even" else episodes[0::2])


def truth_corpus(folder: Path, test_every: int = 2) -> Corpus:
    """Return the lines of every episode in `folder`; every `test_every`-th episode is the test split."""
    lines, media = [], {}
    scratch = Path(tempfile.mkdtemp(prefix="evaluation-truth-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    for number, path in enumerate(sorted(folder.glob("*.json")), start=1):
        content = json.loads(path.read_text())
        found = _episode(content, split="test" if number % test_every == 0 else "train")
        media[found[0].episode] = path.with_name(content["audio"])
        lines += found

    @functools.cache
    def episode(name: str) -> Pcm:
        return decode_to_pcm(media[name], 0, SAMPLE_RATE, scratch / name.replace("/", "_"))

    spans = {line.id: line for line in lines}

    def audio(line_id: str) -> Waveform:
        line = spans[line_id]
        return episode(line.episode).read(line.start, line.end)

    return corpus_of(lines, audio, name=folder.name)


def _episode(content: dict[str, Any], split: str) -> list[Utterance]:
    series, _, code = content["episode"].partition(".")
    found: list[Utterance] = []
    scenes: dict[str, list[str]] = {}
    for number, line in enumerate(sorted(content["lines"], key=lambda one: one["start"])):
        identity = f"{series}/{code.lower()}/u{number:05d}"
        before = scenes.setdefault(line["scene"], [])
        place = Place(
            scene=line["scene"], dialogue=line["scene"], turn=len(before), context=tuple(before[-CONTEXT_LINES:])
        )
        naming = Naming(character=line["character"] or "", probability=1.0)
        found.append(
            Utterance(
                id=identity,
                start=line["start"],
                end=line["end"],
                text=line["text"],
                language="en",
                naming=naming,
                place=place,
                split=split,
            )
        )
        before.append(identity)
    return found
