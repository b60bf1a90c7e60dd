"""The numbers of a build: what went in, what each stage dropped and why, what came out. Adds up, or says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import msgspec
import numpy as np

from audiorole.dataset.input.scan import Scan
from audiorole.dataset.result.inputs import NO_INPUTS, EpisodeInputs, episode_inputs
from audiorole.dataset.result.label_report import LabelFigures, label_figures, naming_sentences
from audiorole.pipeline.contexts import stored_records
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.run import failures
from audiorole.types import CharacterId, Episode, Record, Utterance, spoken_name


class StageCount(Record, frozen=True):
    """One step of the waterfall: entered + created = kept + dropped."""

    stage: str
    entered: int
    created: int
    kept: int
    dropped: dict[str, int]


class CharacterCount(Record, frozen=True):
    """One character's share of the dataset; a name that two series share is two characters.

    probability: the mean over its lines. name, series: "" for the lines of nobody in particular.
    """

    name: str
    lines: int
    seconds: float
    episodes: int
    probability: float
    series: str = ""

    @property
    def who(self) -> str:
        """The written form, `show/Gus`; "" for the lines of nobody in particular."""
        return str(CharacterId(self.series, self.name)) if self.name else ""


class EpisodeCount(Record, frozen=True):
    """One episode's share. warnings: what a person should know; inputs: what it was built from."""

    id: str
    media: str
    duration: float
    lines: int
    seconds: float
    split: str
    warnings: tuple[str, ...] = ()
    inputs: EpisodeInputs = NO_INPUTS


class Quarantine(Record, frozen=True):
    """One episode that could not be built, and why."""

    id: str
    stage: str
    error: str


