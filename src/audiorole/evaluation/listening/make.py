"""Make the page: chosen replies, levelled and coded, in one file; the key in another."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import jinja2
import msgspec
import soundfile
from markupsafe import Markup

from audiorole.audio.resample import resample
from audiorole.errors import ConfigError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.items import ItemSet, draw_order
from audiorole.evaluation.listening.design import HIDDEN, LOW, TRAP_SAME, TRAP_VOICE, Key, Plan, Stimulus, design_test
from audiorole.evaluation.listening.loudness import levelled
from audiorole.evaluation.run.files import read_rows, system_folder
from audiorole.evaluation.systems.sound import read_audio
from audiorole.pipeline.store import write_atomic

_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}

Sound = Callable[[Stimulus], Waveform]


def shared_items(out: Path, systems: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """Return up to `limit` (item, character) to which every system has an `ok` reply with seed 0."""
    answered = [
        {(row.item, row.character) for row in read_rows(out, name) if row.ok and row.seed == 0} for name in systems
    ]
    common = set.intersection(*answered) if answered else set()
    if not common:
        raise ConfigError(f"No item has an ok reply from all of {', '.join(systems)} in {out}.")
    return sorted(sorted(common, key=lambda one: draw_order(2, one[0]))[:limit])


def reply_sounds(out: Path, corpus: Corpus, items: ItemSet) -> Sound:
    """Return what gives the waveform of a stimulus: a reply's file, or a real line."""

    def sound(stimulus: Stimulus) -> Waveform:
        if stimulus.system in ("reference", HIDDEN):
            return corpus.audio(_line(items.enrolment[stimulus.character], stimulus.item, 0))
        if stimulus.system in (TRAP_VOICE, TRAP_SAME, "other_line"):
            return corpus.audio(_line(items.enrolment[stimulus.character], stimulus.item, 1))
        if stimulus.system == LOW:
            others = [line for name, lines in items.enrolment.items() if name != stimulus.character for line in lines]
            return corpus.audio(_line(others, stimulus.item, 0))
        if stimulus.system == "gold":
            return corpus.audio(stimulus.item)
        audio, rate = read_audio(system_folder(out, stimulus.system) / "replies" / f"{stimulus.item}.0.flac")
        return resample(audio, rate, SAMPLE_RATE)

    return sound


def _line(lines: Sequence[str], item: str, rank: int) -> str:
    """Return the line that stands at `rank` in this item's own shuffle of `lines`."""
    return sorted(lines, key=lambda line: draw_order(4, f"{item} {line}"))[min(rank, len(lines) - 1)]


def make_test(
    items: Sequence[tuple[str, str]], systems: Sequence[str], sound: Sound, plan: Plan, salt: str, name: str
) -> tuple[str, Key]:
    """Return (page, key). The page holds every clip once per code, as FLAC; nothing in it names a system."""
    key = design_test(items, systems, plan, salt, name)
    clips = {code: _flac(levelled(sound(stimulus))) for code, stimulus in sorted(key.codes.items())}
    view = {
        "test": name,
        "seal": seal_of(key),
        "blocks": msgspec.to_builtins(key.blocks),
        "clips": clips,
    }
    data = msgspec.json.encode(view).decode("utf-8").translate(_UNSAFE)
    template = jinja2.Environment(autoescape=True).from_string(_template())
    return template.render(title=name, data=Markup(data)), key


def write_test(page: str, key: Key, page_path: Path, key_path: Path) -> None:
    """Write both files."""
    write_atomic(page_path, page.encode("utf-8"))
    write_atomic(key_path, msgspec.json.format(msgspec.json.encode(key), indent=1))


def seal_of(key: Key) -> str:
    """Return the hash that the page carries: a key that was changed after the test no longer fits it."""
    return hashlib.sha256(msgspec.json.encode(key)).hexdigest()


def _template() -> str:
    return (files("audiorole.evaluation.listening") / "page.html.j2").read_text(encoding="utf-8")


def _flac(waveform: Waveform) -> str:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
