"""Restore: the lines of a rebuild pack, at their places in this copy, with the words of its own subtitles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.dataset.lines.text import normalised
from audiorole.dataset.pack.archive import RebuildPack
from audiorole.dataset.pack.records import EpisodeReport, Located, PackedLine, TextCounts
from audiorole.dataset.pack.texts import Found, OwnText
from audiorole.dataset.sync import judge
from audiorole.errors import InputError
from audiorole.models import load_model, missing_weights
from audiorole.models.ports import Transcriber
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Cue, Dropped, Episode, Record, Source, Transcript, Utterance, Word
from audiorole.types.record import narrowed

PACK, LOCATED, REPORT = "pack.zip", "run/aligned", "rebuild.json"
"""In the output folder: the pack; where its episodes lie in this copy. Beside an episode's records: its report."""

LEAST_LINE = 0.70
"""Share of equal bits that a line must have; the worst line in a hundred of a sped-up Opus copy has 0.79."""

NOISE = 0.5
"""By this over the root of its bits a short line may have less: what chance takes from one."""

BITS_PER_SECOND = 250
BATCH = 32


@dataclass(frozen=True)
class Restore(EpisodeStage[Utterance]):
    """transcriber: hears lines whose text is in no subtitle; "" leaves them without."""

    name: ClassVar[str] = "restore"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.005
    transcriber: str = ""

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The pack, and where the episode lies in its file."""
        return (home / PACK, home / LOCATED / f"{narrowed(source, Source).id}.json")

    def models(self) -> tuple[tuple[str, str], ...]:
        """The transcriber, where its weights are at hand."""
        known = self.transcriber and not missing_weights("transcriber", self.transcriber)
        return (("transcriber", self.transcriber),) if known else ()

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the pack's lines that this copy has; drop those that it has not, and the subtitle's own rows."""
        (episode,) = context.records("probe", Episode)
        work = _Restoring(self, context, episode, list(records))
        outcomes = list(work.outcomes())
        context.attach(REPORT, work.write_report)
        yield from outcomes


