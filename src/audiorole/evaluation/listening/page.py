"""The page of a listening test and its key: every distinct clip once, levelled, under a code; the names elsewhere."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
import msgspec
import soundfile
from markupsafe import Markup

from audiorole.core.disk import write_atomic
from audiorole.evaluation.corpus import SAMPLE_RATE, Waveform
from audiorole.evaluation.listening.design import Key, Plan, design_test
from audiorole.evaluation.listening.loudness import levelled
from audiorole.evaluation.listening.stimuli import Sound
from audiorole.types.plain import JsonObject

_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}

CLIP_NAME = re.compile("[0-9a-f]{12}")

INSIDE = 6_000_000
"""Bytes of clips up to which the page holds them itself: what a mail takes. More lie beside it, each fetched when it is
played."""


@dataclass(frozen=True)
class ListeningPage:
    """A page to be written. view: what it shows, with code → clip; clips: name → FLAC, each distinct sound once."""

    view: JsonObject
    clips: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all clips."""
        return sum(map(len, self.clips.values()))

    def html(self, folder: str = "") -> str:
        """Return the page. folder: of the clips, beside it; "" keeps them inside."""
        view = {**self.view, "folder": folder}
        inside = {} if folder else {name: base64.b64encode(data).decode() for name, data in self.clips.items()}
        data = msgspec.json.encode(view).decode("utf-8").translate(_UNSAFE)
        template = jinja2.Environment(autoescape=True).from_string(_template())
        return template.render(title=self.view["test"], data=Markup(data), clips=inside)


def make_test(
    items: Sequence[tuple[str, str]], systems: Sequence[str], sound: Sound, plan: Plan, salt: str, name: str
) -> tuple[ListeningPage, Key]:
    """Return (page, key). Nothing in the page names a system."""
    key = design_test(items, systems, plan, salt, name)
    found = {stimulus: _flac(levelled(sound(stimulus))) for stimulus in dict.fromkeys(key.codes.values())}
    names = {stimulus: hashlib.sha256(salt.encode() + data).hexdigest()[:12] for stimulus, data in found.items()}
    view: JsonObject = {
        "test": name,
        "seal": seal_of(key),
        "blocks": msgspec.to_builtins(key.blocks),
        "sounds": {code: names[stimulus] for code, stimulus in sorted(key.codes.items())},
    }
    clips = {names[stimulus]: data for stimulus, data in found.items()}
    return ListeningPage(view, dict(sorted(clips.items()))), key


def write_test(page: ListeningPage, key: Key, page_path: Path, key_path: Path, inside: int = INSIDE) -> Path | None:
    """Write page and key; return the folder of the clips, None where the page holds them.

    inside: bytes of clips from which they lie beside the page. They are written first: a page has its clips.
    """
    folder = page_path.with_name(f"{page_path.stem}-clips") if page.size > inside else None
    if folder:
        _write_clips(folder, page.clips)
    write_atomic(page_path, page.html(folder.name if folder else "").encode("utf-8"))
    write_atomic(key_path, msgspec.json.format(msgspec.json.encode(key), indent=1))
    return folder


def _write_clips(folder: Path, clips: Mapping[str, bytes]) -> None:
    """Write the clips, and remove those of an earlier test there; no other file is touched."""
    for name, data in clips.items():
        write_atomic(folder / f"{name}.flac", data)
    for path in folder.glob("*.flac"):
        if CLIP_NAME.fullmatch(path.stem) and path.stem not in clips:
            path.unlink()


def seal_of(key: Key) -> str:
    """Return the hash that the page carries: a key that was changed after the test no longer fits it."""
    return hashlib.sha256(msgspec.json.encode(key)).hexdigest()


def _template() -> str:
    return (files("audiorole.evaluation.listening") / "page.html.j2").read_text(encoding="utf-8")


def _flac(waveform: Waveform) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
