"""Annotated episodes as arrays: built once from audio and subtitles, then named again and again under drawn conditions.

    python -m benchmarks.naming.build_pack --data FOLDER --work DIR --out PACK.npz

FOLDER holds episodes with `<episode>.json` truth. The series is built with names in subtitles only, as a user would;
what the stage `name` was given is kept (voices, times, words, the names that cues gave), beside the truth and a pool of
reference clips: of every true line of a second or more its middle two seconds, and all of it.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from audiorole.core.progress import PlainProgress
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.input.cast import name_key
from audiorole.dataset.names.series import sorted_lines
from audiorole.models import load_model
from audiorole.naming import NO_SEED, SOMEONE_ELSE
from audiorole.review.session import ReviewSession
from audiorole.runners.local import local_runner
from benchmarks.naming.series_pack import Pack
from benchmarks.series_truth import Truth, link_series, matched, read_truth
from benchmarks.truth import SAMPLE_RATE, decode

IOU = 0.5
SHORT, MOST_CLIPS = 2.0, 16
"""Seconds of the short clips; clips of either length kept for a person."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    truth = read_truth(arguments.data)
    link_series(truth, arguments.work / "media")
    options = BuildOptions(arguments.work / "media", arguments.work / "out", {})
    build(options, local_runner(arguments.workers), PlainProgress(lambda text: None))
    pack(truth, arguments.work / "out").save(arguments.out)


def pack(truth: Truth, out: Path, pool: tuple[np.ndarray, ...] | None = None) -> Pack:
    """Return the built series `out` beside its truth."""
    session = ReviewSession(out)
    series = session.series
    records = {line.id: line for shard in session.shards for line in sorted_lines(session.context, shard)}
    ids = series.ids
    names = tuple(sorted({line.character for lines in truth.lines.values() for line in lines if line.character}))
    index = {name_key(name): place for place, name in enumerate(names)}
    speaker, scene = np.full(len(ids), -1), np.full(len(ids), "", dtype="<U64")
    place = {identity: row for row, identity in enumerate(ids)}
    for episode, lines in truth.lines.items():
        rows = [
            {"id": i, "start": records[i].start, "end": records[i].end} for i in ids if records[i].episode == episode
        ]
        for match in matched(lines, rows):
            if match.iou >= IOU and match.true.character:
                speaker[place[match.row["id"]]] = index[name_key(match.true.character)]
                scene[place[match.row["id"]]] = match.true.scene
    given = np.full(len(ids), NO_SEED)
    for row, identity in enumerate(ids):
        cue = records[identity].cue
        if cue is not None and cue.speaker:
            given[row] = index.get(name_key(cue.speaker), SOMEONE_ELSE)
    number = np.array([truth.number(records[i].episode) for i in ids])
    sure = np.array(series.lines.reliability)
    return Pack(
        out.parent.name, series.lines, names, speaker, scene, given, sure, number, *(pool or clips(truth, index))
    )


def clips(truth: Truth, index: dict[str, int]) -> tuple[np.ndarray, ...]:
    """Return voice, speaker, seconds, whether short, episode and start of the pool of clips."""
    model = load_model("speaker-embedder", "wespeaker")
    voices, rows = [], []
    chosen = set(_chosen(truth))
    for episode in truth.lines:
        waveform = decode(truth.media[episode])
        for span in _spans(truth, episode):
            if span in chosen:
                _, start, end, who, short = span
                cut = waveform[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
                voices.append(model.embed([cut], weighted=True)[0])
                rows.append((index[name_key(who)], end - start, short, truth.number(episode), start))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return (np.array(voices, np.float16), *columns)


Span = tuple[str, float, float, str, bool]


def _chosen(truth: Truth) -> Iterator[Span]:
    """Yield at most `MOST_CLIPS` spans of each length for everybody, drawn at random."""
    every: dict[tuple[str, bool], list[Span]] = defaultdict(list)
    for episode in truth.lines:
        for span in _spans(truth, episode):
            every[span[3], span[4]].append(span)
    rng = random.Random(0)
    for some in every.values():
        yield from rng.sample(some, min(len(some), MOST_CLIPS))


def _spans(truth: Truth, episode: str) -> Iterator[Span]:
    """Yield what may be a clip: episode, start, end, who speaks, and whether it is a short one."""
    for line in truth.lines[episode]:
        if line.character and line.end - line.start >= 1.0:
            yield episode, line.start, line.end, line.character, False
            if line.end - line.start >= SHORT:
                middle = (line.start + line.end) / 2
                yield episode, middle - SHORT / 2, middle + SHORT / 2, line.character, True


if __name__ == "__main__":
    main()
