"""Make a pack of a finished build: its media are heard once more, its texts sealed."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import soundfile

import audiorole
from audiorole.audio.pcm import decode_to_pcm
from audiorole.audio.prints import Levels, Print, levels_of, print_of
from audiorole.core.progress import Progress, Silent
from audiorole.dataset.build import finished_plan
from audiorole.dataset.names.decision_file import read_log
from audiorole.dataset.pack.archive import DECISIONS, lines_name, print_name, write_archive
from audiorole.dataset.pack.records import HASHED, READABLE, SCHEMA, Manifest, PackedEpisode, PackedLine, Sealing
from audiorole.dataset.pack.texts import seal
from audiorole.dataset.result.summary import Summary, read_summary
from audiorole.errors import InputError
from audiorole.naming.answers.decisions import CORRECTIONS, Decision, encode_log
from audiorole.pipeline.contexts import stored_records
from audiorole.pipeline.plan import StagePlan
from audiorole.published.reader import read_rows
from audiorole.types import Episode, Utterance, encode

PRINT_RATE = 8000
"""Hz at which media are heard for their prints."""

BLOCK_SECONDS = 60.0

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class PackResult:
    """What was written. seconds: of media; size: bytes of the file; readable: whether its texts can be read."""

    path: Path
    episodes: int
    lines: int
    seconds: float
    size: int
    print_bytes: int
    readable: bool


def make_pack(
    out: Path, target: Path, with_text: bool = False, workers: int = 1, progress: Progress | None = None
) -> PackResult:
    """Write the pack of the build in `out` as the new file `target`. Equal builds give equal bytes.

    with_text: texts are readable, and corrections of them are in it; without, neither text nor audio can be got out of
    it but by guessing. Raises InputError where `out` holds no finished build, its media are gone or `target` is there.
    """
    if target.exists():
        raise InputError(str(target), "is already there; remove it, or choose another --out")
    maker = _Maker(finished_plan(out), _summary(out), with_text)
    progress = progress or Silent()
    prints = dict(parallel(maker.print, maker.episodes, workers, "hearing", progress))
    sealing = Sealing(_salt(prints, maker.episodes))
    members: dict[str, bytes] = {}
    packed = list(parallel(partial(maker.lines, sealing=sealing), maker.episodes, workers, "sealing", progress))
    for number, (episode, lines) in enumerate(packed, start=1):
        members[print_name(number)] = prints[episode.id].tobytes()
        members[lines_name(number)] = b"".join(bytes(encode(line)) + b"\n" for line in lines)
    if decisions := _decisions(out, with_text):
        members[DECISIONS] = encode_log(decisions)
    manifest = Manifest(
        schema=SCHEMA,
        made_by=audiorole.__version__,
        text=READABLE if with_text else HASHED,
        sealing=sealing,
        episodes=tuple(
            PackedEpisode(episode.id, number, episode.duration, len(lines), _language(lines))
            for number, (episode, lines) in enumerate(packed, start=1)
        ),
        members={},
        publish=maker.publish,
        labels=maker.summary.labels,
    )
    write_archive(target, manifest, members)
    return PackResult(
        path=target,
        episodes=len(packed),
        lines=sum(len(lines) for _, lines in packed),
        seconds=sum(episode.duration for episode, _ in packed),
        size=target.stat().st_size,
        print_bytes=sum(len(one) for one in prints.values()),
        readable=with_text,
    )


def parallel(
    work: Callable[[ItemT], ResultT], items: Sequence[ItemT], workers: int, title: str, progress: Progress
) -> Iterator[ResultT]:
    """Yield work(item) in the order of the items, on threads: decoding, transforms and hashing need no lock."""
    keys = [str(getattr(item, "id", item)) for item in items]
    progress.start(title, dict.fromkeys(keys, 1.0))
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for key, result in zip(keys, pool.map(work, items), strict=True):
            progress.done(key, [])
            yield result


def _summary(out: Path) -> Summary:
    try:
        return read_summary((out / "summary.json").read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(str(out), f"holds no finished build ({error}); make one: audiorole build") from error


class _Maker:
    """What is read of a build."""

    def __init__(self, plan: StagePlan, summary: Summary, with_text: bool) -> None:
        self.plan, self.summary, self.with_text = plan, summary, with_text
        listed = [count.id for count in summary.episodes if count.lines]
        self.episodes = [next(iter(stored_records(plan.folder("probe"), shard, Episode))) for shard in listed]
        if not self.episodes:
            raise InputError(str(plan.home), "holds no line that could be packed")
        if gone := [one.media for one in self.episodes if not (plan.inputs / one.media).is_file()]:
            told = f"{gone[0]} is not in {plan.inputs}"
            raise InputError(str(plan.home), f"was built from media that are needed once more, and {told}; put it back")

    @property
    def publish(self) -> dict[str, object]:
        """The settings that say how audio is published."""
        stage = next((stage for stage in self.plan.stages if stage.name == "publish"), None)
        return {key: getattr(stage, key) for key in ("sample_rate", "codec")} if stage else {}

    def print(self, episode: Episode) -> tuple[str, Print]:
        """Return the episode's id and its sound print."""
        media, stream = self.plan.inputs / episode.media, episode.audio
        return episode.id, print_of(levels_of_media(media, stream.index, stream.channel))

    def lines(self, episode: Episode, sealing: Sealing) -> tuple[Episode, list[PackedLine]]:
        """Return the episode with its lines, packed."""
        last = self.plan.folder(self.plan.stages[-1].name)
        lines = list(stored_records(last, episode.id, Utterance))
        sounds = self._sounds(episode)
        return episode, [self._line(line, sounds.get(line.id, ""), sealing) for line in lines]

    def _sounds(self, episode: Episode) -> dict[str, str]:
        """Return line → hash of its published samples."""
        if not self.publish:
            return {}
        path = self.plan.folder("publish").attachment(episode.id, "parquet")
        return sound_hashes(path) if path.is_file() else {}

    def _line(self, line: Utterance, sound: str, sealing: Sealing) -> PackedLine:
        cue, transcript, naming = line.cue, line.transcript, line.naming
        sealed = seal(line.text, line.id, sealing) if line.text and not self.with_text else None
        if naming and not self.with_text:  # a note may quote what is said
            ledger = tuple(msgspec.structs.replace(entry, note="") for entry in naming.evidence)
            naming = msgspec.structs.replace(naming, evidence=ledger)
        return PackedLine(
            id=line.id,
            start=line.start,
            end=line.end,
            language=line.language,
            split=line.split,
            sealed=sealed,
            text=line.text if self.with_text else "",
            shown=cue.shown if cue and self.with_text else "",
            has_cue=cue is not None,
            cue_speaker=cue.speaker if cue else "",
            off_screen=bool(cue and cue.italic),
            times=tuple((word.start, word.end, word.probability) for word in (transcript.words if transcript else ())),
            agreement=transcript.agreement if transcript else None,
            method=transcript.method if transcript else "",
            speech=line.speech,
            quality=line.quality,
            naming=naming,
            place=line.place,
            duplicate_of=line.duplicate_of,
            sound=sound,
        )


