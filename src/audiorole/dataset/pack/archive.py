"""The file of a pack: a ZIP of a few known names, written alike by everybody and believed by nobody.

Nothing is unpacked onto the disk. Names, counts, sizes and hashes are checked before a byte is decoded.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from audiorole.audio.prints import Print
from audiorole.core.disk import not_regular, whole
from audiorole.dataset.pack.records import MEMORY, SCHEMA, Manifest, Member, PackedEpisode, PackedLine, Sealing
from audiorole.errors import InputError
from audiorole.naming.answers.decisions import Decision

MANIFEST, DECISIONS = "pack.json", "decisions.jsonl"
NAMES = re.compile(r"pack\.json|decisions\.jsonl|episodes/\d{4,6}\.(jsonl|print)")

MOST_BYTES = 4 << 30
"""Of the file and of all that it holds: ten thousand hours."""

MOST_MEMBERS = 40_002
MOST_OF_ONE = 64 << 20
"""Bytes of one member: an episode of 70 hours."""

MOST_RATIO = 100
"""By which a member may be larger than its compressed bytes; lines of a dataset shrink to a tenth."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the bytes of a pack depend on what is in it alone."""


def lines_name(number: int) -> str:
    """Return the name of the file with an episode's lines."""
    return f"episodes/{number:04d}.jsonl"


def print_name(number: int) -> str:
    """Return the name of the file with an episode's sound print."""
    return f"episodes/{number:04d}.print"


def write_archive(path: Path, manifest: Manifest, members: Mapping[str, bytes]) -> Manifest:
    """Write the pack `path` in one piece; return the manifest with the members' sizes and hashes in it."""
    listed = {name: Member(len(data), hashlib.sha256(data).hexdigest()) for name, data in sorted(members.items())}
    manifest = msgspec.structs.replace(manifest, members=listed)
    head = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"
    with whole(path) as handle, zipfile.ZipFile(handle, "w") as archive:
        for name, data in ((MANIFEST, head), *sorted(members.items())):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data, compresslevel=9)
    return manifest


