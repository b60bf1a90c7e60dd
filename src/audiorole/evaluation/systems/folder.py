"""A folder of replies: `<item id>[.<seed>].<wav|flac|ogg|opus|mp3>`, the text in a `.txt` beside it if there is one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from audiorole.errors import AudioroleError, ConfigError, InputError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.items import ItemSet
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.base import ERROR, NoReplyError, Prompt, Reply, ReplyNote
from audiorole.evaluation.systems.sound import read_audio
from audiorole.pipeline.store import hash_file
from audiorole.types import Record

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")
ABOUT = "items.json"


class MadeFor(Record, frozen=True):
    """`items.json` of exported items: what replies in the folder answer to.

    suite: name and hash, as in the signature; data: the dataset's fingerprint; sample_rate: Hz of the audio in it.
    """

    suite: str
    data: str
    items: int
    seeds: int
    sample_rate: int = 16_000


class FolderSystem:
    """Replies made elsewhere. `show/s01e02/u00042.1.wav` is seed 1's; without a number the file serves every seed.

    Slashes of the id are folders; a flat folder may write them as `__`.
    """

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location or not Path(location).is_dir():
            raise ConfigError(f"System 'folder' wants a folder of replies: folder@replies/. {location!r} is none.")
        self.folder = Path(location)
        if (self.folder / ABOUT).is_file():
            names = sorted(path.name for path in (self.folder / "replies").glob("*") if path.is_dir())
            raise ConfigError(
                f"{location} holds the items; the replies of one system are in a folder of {self.folder / 'replies'}"
                f" ({', '.join(names) or 'none yet'}): folder@{self.folder / 'replies' / (names or ['NAME'])[0]}."
            )
        self.made_for = self._made_for()

    @staticmethod
    def fingerprint(location: str | None) -> str:
        """Return twelve hex digits over the names and bytes of all replies: other replies are another system.

        Raises ConfigError for no folder of replies.
        """
        FolderSystem(location)
        digest = hashlib.sha256()
        for path in sorted(Path(location or "").rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(location or "")).encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]

    def respond(self, prompt: Prompt) -> Reply:
        """Return the reply's file. Raises NoReplyError where there is none."""
        stems = self._stems(prompt)
        told = self._told(stems)
        for stem in stems:
            for suffix in SUFFIXES:
                if (path := self.folder / f"{stem}{suffix}").is_file():
                    _check_kept(path, told)
                    audio, rate = read_audio(path)
                    return Reply(audio, rate, told.text if told else self._text(stem), seconds=float("nan"))
        if told and told.status == ERROR:
            raise AudioroleError(told.detail)
        reason = told.detail if told else f"no file {stems[0]}.wav or {stems[1]}.wav in {self.folder}"
        raise NoReplyError(reason)

    def close(self) -> None:
        """Nothing is held."""

    @staticmethod
    def _stems(prompt: Prompt) -> list[str]:
        return [
            stem for name in (prompt.item, prompt.item.replace("/", "__")) for stem in (f"{name}.{prompt.seed}", name)
        ]

    def _text(self, stem: str) -> str | None:
        path = self.folder / f"{stem}.txt"
        try:
            return path.read_text(encoding="utf-8").strip() if path.is_file() else None
        except UnicodeDecodeError as error:
            raise InputError(str(path), f"is not UTF-8 text ({error.reason} at byte {error.start})") from error

    def _told(self, stems: list[str]) -> ReplyNote | None:
        """Return the note of a reply (`<item id>.<seed>.json`) that audiorole itself asked for on another machine."""
        path = self.folder / f"{stems[0]}.json"
        try:
            note = msgspec.json.decode(path.read_bytes(), type=ReplyNote) if path.is_file() else None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(str(path), f"not the note of a reply: {error}") from error
        if note is not None and not note.whole:
            raise InputError(str(path), "is not as it was written")
        return note

    def _made_for(self) -> MadeFor | None:
        """Return what the folder's items were exported for; None for replies that came otherwise."""
        about = self.folder.resolve().parent.parent / ABOUT
        return read_made_for(about.parent) if about.is_file() else None


def _check_kept(path: Path, told: ReplyNote | None) -> None:
    """Raise InputError where a reply that audiorole kept is not as it was written."""
    if told and told.sha256 and path.suffix == ".flac" and hash_file(path) != told.sha256:
        raise InputError(str(path), "is not as it was written")


def read_made_for(folder: Path) -> MadeFor | None:
    """Return what exported items were made for; None where `folder` holds none. Raises InputError for nonsense."""
    path = folder / ABOUT
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=MadeFor)
    except msgspec.DecodeError as error:
        raise InputError(str(path), f"does not describe exported items: {error}") from error


def made_for(corpus: Corpus, suite: Suite, items: ItemSet) -> MadeFor:
    """Return what a folder of these items says of itself."""
    return MadeFor(f"{suite.name}#{suite.hash}", corpus.fingerprint, len(items.items), suite.seeds)