def _language(lines: Sequence[PackedLine]) -> str:
    """Return the language of most lines."""
    return Counter(line.language for line in lines).most_common(1)[0][0]


def _salt(prints: dict[str, Print], episodes: Sequence[Episode]) -> str:
    """Return a salt that is this dataset's own, made of nothing that would tell a guess of a text right."""
    digest = hashlib.sha256(b"audiorole pack 1")
    for episode in episodes:
        digest.update(f"\x1f{episode.id}\x1f{episode.duration}\x1f".encode() + prints[episode.id].tobytes())
    return digest.hexdigest()[:32]


def _decisions(out: Path, with_text: bool) -> list[Decision]:
    """Return what was decided about names; what holds a text, or a quick hash of one, only where texts are readable."""
    log = read_log(out)
    if with_text:
        return log
    hidden = {one.id for one in log if one.kind in CORRECTIONS or one.was}
    return [one for one in log if one.id not in hidden and not (one.kind == "undo" and one.subject in hidden)]


def levels_of_media(media: Path, stream: int, channel: int = -1) -> Levels:
    """Return the levels of an audio stream. Raises InputError as `decode` does."""
    with tempfile.TemporaryDirectory(prefix="audiorole-") as scratch:
        pcm = decode_to_pcm(media, stream, PRINT_RATE, Path(scratch), channel)
        try:
            return levels_of((block for _, block in pcm.blocks(BLOCK_SECONDS)), PRINT_RATE)
        finally:
            pcm.close()


def sound_hashes(table: Path) -> dict[str, str]:
    """Return line → hash of its samples, of a published file."""
    return {row["id"]: sound_hash(row["audio"]["bytes"]) for _, row in read_rows(table, ["id", "audio"])}


def sound_hash(encoded: bytes) -> str:
    """Return a hash of the samples of an encoded clip, as 16-bit numbers; whichever encoder wrote them."""
    samples, rate = soundfile.read(io.BytesIO(encoded), dtype="int16")
    return hashlib.sha256(f"{rate}/".encode() + samples.tobytes()).hexdigest()[:16]
