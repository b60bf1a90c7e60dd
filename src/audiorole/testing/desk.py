"""What stages are tested on: lines made in a word, and contexts that hold records and arrays in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.pipeline.stage import Made, Outcome
from audiorole.types import AudioStream, Cue, Dropped, Episode, Naming, Quality, Speech, Transcript, Utterance
from audiorole.types.plain import Array
from audiorole.types.record import RecordT, narrowed
from audiorole.types.utterance import Place

EPISODE = Episode("show/s01e01", "show", "s01e01.flac", "0" * 64, 60.0, AudioStream(0, "flac"))
FRAME_RATE = 31.25


class LineFields(TypedDict, total=False):
    """What a line of a test has. speaker: what its cue says; who, probability: its naming; agreement: its score."""

    episode: str
    speaker: str
    who: str
    probability: float
    agreement: float
    speech_share: float
    normalised: str
    language: str
    cue: Cue | None
    speech: Speech | None
    transcript: Transcript | None
    quality: Quality | None
    naming: Naming | None
    place: Place | None
    duplicate_of: str
    split: str


_ASIDE = ("episode", "speaker", "who", "probability", "agreement", "speech_share")


def line(number: int, start: float, end: float, text: str = "Well then.", **fields: Unpack[LineFields]) -> Utterance:
    """Return line `number` of an episode, with what `LineFields` says."""
    own: dict[str, object] = {name: value for name, value in fields.items() if name not in _ASIDE}
    if "speaker" in fields:
        cue = Cue("a.srt", number, start, end, text, speaker=fields["speaker"], speaker_source="sdh")
        own.setdefault("cue", cue)
    if "who" in fields:
        own["naming"] = Naming(fields["who"], fields.get("probability", 1.0))
    if "agreement" in fields:
        own["transcript"] = Transcript(agreement=fields["agreement"])
    if "speech_share" in fields:
        own["speech"] = Speech(fields["speech_share"])
    blank = Utterance(f"{fields.get('episode', EPISODE.id)}/u{number:05d}", start, end, text)
    return msgspec.structs.replace(blank, **own)


def frames(seconds: float, *spans: tuple[float, float], value: int = 100) -> NDArray[np.uint8]:
    """Return a curve of percent with `value` inside `spans` and 0 outside."""
    curve = np.zeros(round(seconds * FRAME_RATE), dtype=np.uint8)
    for start, end in spans:
        curve[round(start * FRAME_RATE) : round(end * FRAME_RATE)] = value
    return curve


def curves(seconds: float, *spans: tuple[float, float], **others: Array) -> dict[tuple[str, str], Array]:
    """Return the arrays of `listen` with speech in `spans`."""
    speech = frames(seconds, *spans)
    level = np.where(speech > 0, -20.0, -60.0).astype(np.float16)
    nothing: dict[str, Array] = dict.fromkeys(("overlap", "change", "music"), np.zeros_like(speech))
    given: dict[str, Array] = {"speech": speech, "level": level, **nothing, **others}
    return {("listen", name): array for name, array in given.items()}


@dataclass
class Desk:
    """An episode stage's context."""

    arrays: dict[tuple[str, str], Array] = field(default_factory=dict)
    episode: Episode = EPISODE
    inputs: Path = Path()
    home: Path = Path()
    scratch: Path = Path()
    saved: dict[str, Array] = field(default_factory=dict)
    pcm: object = None
    kept: dict[str, object] = field(default_factory=dict)

    @property
    def shard(self) -> str:
        """The id of the episode."""
        return self.episode.id

    def records(self, stage: str, kind: type[RecordT]) -> list[RecordT]:
        """Return the episode: what `probe` gave is all that a stage reads of others."""
        assert (stage, kind) == ("probe", Episode)
        return [cast(RecordT, self.episode)]

    def array(self, stage: str, name: str) -> Array:
        """Return what was laid on the desk under (stage, name)."""
        return self.arrays[stage, name]

    def file(self, stage: str, suffix: str) -> Path | None:
        """Return no file: nothing was attached."""
        return None

    def save(self, name: str, array: Array) -> None:
        """Keep an array in `saved`."""
        self.saved[name] = array

    def attach(self, suffix: str, write: Callable[[Path], None]) -> None:
        """Let `write` make a file in `scratch`."""
        write(self.scratch / suffix)

    def shared(self, key: str, make: Callable[[], Made]) -> Made:
        """Return the audio that was given to the desk, else what `make` makes, made once."""
        if self.pcm and key.startswith("pcm:"):
            return cast(Made, self.pcm)
        if key not in self.kept:
            self.kept[key] = make()
        return cast(Made, self.kept[key])


@dataclass
class SeriesDesk:
    """A series stage's context: shard → lines, (shard, array) → values."""

    lines: dict[str, list[Utterance]]
    arrays: dict[tuple[str, str], Array] = field(default_factory=dict)
    series: str = "show"

    @property
    def shards(self) -> Sequence[str]:
        """The shards of the series, in order."""
        return sorted(self.lines)

    def read(self, shard: str, kind: type[RecordT]) -> Iterator[RecordT]:
        """Yield the lines of a shard; kind: `Utterance`."""
        return (narrowed(line, kind) for line in self.lines[shard])

    saved: dict[tuple[str, str], Array] = field(default_factory=dict)

    def array(self, shard: str, stage: str, name: str) -> Array:
        """Return what was laid on the desk under (shard, name)."""
        return self.arrays.get((shard, name), np.zeros(0, np.int32)) if stage == "name" else self.arrays[shard, name]

    def save(self, shard: str, name: str, array: Array) -> None:
        """Keep an array in `saved`."""
        self.saved[shard, name] = array


def parted(outcomes: Iterable[Outcome]) -> tuple[list[Utterance], list[tuple[str, str]]]:
    """Return (kept, [(id, reason)] of the dropped)."""
    found = list(outcomes)
    kept = [cast(Utterance, outcome) for outcome in found if not isinstance(outcome, Dropped)]
    return kept, [(outcome.id, outcome.reason) for outcome in found if isinstance(outcome, Dropped)]