class Histogram(Record, frozen=True):
    """Counts between edges; `missing` had no value. median: of the values themselves, None without any."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0
    median: float | None = None


class Summary(Record, frozen=True):
    """Everything `summary.json` holds. hours: of media; speech_hours: of the lines in the dataset.

    older: episode that failed → its file in the dataset, which an earlier build made. No other number counts it.
    unused: subtitles, scripts and archives of the folder that belong to no episode → why.
    naming: sentences about characters who stay silent and voices that cannot be told apart.
    """

    series: tuple[str, ...]
    hours: float
    speech_hours: float
    lines: int
    waterfall: tuple[StageCount, ...]
    characters: tuple[CharacterCount, ...]
    episodes: tuple[EpisodeCount, ...]
    quarantined: tuple[Quarantine, ...]
    skipped: dict[str, str]
    splits: dict[str, int]
    languages: dict[str, int]
    tiers: dict[str, int]
    histograms: dict[str, Histogram]
    dialogues: int
    scenes: int
    mean_probability: float | None = None
    labels: tuple[LabelFigures, ...] = ()
    older: dict[str, str] = msgspec.field(default_factory=dict)
    unused: dict[str, str] = msgspec.field(default_factory=dict)
    naming: tuple[str, ...] = ()


EDGES = {
    "duration": np.arange(0, 15.5, 0.5),
    "probability": np.linspace(0, 1, 21),
    "agreement": np.linspace(0, 1, 21),
    "dnsmos": np.linspace(1, 5, 21),
    "snr_db": np.arange(-10, 52.5, 2.5),
}


def summarise(line: StagePlan, found: Scan, labels: tuple[LabelFigures, ...] = ()) -> Summary:
    """Return the summary of the finished run; reads each episode once. Raises DamagedError.

    labels: how right the names are, where another build gave them.
    """
    shards = [source.id for source in found.sources]
    tally = _Tally()
    last = line.stages[-1].name
    for shard in shards:
        probed, ended = line.folder("probe"), line.folder(last)
        if probed.records(shard).exists():
            (episode,) = stored_records(probed, shard, Episode)
            there = ended.records(shard).exists()
            kept = list(stored_records(ended, shard, Utterance)) if there else []
            notes = () if kept or not there else (_nothing(line, shard),)
            tally.add(episode, kept, notes, episode_inputs(line, episode))
    return Summary(
        series=tuple(sorted({shard.partition("/")[0] for shard in shards})),
        hours=round(sum(e.duration for e in tally.episodes) / 3600, 4),
        speech_hours=round(tally.seconds / 3600, 4),
        lines=tally.lines,
        waterfall=tuple(waterfall(line, shards)),
        characters=tally.characters(),
        episodes=tuple(tally.episodes),
        quarantined=tuple(
            Quarantine(f.shard, f.stage, f.error) for f in sorted(failures(line, shards), key=lambda f: f.shard)
        ),
        skipped={skip.path: skip.reason for skip in found.skipped},
        unused={left.path: left.reason for left in found.unused},
        splits=dict(sorted(tally.splits.items())),
        languages=dict(sorted(tally.languages.items())),
        tiers=dict(sorted(tally.tiers.items())),
        histograms={name: tally.histogram(name) for name in EDGES},
        dialogues=len(tally.dialogues),
        scenes=len(tally.scenes),
        mean_probability=tally.mean_probability(),
        labels=labels or label_figures(line, shards),
        naming=naming_sentences(line, shards),
    )


def _nothing(line: StagePlan, shard: str) -> str:
    """Say why an episode that was built has no line in the dataset."""
    dropped: Counter[str] = Counter()
    for stage in line.stages:
        if marker := line.folder(stage.name).read_marker(shard):
            dropped.update(marker.dropped)
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common())
    return f"no line of it is in the dataset: {reasons or 'no speech was found'}"


def waterfall(line: StagePlan, shards: list[str]) -> list[StageCount]:
    """Return what each stage that handles lines kept and dropped; a quarantined episode drops the lines it had."""
    counts: list[StageCount] = []
    before: dict[str, int] = {}
    names = [stage.name for stage in line.stages]
    for name in names[names.index("subtitles") :] if "subtitles" in names else []:
        markers = {shard: marker for shard in shards if (marker := line.folder(name).read_marker(shard))}
        dropped: Counter[str] = Counter()
        for marker in markers.values():
            dropped.update(marker.dropped)
        if lost := sum(kept for shard, kept in before.items() if shard not in markers):
            dropped["quarantined"] += lost
        kept, entered = sum(marker.kept for marker in markers.values()), sum(before.values())
        created = kept + sum(dropped.values()) - entered
        counts.append(StageCount(name, entered, created, kept, dict(sorted(dropped.items()))))
        before = {shard: marker.kept for shard, marker in markers.items()}
    return counts


@dataclass
class _Tally:
    """Counts the lines of the dataset."""

    episodes: list[EpisodeCount] = field(default_factory=list)
    lines: int = 0
    seconds: float = 0.0
    splits: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    dialogues: set[str] = field(default_factory=set)
    scenes: set[str] = field(default_factory=set)
    by_character: dict[str, list[tuple[float, str, float]]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, list[float | None]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self, episode: Episode, lines: list[Utterance], notes: tuple[str, ...], inputs: EpisodeInputs = NO_INPUTS
    ) -> None:
        seconds = sum(line.duration for line in lines)
        split = lines[0].split if lines else ""
        self.episodes.append(
            EpisodeCount(
                episode.id,
                episode.media,
                episode.duration,
                len(lines),
                round(seconds, 2),
                split,
                (*episode.warnings, *notes),
                inputs,
            )
        )
        self.lines += len(lines)
        self.seconds += seconds
        for line in lines:
            self._line(line)

    def _line(self, line: Utterance) -> None:
        self.splits[line.split] += 1
        self.languages[line.language] += 1
        quality, naming, place = line.quality, line.naming, line.place
        self.tiers[quality.tier if quality else ""] += 1
        if place:
            self.dialogues.add(place.dialogue)
            self.scenes.add(place.scene)
        if naming:
            self.by_character[line.who].append((line.duration, line.episode, naming.probability))
        self.values["duration"].append(line.duration)
        self.values["probability"].append(naming.probability if naming and naming.character else None)
        self.values["agreement"].append(line.transcript.agreement if line.transcript else None)
        self.values["dnsmos"].append(quality.dnsmos if quality else None)
        self.values["snr_db"].append(quality.snr_db if quality else None)

    def characters(self) -> tuple[CharacterCount, ...]:
        counts = [
            CharacterCount(
                spoken_name(who),
                len(rows),
                round(sum(seconds for seconds, _, _ in rows), 2),
                len({episode for _, episode, _ in rows}),
                round(float(np.mean([probability for _, _, probability in rows])), 4),
                CharacterId.parse(who).series,
            )
            for who, rows in self.by_character.items()
        ]
        return tuple(sorted(counts, key=lambda count: (-count.seconds, count.name, count.series)))

    def histogram(self, name: str) -> Histogram:
        values = self.values[name]
        present = np.array([value for value in values if value is not None], dtype=np.float64)
        edges = EDGES[name]
        counts, _ = np.histogram(np.clip(present, edges[0], edges[-1]), edges)
        return Histogram(
            edges=tuple(round(float(edge), 4) for edge in edges),
            counts=tuple(counts.tolist()),
            missing=len(values) - len(present),
            median=round(float(np.median(present)), 4) if len(present) else None,
        )

    def mean_probability(self) -> float | None:
        present = [value for value in self.values["probability"] if value is not None]
        return round(float(np.mean(present)), 4) if present else None


def as_json(summary: Summary) -> bytes:
    """Return the summary as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n"


def read_summary(data: bytes) -> Summary:
    """Return the summary of a `summary.json`."""
    return msgspec.json.decode(data, type=Summary)
