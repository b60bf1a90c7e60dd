"""What a pack holds. Records are strict: an unknown field is an error, and the schema has a number.

pack.json                 a `Manifest`
decisions.jsonl           who decided what about names (no corrections of texts)
episodes/0001.jsonl       one `PackedLine` a line
episodes/0001.print       the sound print, a byte every 32 ms (`audiorole.audio.prints`)
"""

from __future__ import annotations

from typing import Any

import msgspec

from audiorole.audio.prints import PrintAlignment
from audiorole.dataset.result.label_report import LabelFigures
from audiorole.types import Naming, Place, Quality, Record, Speech

SCHEMA = 1
"""Raised with every change that an older audiorole could not read."""

HASHED, READABLE = "hashed", "readable"


MEMORY = 64 << 20
"""Bytes that the sealing of a text may take: sixteen times what the usual cost needs."""


class SealedText(Record, frozen=True):
    """A text that can be recognised and not read. words: how many; digest: of the words; exact: of the text itself."""

    words: int
    digest: str
    exact: str


class PackedLine(Record, frozen=True):
    """One line. times: of each aligned word (start, end, probability). sound: hash of the published samples.

    sealed: of its text; None where it had none, or where `text` and `shown` are readable.
    """

    id: str
    start: float
    end: float
    language: str = ""
    split: str = ""
    sealed: SealedText | None = None
    text: str = ""
    shown: str = ""
    has_cue: bool = False
    cue_speaker: str = ""
    off_screen: bool = False
    times: tuple[tuple[float, float, float], ...] = ()
    agreement: float | None = None
    method: str = ""
    speech: Speech | None = None
    quality: Quality | None = None
    naming: Naming | None = None
    place: Place | None = None
    duplicate_of: str = ""
    sound: str = ""


class PackedEpisode(Record, frozen=True):
    """An episode in the manifest. number: of its files; duration: seconds of audio; language: of most lines."""

    id: str
    number: int
    duration: float
    lines: int
    language: str = ""


class Sealing(Record, frozen=True):
    """How texts are sealed: scrypt (RFC 7914) over the salt and the line's id. n, r, p: its cost."""

    salt: str
    n: int = 1 << 12
    r: int = 8
    p: int = 1


class Member(Record, frozen=True):
    """A file of the archive."""

    size: int
    sha256: str


class Manifest(Record, frozen=True):
    """`pack.json`. made_by: the version of audiorole. text: `hashed` or `readable`. publish: how audio was published.

    labels: how right the names are known to be.
    """

    schema: int
    made_by: str
    text: str
    sealing: Sealing
    episodes: tuple[PackedEpisode, ...]
    members: dict[str, Member]
    publish: dict[str, Any] = msgspec.field(default_factory=dict)
    labels: tuple[LabelFigures, ...] = ()


class Located(Record, frozen=True):
    """An episode of a pack in somebody's folder. media: relative to it; stream: the one that was recognised.

    heard: of each line in order, the share of equal bits of the print; None where the copy does not have it.
    """

    episode: str
    media: str
    stream: int
    alignment: PrintAlignment
    heard: tuple[float | None, ...]


class TextCounts(Record, frozen=True):
    """Where the texts of rebuilt lines are from. exact: the packed text itself; same_words: but for case and signs;

    own: what this copy's subtitle says there, another wording; heard: recognised in the speech; none: no text.
    """

    exact: int = 0
    same_words: int = 0
    own: int = 0
    heard: int = 0
    none: int = 0


class EpisodeReport(Record, frozen=True):
    """What became of an episode. restored of lines came back; rates, pieces: of the copy against the original.

    agreement: share of equal bits in the lines, the median. same_sound: lines whose samples are the packed ones.
    """

    id: str
    media: str
    lines: int
    restored: int
    texts: TextCounts
    pieces: int
    rate: float
    agreement: float
    dropped: dict[str, int] = msgspec.field(default_factory=dict)
    same_sound: int = 0
