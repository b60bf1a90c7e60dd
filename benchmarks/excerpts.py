"""Minutes of dense dialogue cut out of a development series, and the stages' context that they are tried in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from audiorole.dataset.stages.signals.listen import Listen
from audiorole.dataset.stages.signals.probe import Probe
from audiorole.dataset.stages.words.subtitles import ReadSubtitles
from audiorole.dataset.subtitles.formats.arrows import clock
from audiorole.dataset.sync import HeardWords
from audiorole.types import Episode, Record, Source, Utterance
from truth import SAMPLE_RATE, decode

Floats = NDArray[np.float64]
SECONDS = 60.0


@dataclass(frozen=True)
class Excerpt:
    """A minute of an episode. truth: when its cues are spoken, `(num_cues, 2)` seconds; folder: media and subtitle."""

    name: str
    series: str
    episode: str
    number: int
    truth: Floats
    folder: Path

    def truth_of(self, lines: list[Utterance]) -> Floats:
        """Return when the lines' cues are spoken, `(num_lines, 2)`."""
        return self.truth[[line.cue.index - 1 for line in lines if line.cue]]

    def error(self, lines: list[Utterance], starts: Floats) -> float:
        """Return the median error in seconds of the lines that begin a cue; a line without a place is far off."""
        firsts = np.array([bool(line.cue and line.cue.part == 0) for line in lines])
        if not firsts.any():
            return float("inf")
        off = np.abs(starts - self.truth_of(lines)[:, 0])[firsts]
        return float(np.median(np.where(np.isfinite(off), off, 99.0)))


def cut(folders: list[Path], count: int, work: Path, parity: int | None) -> list[Excerpt]:
    """Return the densest minutes of the episodes of `folders`, `count` in all, spread evenly over the episodes.

    parity: 0 or 1 leaves out those of odd or even episodes.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.S*E*.json"))]
    excerpts = []
    for number, path in enumerate(paths):
        series, _, code = path.stem.rpartition(".")
        if parity is not None and int(code[-2:]) % 2 != parity:
            continue
        wanted = count * (number + 1) // len(paths) - count * number // len(paths)
        content = json.loads(path.read_text(encoding="utf-8"))
        cues = [cue for cue in content["cues"] if cue["lines"]]
        waveform = None
        for start in _densest(cues, content["duration"], wanted):
            folder = work / f"{path.stem}-{start:.0f}"
            if not folder.exists():
                waveform = decode(path.parent / content["audio"]) if waveform is None else waveform
                _write(folder, cues, waveform, start)
            truth = np.array([(cue["start"] - start, cue["end"] - start) for cue in _inside(cues, start)])
            excerpts.append(Excerpt(folder.name, series, path.stem, int(code[-2:]), truth, folder))
    return excerpts


def _densest(cues: list[dict[str, float]], duration: float, wanted: int) -> list[float]:
    """Return the starts of the minutes with most dialogue that do not overlap."""
    talking = np.zeros(int(duration) + 1)
    for cue in cues:
        talking[int(cue["start"]) : int(cue["end"]) + 1] = 1
    starts = np.arange(5, int(duration - SECONDS) - 5, 5)
    chosen: list[float] = []
    for start in sorted(starts, key=lambda start: -talking[start : start + int(SECONDS)].sum()):
        if len(chosen) < wanted and all(abs(start - other) >= SECONDS for other in chosen):
            chosen.append(float(start))
    return chosen


def _inside(cues: list[dict[str, float]], start: float) -> list[dict[str, float]]:
    return [
        cue
        for cue in cues
        if min(cue["start"], cue["srt_start"]) >= start and max(cue["end"], cue["srt_end"]) <= start + SECONDS
    ]


def _write(folder: Path, cues: list[dict[str, float]], waveform: NDArray[np.float32], start: float) -> None:
    folder.mkdir(parents=True)
    part = waveform[round(start * SAMPLE_RATE) : round((start + SECONDS) * SAMPLE_RATE)]
    soundfile.write(folder / "excerpt.flac", part, SAMPLE_RATE, subtype="PCM_16")
    blocks = (
        f"{number}\n{clock(cue['srt_start'] - start)} --> {clock(cue['srt_end'] - start)}\n{cue['text']}\n"
        for number, cue in enumerate(_inside(cues, start), start=1)
    )
    (folder / "excerpt.srt").write_text("\n".join(blocks), encoding="utf-8")


@dataclass
class Bench:
    """The context of the stages of one excerpt; what was heard is kept in its folder."""

    folder: Path
    episode: Episode | None = None
    lines: list[Utterance] = field(default_factory=list)
    arrays: dict[tuple[str, str], NDArray[np.generic]] = field(default_factory=dict)
    memory: dict[str, object] = field(default_factory=dict)
    stage: str = ""

    @property
    def shard(self) -> str:
        return "excerpt/s01e01"

    @property
    def inputs(self) -> Path:
        return self.folder

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    def records(self, stage: str, kind: type[Record]) -> list[Record]:
        assert kind is Episode
        assert self.episode is not None
        return [self.episode]

    def array(self, stage: str, name: str) -> NDArray[np.generic]:
        return self.arrays[stage, name]

    def save(self, name: str, array: NDArray[np.generic]) -> None:
        self.arrays[self.stage, name] = array

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        write(self.folder / suffix)

    def content_hash(self, path: Path) -> str:
        return "0" * 64

    def shared(self, key: str, make: Callable[[], object]) -> object:
        if key not in self.memory:
            self.memory[key] = self._remembered() if key.startswith("heard:") else make()
        return self.memory[key]

    @property
    def heard_seconds(self) -> float:
        """Seconds that words were recognised in."""
        return sum(span.end - span.start for span in self._spans())

    def keep(self) -> None:
        """Write down what was heard, for the next run."""
        (self.folder / "heard.json").write_bytes(msgspec.json.encode(self._spans()))

    def _spans(self) -> list[HeardWords]:
        return [span for key, known in self.memory.items() if key.startswith("heard:") for span in known.values()]

    def _remembered(self) -> dict[tuple[float, float], HeardWords]:
        path = self.folder / "heard.json"
        known = msgspec.json.decode(path.read_bytes(), type=list[HeardWords]) if path.exists() else []
        return {(span.start, span.end): span for span in known}


def prepared(excerpt: Excerpt, work: Path) -> Bench:
    """Return the excerpt after `probe`, `listen` and `subtitles`."""
    bench = Bench(excerpt.folder, stage="listen")
    (bench.episode,) = Probe().run([Source(bench.shard, "excerpt.flac")], bench)
    list(Listen().run([bench.episode], bench))
    stage = ReadSubtitles(identifier="", spoken_language="")
    bench.lines = [line for line in stage.run([bench.episode], bench) if isinstance(line, Utterance)]
    return bench