class RebuildPack:
    """A pack that was opened and checked. Its members are read when they are asked for, each against its hash."""

    def __init__(self, path: Path) -> None:
        """Open `path`. Raises InputError for anything that is no pack, or one of a newer schema."""
        self.path = path
        self._infos = self._checked_members()
        head = self._head()
        self.digest = hashlib.sha256(head).hexdigest()
        self.manifest = self._manifest(head)
        self._check_manifest()
        self.episodes = {episode.id: episode for episode in self.manifest.episodes}

    def lines(self, episode: str) -> list[PackedLine]:
        """Return the lines of an episode in order. Raises InputError where they are not what the manifest says."""
        name = lines_name(self.episodes[episode].number)
        found = self._records(name, PackedLine)
        if len(found) != self.episodes[episode].lines or any(line.id.rpartition("/")[0] != episode for line in found):
            raise self._fault(f"{name} does not hold the lines of {episode}")
        if fault := _line_fault(found):
            raise self._fault(f"{name}: {fault}")
        return found

    def print(self, episode: str) -> Print:
        """Return the sound print of an episode."""
        return np.frombuffer(self._member(print_name(self.episodes[episode].number)), dtype=np.uint8)

    def decisions(self) -> list[Decision]:
        """Return what people decided about names."""
        return self._records(DECISIONS, Decision) if DECISIONS in self.manifest.members else []

    def _records(self, name: str, kind: type[msgspec.Struct]) -> list:  # type: ignore[type-arg]
        try:
            return msgspec.json.Decoder(kind).decode_lines(self._member(name))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._fault(f"{name}: {error}") from error

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        if fault := not_regular(self.path):
            raise self._fault(f"is no rebuild pack: {fault}")
        if self.path.stat().st_size > MOST_BYTES:
            raise self._fault(f"has more than {MOST_BYTES:,} bytes, no pack does")
        try:
            with zipfile.ZipFile(self.path) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise self._fault(f"is no rebuild pack ({error})") from error
        if fault := next(_faults(infos), ""):
            raise self._fault(fault)
        return {info.filename: info for info in infos}

    def _head(self) -> bytes:
        if MANIFEST not in self._infos:
            raise self._fault(f"is no rebuild pack: it holds no {MANIFEST}")
        return self._read(self._infos[MANIFEST])

    def _manifest(self, data: bytes) -> Manifest:
        try:
            schema = msgspec.json.decode(data, type=_Schema).schema
            if schema > SCHEMA:
                raise self._fault(
                    f"is a pack of schema {schema}; this audiorole reads up to {SCHEMA}: install a newer one"
                )
            return msgspec.json.decode(data, type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._fault(f"{MANIFEST}: {error}") from error

    def _check_manifest(self) -> None:
        listed = {MANIFEST, *self.manifest.members}
        if listed != set(self._infos):
            strange = min(listed ^ set(self._infos))
            raise self._fault(f"{strange!r} is in the archive or in its list, and not in both")
        numbers = [episode.number for episode in self.manifest.episodes]
        ids = {episode.id for episode in self.manifest.episodes}
        wanted = {name(number) for number in numbers for name in (lines_name, print_name)} | {DECISIONS}
        if len(ids) != len(numbers) or len(set(numbers)) != len(numbers) or not listed - {MANIFEST} <= wanted:
            raise self._fault("an episode is listed twice, or a file belongs to none")
        if missing := sorted(wanted - listed - {DECISIONS}):
            raise self._fault(f"{missing[0]} is missing")
        sealing = self.manifest.sealing
        if not _can_be_asked(sealing):
            raise self._fault("the sealing of its texts would cost more than any pack's")
        if bad := next((episode.id for episode in self.manifest.episodes if not _is_episode(episode)), None):
            raise self._fault(f"{bad!r} is no id of an episode")

    def _member(self, name: str) -> bytes:
        data, known = self._read(self._infos[name]), self.manifest.members[name]
        if len(data) != known.size or hashlib.sha256(data).hexdigest() != known.sha256:
            raise self._fault(f"{name} is not what was packed; get the pack again")
        return data

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(info) as handle:
                data = handle.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise self._fault(f"{info.filename} cannot be read ({error}); get the pack again") from error
        if len(data) != info.file_size:
            raise self._fault(f"{info.filename} has not the size that it states")
        return data

    def _fault(self, problem: str) -> InputError:
        return InputError(str(self.path), problem)


class _Schema(msgspec.Struct):
    """The one field of a manifest that every version has."""

    schema: int


LONGEST_NAME = 200
"""Bytes of either part of an episode's id: both name files."""

LONGEST_EPISODE = 1e6
"""Seconds."""

_LINE, _SPLIT = re.compile(r"u\d{1,9}"), re.compile(r"(?!\.)[\w.-]{0,40}")
_EPISODE = re.compile(r"[^/\x00-\x1f]{1,200}/[^/\x00-\x1f]{1,200}")


def _is_episode(episode: PackedEpisode) -> bool:
    """Return whether the id names a file below a folder, and nothing above or beside it."""
    parts = episode.id.split("/")
    short = all(len(part.encode("utf-8", "surrogatepass")) <= LONGEST_NAME for part in parts)
    return short and bool(_EPISODE.fullmatch(episode.id)) and not any(part.startswith(".") for part in parts)


def _line_fault(lines: Sequence[PackedLine]) -> str:
    """Return what no lines of ours have, "" where all is well: splits become folders, numbers become rows."""
    if len({line.id for line in lines}) != len(lines):
        return "holds a line twice"
    for line in lines:
        if not _LINE.fullmatch(line.id.rpartition("/")[2]):
            return f"{line.id!r:.80} is no id of a line"
        if not 0 <= line.start <= line.end <= LONGEST_EPISODE:
            return f"{line.id} has no place in an episode"
        if not _SPLIT.fullmatch(line.split):
            return f"{line.split!r:.80} is no name of a split"
    return ""


def _can_be_asked(sealing: Sealing) -> bool:
    """Return whether a guess costs what one of ours may: scrypt wants a power of two, and memory for all of it."""
    power = sealing.n >= 2 and sealing.n & (sealing.n - 1) == 0
    return power and 1 <= sealing.p <= 16 and sealing.r >= 1 and 256 * sealing.n * sealing.r <= MEMORY


def _faults(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield what no pack of ours has."""
    names = [info.filename for info in infos]
    if len(infos) > MOST_MEMBERS:
        yield f"holds {len(infos):,} files, no pack does"
    if sum(info.file_size for info in infos) > MOST_BYTES:
        yield f"would unpack to more than {MOST_BYTES:,} bytes"
    if len(set(names)) != len(names):
        yield "holds a file twice"
    for info in infos:
        if not NAMES.fullmatch(info.filename):
            yield f"holds {info.filename!r:.80}, which no pack does"
        if info.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED) or info.flag_bits & 1:
            yield f"{info.filename} is encrypted or compressed in another way than a pack's"
        if info.file_size > MOST_OF_ONE or info.file_size > 4096 + MOST_RATIO * info.compress_size:
            yield f"{info.filename} would unpack to {info.file_size:,} bytes"
