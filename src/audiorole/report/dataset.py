"""The report of a build: one HTML file that needs nothing but itself. What `audiorole report OUT` writes.

Bounded whatever the size of the build: lines are read once in a stream, and the page holds a fixed number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

import audiorole
from audiorole.dataset.result.card import label_sentence
from audiorole.dataset.result.summary import Summary
from audiorole.pipeline.store import write_atomic
from audiorole.report import wording
from audiorole.report.build_folder import BuildFolder, Recipe
from audiorole.report.cards import WAVE_STEP, card_groups
from audiorole.report.charts import HistogramChart, histogram_chart, ribbon, waterfall_chart
from audiorole.report.clips import PEAKS, PageClip, affordable, read_clips
from audiorole.report.page import render
from audiorole.report.sampling import DropExamples, LineSamples
from audiorole.report.timeline import (
    EpisodeTimeline,
    Roles,
    chosen_episodes,
    left_lines,
    piece_sentence,
    shortened,
    sync_sentence,
    timeline_data,
)
from audiorole.types import Dropped, Utterance


@dataclass(frozen=True)
class ReportLimits:
    """What keeps the page small. characters: with players of their own; lines, everyone: cards of each kind.

    episodes, timeline_lines: in the timeline. sample_bytes, timeline_bytes: of audio beside cards and in the timeline.
    """

    characters: int = 24
    lines: int = 4
    everyone: int = 6
    examples: int = 3
    episodes: int = 12
    timeline_lines: int = 6000
    sample_bytes: float = 2.5e6
    timeline_bytes: float = 3.5e6
    table_rows: int = 200


@dataclass
class Gathered:
    """What one pass over the run folder brings."""

    samples: LineSamples
    examples: DropExamples
    timelines: list[EpisodeTimeline] = field(default_factory=list)


def write_report(out: Path, limits: ReportLimits | None = None) -> Path:
    """Write `out/report.html` for the build in `out` and return its path. Equal input gives equal bytes.

    Raises InputError where `out` holds no finished build.
    """
    limits = limits or ReportLimits()
    build = BuildFolder.open(out)
    gathered = gather(build, limits)
    sounds = read_clips(build, playable(gathered, limits))
    path = out / "report.html"
    page = render("dataset.html.j2", _view(build, gathered, sounds, limits))
    write_atomic(path, page.encode("utf-8", "replace"))
    return path


def gather(build: BuildFolder, limits: ReportLimits) -> Gathered:
    """Read every episode once: samples of lines, examples of drops, and the episodes of the timeline."""
    names = [count.who for count in build.summary.characters][: limits.characters]
    found = Gathered(LineSamples(names, limits.lines, limits.everyone), DropExamples(limits.examples))
    shown = {episode.id for episode in chosen_episodes(build.summary.episodes, limits.episodes)}
    room = limits.timeline_lines
    for episode in build.summary.episodes:
        kept: list[Utterance] = []
        for line in build.lines(episode.id):
            found.samples.add(line)
            if episode.id in shown and len(kept) < room:
                kept.append(line)
        for stage in build.stages:
            for dropped in build.dropped(stage, episode.id):
                found.examples.add(stage, dropped)
        if kept:
            room -= len(kept)
            found.timelines.append(_timeline(build, kept, episode))
    return found


def _timeline(build: BuildFolder, kept: list[Utterance], count: Any) -> EpisodeTimeline:
    kept.sort(key=lambda line: (line.start, line.id))
    left = sorted(left_lines(build, count.id), key=lambda line: (line.start, line.end, line.reason))
    return EpisodeTimeline(count, kept, left[: 2 * len(kept)], build.sync_note(count.id), count.lines - len(kept))


def playable(gathered: Gathered, limits: ReportLimits) -> list[Utterance]:
    """Return the lines whose audio goes into the page: the cards' first, then whole episodes of the timeline."""
    beside = affordable(_in_turns(gathered.samples), limits.sample_bytes)
    known = {line.id for line in beside}
    running = (line for timeline in gathered.timelines for line in timeline.lines if line.id not in known)
    return beside + affordable(running, limits.timeline_bytes)


