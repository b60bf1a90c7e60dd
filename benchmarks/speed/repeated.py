"""A series of any length: records and arrays of real episodes, repeated under new names, without sound."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from audiorole.audio.decode import Decoding
from audiorole.audio.pcm import Pcm
from audiorole.dataset.stages.series.converse import Converse
from audiorole.dataset.stages.series.correct import Correct
from audiorole.dataset.stages.series.curate import Curate
from audiorole.dataset.stages.series.dedup import Dedup
from audiorole.dataset.stages.series.name import Name
from audiorole.dataset.stages.series.publish import Publish, Samples
from audiorole.dataset.stages.signals.embed import Embed
from audiorole.dataset.stages.signals.enhance import Enhance
from audiorole.dataset.stages.signals.faces import ReadFaces
from audiorole.dataset.stages.signals.listen import Listen
from audiorole.dataset.stages.signals.probe import Probe
from audiorole.dataset.stages.words.subtitles import ReadSubtitles
from audiorole.models import fingerprint
from audiorole.pipeline.plan import SOURCES, StagePlan
from audiorole.pipeline.stage import Context, Outcome
from audiorole.pipeline.store import Marker, StageFolder, read_records, write_atomic
from audiorole.pipeline.work import EpisodeTask, run_task
from audiorole.pipeline.writer import ShardWriter
from audiorole.types import Episode, Record, Source, Utterance, encode

SERIES = "show"
GIVEN = {"probe": (), "listen": ("level", "speech", "fingerprint"), "embed": ("voices", "lines")}
WHOLE = "quality"  # the last stage before those of the series that always writes lines: they hold every field


@dataclass(frozen=True)
class PublishSilence(Publish):
    """Every line gets the same half second of silence: what is measured is a table and its rows, not its sound."""

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines as they are; write their rows."""
        lines, pcm = list(records), Pcm(Path(os.devnull), self.sample_rate, Decoding())
        (episode,) = context.records("probe", Episode)
        context.attach("parquet", lambda path: self._write(path, lines, pcm, {}, episode.content_hash))
        yield from lines

    def _audio(self, line: Utterance, pcm: Pcm, enhanced: dict[int, Samples]) -> bytes:
        return silence(pcm.sample_rate)


@cache
def silence(sample_rate: int) -> bytes:
    """Return half a second of it as FLAC."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(sample_rate // 2, np.int16), sample_rate, format="FLAC")
    return buffer.getvalue()


def repeated_plan(work: Path) -> StagePlan:
    """Return the line of a build whose stages of single episodes are given, but for those that need no sound."""
    given = (Probe(), Listen(), ReadSubtitles(), Enhance(), Embed(), ReadFaces())
    series = (Dedup(), Name(), Converse(), Correct(), Curate(keep_duplicates=True), PublishSilence())
    return StagePlan((*given, *series), work / "run", work, fingerprint)


def make_series(run: Path, plan: StagePlan, lines: int) -> tuple[list[Source], int, float]:
    """Repeat the episodes of a finished `run` until there are `lines` lines; return (episodes, lines, hours)."""
    probe = _folder(run, "probe").path
    templates = [str(path.relative_to(probe).with_suffix("")) for path in sorted(probe.glob("*/*.jsonl"))]
    sources: list[Source] = []
    made, seconds = 0, 0.0
    for template in cycle(templates):
        if made >= lines:
            break
        (episode,) = read_records(_folder(run, "probe").records(template), Episode)
        sources.append(Source(f"{SERIES}/e{len(sources):06d}", episode.media))
        made, seconds = made + _repeat(run, plan, template, episode, sources[-1]), seconds + episode.duration
    return sources, made, seconds / 3600


def _repeat(run: Path, plan: StagePlan, template: str, episode: Episode, source: Source) -> int:
    """Write one episode under its new name; return how many lines it has."""
    write_atomic(StageFolder(plan.root / SOURCES).records(source.id), bytes(encode(source)) + b"\n")
    lines = list(read_records(_folder(run, WHOLE).records(template), Utterance))
    renamed = [msgspec.structs.replace(line, id=f"{source.id}/{line.id.rpartition('/')[2]}") for line in lines]
    whole = [msgspec.structs.replace(episode, id=source.id, series=SERIES)]
    for stage in GIVEN:
        _give(run, plan, stage, (template, source.id), renamed if stage == "embed" else whole)
    run_task(EpisodeTask(plan, source.id, ("faces",)))  # off: its arrays are empty
    return len(lines)


def _folder(run: Path, stage: str) -> StageFolder:
    return StageFolder(next(run.glob(f"*-{stage}")))


def _give(run: Path, plan: StagePlan, stage: str, names: tuple[str, str], records: Sequence[Record]) -> None:
    """Write what a stage would have made of an episode. names: of the template and of its copy."""
    writer = ShardWriter(plan.folder(stage), names[1])
    for _ in writer.write(records):
        pass
    for name in GIVEN[stage]:
        source = _folder(run, stage).array(names[0], name)
        writer.attach(f"{name}.npy", lambda path, source=source: shutil.copyfile(source, path))  # type: ignore[misc]
    writer.commit(Marker(digest="repeated", kept=0, created=0, dropped={}, outputs={}))
