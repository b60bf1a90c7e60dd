"""A finished build made without media or models: every file that a report reads, with real markers and summary."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audiorole.dataset.build import BUILT, Built
from audiorole.dataset.input.scan import Scan, Skipped
from audiorole.dataset.result.summary import as_json, summarise
from audiorole.dataset.stages import STAGES
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.run import resolved
from audiorole.pipeline.stage import EpisodeStage, Stage
from audiorole.pipeline.store import Failure, Marker, StageFolder, write_atomic
from audiorole.pipeline.writer import ShardWriter
from audiorole.published.schema import row, schema
from audiorole.types import (
    AudioStream,
    Cue,
    Dropped,
    Episode,
    Evidence,
    Naming,
    Place,
    Quality,
    Record,
    Source,
    Speech,
    Transcript,
    Utterance,
)

CAST = ("Ada", "Bruno", "Cleo", "Dr. Okafor", "Edda", "")
SAMPLE_RATE = 16000
SAID = (
    "Did you hear that?",
    "It came from behind the old printing press.",
    "You always say that, and it is always the cat.",
    "Not this time. Listen.",
    "I have been listening to this house for forty years, and it has never once said anything new.",
    "Then who moved the ladder?",
)


@dataclass(frozen=True)
class FakeBuild:
    """What to make. bad: shards that are quarantined; text: put in place of every line's text where given.

    bare: lines have times and text alone, as where a recipe names few stages.
    """

    episodes: int = 3
    lines: int = 40
    series: str = "night-desk"
    bad: tuple[str, ...] = ()
    text: str = ""
    audio: bool = True
    bare: bool = False

    def write(self, out: Path) -> Path:
        """Write the build into `out` and return it."""
        shards = [f"{self.series}/s01e{number:02d}" for number in range(1, self.episodes + 1)]
        line = fake_line(out)
        for shard in shards:
            self._episode(line, shard)
        found = Scan(out, tuple(Source(id=s, media=f"{s}.mkv") for s in shards), (Skipped("x.wav", "a <b>copy</b>"),))
        write_atomic(out / "recipe.json", resolved(line) + b"\n")
        built = Built(str(out), tuple(stage.name for stage in line.stages))
        write_atomic(out / "run" / BUILT, msgspec.json.encode(built))
        write_atomic(out / "summary.json", as_json(summarise(line, found)))
        return out

    def _episode(self, line: StagePlan, shard: str) -> None:
        rng = random.Random(shard)
        lines = [self._utterance(shard, number, rng) for number in range(1, self.lines + 1)]
        duration = lines[-1].end + 5 if lines else 10.0
        stream = AudioStream(0, "aac")
        episode = Episode(
            shard, self.series, f"{shard}.mkv", "0" * 64, duration, stream, warnings=("track 3 holds pictures",)
        )
        for name in ("probe", "listen"):
            _write(line.folder(name), shard, [episode])
        for name in list(STAGES)[2:]:
            if shard in self.bad and name == "embed":
                note = Failure(shard, name, "night.mkv: the <video> ends in the middle")
                write_atomic(line.folder(name).failure(shard), msgspec.json.encode(note))
                return
            dropped = list(_drops(name, shard, lines))
            gone = {drop.id for drop in dropped}
            lines = [found for found in lines if found.id not in gone]
            _write(line.folder(name), shard, [*dropped, *lines])
        _write_sync(line.folder("sync"), shard)
        if self.audio:
            _write_table(line.folder("publish").attachment(shard, "parquet"), lines)

    def _utterance(self, shard: str, number: int, rng: random.Random) -> Utterance:
        who, start = rng.choice(CAST), number * 4.0 + rng.random()
        probability = rng.choice((1.0, 0.99, 0.97, 0.8, rng.random()))
        text = self.text or rng.choice(SAID)
        identity, source = f"{shard}/u{number:05d}", f"{shard}.srt"
        if self.bare:
            return Utterance(identity, round(start, 3), round(start + 2, 3), text)
        aside, overlap, music = number % 9 == 0, 0.4 * (number % 7 == 0), 0.5 * (number % 11 == 0)
        return Utterance(
            identity,
            round(start, 3),
            round(start + rng.uniform(0.2, 3.8), 3),
            text,
            text.lower(),
            "en",
            cue=Cue(source, number, start, start + 2, text, line=4 * number, speaker=who.upper(), italic=aside),
            speech=Speech(0.9, overlap_share=overlap, music_share=music),
            transcript=Transcript(text.replace("the", "a"), "en", round(rng.uniform(0.4, 1), 3), 0.9, "whisper"),
            quality=Quality(rng.choice("AAB"), round(rng.uniform(2.2, 3.6), 2), rng.uniform(5, 40)),
            naming=Naming(who, probability, "voice_01", rng.choice(CAST), round(1 - probability, 4), _evidence(rng)),
            place=Place(f"{shard}/c{number // 15:03d}", f"{shard}/d{number // 15:03d}.01", number % 15),
            split="test" if shard.endswith("02") else "train",
        )


FIELDS = {"curate": (("min_duration", 0.3), ("min_agreement", 0.2)), "quality": (("tier_a", 3.0), ("tier_b", 2.5))}


def fake_line(out: Path) -> StagePlan:
    """Return a line with the names of the real stages, and the fields that the report reads of their recipe."""
    return StagePlan(tuple(_stage(name) for name in STAGES), out / "run", out, lambda kind, reference: "0")


def _stage(name: str) -> Stage:
    fields = [(field, float, value) for field, value in FIELDS.get(name, ())]
    stage: Stage = make_dataclass(name, fields, bases=(EpisodeStage,), namespace={"name": name}, frozen=True)()
    return stage


def _evidence(rng: random.Random) -> tuple[Evidence, ...]:
    return (
        Evidence("voice", round(rng.uniform(-1, 6), 2)),
        Evidence("turn", round(rng.uniform(-1, 1), 2)),
        Evidence("seed", round(rng.uniform(0, 5), 2), "sdh ADA, s01e01.srt:44"),
    )


def _drops(stage: str, shard: str, lines: list[Utterance]) -> Iterator[Dropped]:
    if stage == "subtitles":
        cue = msgspec.json.encode({"index": 1, "start": 0.0, "reason": "sound_only", "shown": "(DOOR SLAMS)"})
        yield Dropped(f"{shard}/cue:1", "sound_only", "s.srt:1: (DOOR SLAMS)", msgspec.Raw(cue))
        yield Dropped(f"{shard}/file:b.srt", "other_subtitles", "b.srt: not needed")
    if stage == "segment":
        yield from (Dropped.of(line, "no_speech", "0% of the span") for line in lines[5::13])
    if stage == "curate":
        yield from (Dropped.of(line, "too_short", f"{line.duration:.2f} s") for line in lines if line.duration < 0.6)


def _write(folder: StageFolder, shard: str, records: list[Record]) -> None:
    writer = ShardWriter(folder, shard)
    for _ in writer.write(records):
        pass
    writer.commit(Marker("0", 0, 0, {}, {}))


def _write_sync(folder: StageFolder, shard: str) -> None:
    piece = {"start": -1e6, "end": 1e6, "offset": 1.25}
    note = {"accepted": True, "confidence": 0.97, "reason": "", "pieces": [piece]}
    write_atomic(folder.attachment(shard, "sync.json"), msgspec.json.encode(note))


def _write_table(path: Path, lines: list[Utterance]) -> None:
    rows = [row(line, tone(line), "flac", "0" * 64) for line in lines]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema(SAMPLE_RATE)), path, row_group_size=16)


def tone(line: Utterance) -> bytes:
    """Return a line's audio as FLAC: a pulsing tone as long as the line."""
    time = np.arange(int(line.duration * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 110 + 20 * (sum(map(ord, line.character)) % 13)
    samples = 0.3 * np.sin(2 * np.pi * pitch * time) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time + pitch))
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def with_text(text: str) -> FakeBuild:
    """Return a small build in which every line says `text`."""
    return FakeBuild(episodes=1, lines=8, text=text, audio=False)