def _in_turns(samples: LineSamples) -> Iterator[Utterance]:
    """Yield the best of every group, then the second best: a short budget still reaches every character."""
    groups = [lines for sample in samples.samples.values() for _, lines in sample.groups()]
    for rank in zip_longest(*groups):
        yield from (line for line in rank if line is not None)


def _view(build: BuildFolder, gathered: Gathered, sounds: dict[str, PageClip], limits: ReportLimits) -> dict[str, Any]:
    summary = build.summary
    roles = Roles.of([count.who for count in summary.characters])
    clips = {identity: number for number, identity in enumerate(sorted(sounds))}
    return {
        "summary": summary,
        "version": audiorole.__version__,
        "named_characters": sum(bool(count.name) for count in summary.characters),
        "limits": limits,
        "wording": wording,
        "label_sentences": [*(label_sentence(figures) for figures in summary.labels), *summary.naming],
        "roles": roles,
        "waterfall": waterfall_chart(summary),
        "examples": _examples(build, gathered.examples),
        "histograms": histograms(summary, build.recipe),
        "groups": card_groups(gathered.samples, roles, clips, sounds),
        "wave_width": WAVE_STEP * PEAKS,
        "sampled": [name for name in gathered.samples.samples if name is not None],
        "timelines": gathered.timelines,
        "ribbons": [_ribbon(timeline, roles) for timeline in gathered.timelines],
        "sync_sentence": sync_sentence,
        "piece_sentence": piece_sentence,
        "timeline_data": timeline_data(gathered.timelines, roles, clips),
        "clips": [sounds[identity].opus for identity in sorted(sounds)],
        "recipe": build.recipe,
        "has_card": (build.root / "dataset" / "README.md").is_file(),
    }


def _ribbon(timeline: EpisodeTimeline, roles: Roles) -> list[tuple[int | None, str]]:
    spans = [(line.start, line.end, roles.number(line.who)) for line in timeline.lines]
    paths = ribbon(spans, timeline.count.duration, 1000)
    return [(roles.colour(roles.names[number]), path) for number, path in paths.items()]


def _examples(build: BuildFolder, kept: DropExamples) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Return (id, text, detail) of the examples of each (stage, reason)."""
    return {
        (step.stage, reason): [_example(dropped) for dropped in kept.of(step.stage, reason)]
        for step in build.summary.waterfall
        for reason in step.dropped
    }


def _example(dropped: Dropped) -> tuple[str, str, str]:
    record = msgspec.json.decode(dropped.record)
    text = record.get("text") or record.get("shown") or ""  # a line, or a cue that gave none
    text = shortened(str(text))
    detail = shortened(dropped.detail).removesuffix(text or "\n").rstrip(": ")
    return dropped.id, text, detail


def histograms(summary: Summary, recipe: Recipe) -> list[HistogramChart]:
    """Return the charts of all lines in the dataset, with the recipe's rules marked where they fall."""

    def rules(*fields: tuple[str, str, str]) -> list[tuple[str, float]]:
        found = ((label, recipe.get(stage, {}).get(name)) for stage, name, label in fields)
        return [(label, float(value)) for label, value in found if value is not None]

    charts = {
        "duration": ("Length of a line", " s", "", rules(("curate", "min_duration", "min"))),
        "probability": ("Probability of the name", "", "calibrated: of lines at 0.9, nine in ten should be right", []),
        "agreement": ("Agreement of text and audio", "", "", rules(("curate", "min_agreement", "min"))),
        "dnsmos": ("DNSMOS", "", "", rules(("quality", "tier_b", "B"), ("quality", "tier_a", "A"))),
        "snr_db": ("Signal-to-noise ratio", " dB", "", []),
    }
    return [
        histogram_chart(title, unit, note, summary.histograms[name], marked)
        for name, (title, unit, note, marked) in charts.items()
        if name in summary.histograms
    ]