@dataclass
class _Restoring:
    """One episode."""

    stage: Restore
    context: Context
    episode: Episode
    cues: list[Utterance]
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        pack = _opened(self.context.home / PACK)
        self.located = read_located(self.context.home / LOCATED / f"{self.episode.id}.json")
        self.lines = pack.lines(self.episode.id)
        self.sealing = pack.manifest.sealing
        self.own = OwnText((), self.sealing)
        self.used: set[int] = set()

    def outcomes(self) -> Iterator[Outcome]:
        kept: list[tuple[PackedLine, Utterance]] = []
        for line, heard in zip(self.lines, self.located.heard, strict=True):
            outcome = self._placed(line, heard)
            if isinstance(outcome, Dropped):
                self.dropped[outcome.reason] += 1
                yield outcome
            else:
                kept.append((line, outcome))
        there = {line.id for line, _ in kept}
        places = [place for _, place in kept]
        self.own = OwnText(on_the_clock(self.cues, places, self.episode.duration), self.sealing)
        restored = [self._with_text(line, place, there) for line, place in kept]
        yield from self._heard(restored)
        yield from self._rows()

    def _placed(self, line: PackedLine, heard: float | None) -> Utterance | Dropped:
        place = self.located.alignment.place(line.start, line.end)
        if place is None or heard is None:
            return Dropped.of(line, "not_in_this_copy", "a cut, or the end of the recording")
        least = LEAST_LINE - NOISE / np.sqrt(max(1.0, BITS_PER_SECOND * (line.end - line.start)))
        if heard < least:
            return Dropped.of(line, "sounds_otherwise", f"{heard:.0%} of the sound print agree")
        start, end = max(0.0, place[0]), min(self.episode.duration, place[1])
        return Utterance(line.id, round(start, 3), round(max(start, end), 3), "")

    def _with_text(self, line: PackedLine, place: Utterance, there: set[str]) -> Utterance:
        if line.text:
            found, shown = Found(line.text, "exact"), line.shown
        else:
            found = self.own.find(line.id, place.start, place.end, line.sealed)
            shown = found.text
        self.used.update(found.cues)
        self.counts[found.source] += 1
        return Utterance(
            id=line.id,
            start=place.start,
            end=place.end,
            text=found.text,
            normalised=normalised(found.text),
            language=line.language,
            cue=self._cue(line, found, shown),
            speech=line.speech,
            transcript=self._transcript(line, place, found.text),
            quality=line.quality,
            naming=line.naming,
            place=line.place and msgspec.structs.replace(
                line.place, context=tuple(one for one in line.place.context if one in there)
            ),
            duplicate_of=line.duplicate_of,
            split=line.split,
        )  # fmt: skip

    def _cue(self, line: PackedLine, found: Found, shown: str) -> Cue | None:
        """Return the row of this copy's subtitle that the text is from, with what the pack says of the original's."""
        if not line.has_cue:
            return None
        own = self.cues[found.cues[0]].cue if found.cues else None
        cue = own or Cue(source="pack", index=0, start=line.start, end=line.end, shown="")
        return msgspec.structs.replace(cue, shown=shown, speaker=line.cue_speaker, italic=line.off_screen)

    def _transcript(self, line: PackedLine, place: Utterance, text: str) -> Transcript | None:
        if line.agreement is None and not line.method:
            return None
        words = text.split()
        scale = (place.end - place.start) / max(line.end - line.start, 1e-3)
        known = line.times if len(words) == len(line.times) else ()

        def moved(time: float) -> float:
            return round(place.start + scale * (time - line.start), 3)

        times = tuple(
            Word(word, moved(start), moved(end), probability)
            for word, (start, end, probability) in zip(words, known, strict=bool(known))
        )
        return Transcript(agreement=line.agreement, method=line.method, words=times)

    def _heard(self, lines: Sequence[Utterance]) -> Iterator[Utterance]:
        """Yield the lines; those without a text are listened to, where the stage names who listens."""
        silent = [line for line in lines if not line.text]
        texts: dict[str, str] = {}
        if silent and self.stage.models():
            pcm = episode_audio(self.context, self.episode.media, self.episode.audio)
            listener: Transcriber = load_model("transcriber", self.stage.transcriber)
            for first in range(0, len(silent), BATCH):
                batch = silent[first : first + BATCH]
                found = listener.transcribe([pcm.read(line.start, line.end) for line in batch], batch[0].language)
                texts |= {line.id: one.text.strip() for line, one in zip(batch, found, strict=True)}
        for line in lines:
            if text := texts.get(line.id, ""):
                self.counts["none"] -= 1
                self.counts["heard"] += 1
                line = msgspec.structs.replace(line, text=text, normalised=normalised(text))
            yield line

    def _rows(self) -> Iterator[Dropped]:
        """Yield a drop for each row of this copy's subtitle: its words were used, or are no line of the pack."""
        for number, cue in enumerate(self.cues):
            reason = "used_as_text" if number in self.used else "not_in_the_pack"
            row = f"{self.episode.id}/row:{number + 1}"
            yield msgspec.structs.replace(Dropped.of(cue, reason, cue.text[:200]), id=row)

    def write_report(self, path: Path) -> None:
        """Write the episode's report."""
        path.write_bytes(msgspec.json.encode(self.report()))

    def report(self) -> EpisodeReport:
        heard = [share for share in self.located.heard if share is not None]
        pieces = self.located.alignment.pieces
        return EpisodeReport(
            id=self.episode.id,
            media=self.episode.media,
            lines=len(self.lines),
            restored=sum(self.counts.values()),
            texts=TextCounts(**{name: self.counts[name] for name in TextCounts.__struct_fields__}),
            pieces=len(pieces),
            rate=round(float(np.median([piece.rate for piece in pieces])), 5) if pieces else 1.0,
            agreement=round(float(np.median(heard)), 3) if heard else 0.0,
            dropped=dict(sorted(self.dropped.items())),
        )


def on_the_clock(cues: Sequence[Utterance], lines: Sequence[Utterance], duration: float) -> list[Utterance]:
    """Return a subtitle's rows where they belong in a copy, of which it is known where its `lines` are.

    What sync does with the speech that it hears, done with speech whose place is known: over offsets, rates and cuts.
    Rows that fit nowhere stay at their own times.
    """
    times = np.array([(cue.start, cue.end) for cue in cues], dtype=np.float64).reshape(-1, 2)
    found = judge(times, [cue.text for cue in cues], _known_speech(lines, duration), FRAME_RATE, duration)
    mapped = found.map(times) if found.accepted else times
    return [
        msgspec.structs.replace(cue, start=float(start), end=float(end))
        for cue, (start, end) in zip(cues, mapped, strict=True)
    ]


def _known_speech(lines: Sequence[Utterance], duration: float) -> NDArray[np.float32]:
    """Return 1 for each frame in a line and 0 for all others."""
    speech = np.zeros(max(1, round(duration * FRAME_RATE)), dtype=np.float32)
    for line in lines:
        speech[round(line.start * FRAME_RATE) : round(line.end * FRAME_RATE)] = 1.0
    return speech


@lru_cache(maxsize=2)
def _opened(path: Path) -> RebuildPack:
    return RebuildPack(path)


def read_located(path: Path) -> Located:
    """Return where an episode lies in its file. Raises InputError where the note of it is gone or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Located)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(str(path), f"cannot be read ({error}); run the same rebuild again") from error
