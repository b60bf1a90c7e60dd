"""Items as a folder, for a system on another machine: contexts with audio, the characters' voices, never a target.

    FOLDER/items.json             for which suite and dataset, how many seeds
    FOLDER/items.jsonl            one item a line: id, character, language, turns, reference_audio
    FOLDER/audio/<line id>.wav    16 kHz mono 16 bit, each line of a context once
    FOLDER/voices/<number>.wav    5–15 s of each character's voice
    FOLDER/replies/<system>/      where replies go: <item id>.<seed>.wav (or .flac, .ogg, .mp3), .txt beside it

Nothing in it needs the dataset; `answer_items` asks a system for every reply and goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from audiorole.audio.resample import resample
from audiorole.errors import InputError
from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.items import ItemSet, reference_clip
from audiorole.evaluation.run.records import ReplyNote
from audiorole.evaluation.run.replies import Interviewer
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.systems.base import ManyAtOnce, Prompt, SpeechSystem
from audiorole.evaluation.systems.folder import ABOUT, MadeFor, made_for, read_made_for
from audiorole.evaluation.systems.sound import read_audio
from audiorole.pipeline.store import read_records, write_atomic
from audiorole.types import Dialogue, Record, Turn

ITEMS, REPLIES = "items.jsonl", "replies"


class OfflineTurn(Record, frozen=True):
    """One turn of a context. audio: files below the folder, one per line, heard one after another."""

    character: str
    text: str
    audio: tuple[str, ...]


class OfflineItem(Record, frozen=True):
    """What a system is given of one item. reference_audio: a file below the folder."""

    id: str
    character: str
    language: str
    turns: tuple[OfflineTurn, ...]
    reference_audio: str


def write_items(corpus: Corpus, suite: Suite, items: ItemSet, folder: Path) -> MadeFor:
    """Write the folder; `items.json` last, so that its presence means that the folder is whole."""
    voices = {role: f"voices/{at:03d}.wav" for at, role in enumerate(items.roles)}
    for role, name in voices.items():
        _write_wav(folder / name, reference_clip(corpus, items, role))
    for line in sorted({line for item in items.items for turn in item.context for line in turn.utterances}):
        _write_wav(folder / _audio_name(line), corpus.audio(line))
    rows = [_offline(item, voices[item.target.character]) for item in items.items]
    write_atomic(folder / ITEMS, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    about = made_for(corpus, suite, items)
    write_atomic(folder / ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
    return about


def answer_items(folder: Path, system: SpeechSystem, name: str) -> Iterator[ReplyNote]:
    """Ask `system` for every item × seed and keep the replies in `folder/replies/name`; yield each one's note.

    A reply that is there already is not asked for again. Raises InputError for a folder without items.
    """
    about = read_made_for(folder)
    if about is None:
        raise InputError(str(folder), f"holds no {ABOUT}: 'audiorole evaluate DATASET --export FOLDER' makes one")
    interviewer = Interviewer(system, folder / REPLIES / name)
    items = read_records(folder / ITEMS, OfflineItem)
    prompts = (_prompt(folder, item, seed) for item in items for seed in range(about.seeds))
    while block := list(islice(prompts, system.at_once if isinstance(system, ManyAtOnce) else 1)):
        yield from interviewer.ask_all(block)


def _offline(item: Dialogue, voice: str) -> OfflineItem:
    turns = tuple(
        OfflineTurn(turn.character, turn.text, tuple(map(_audio_name, turn.utterances))) for turn in item.context
    )
    return OfflineItem(item.id, item.target.character, item.language, turns, voice)


def _audio_name(line: str) -> str:
    return f"audio/{line}.wav"


def _prompt(folder: Path, item: OfflineItem, seed: int) -> Prompt:
    files = {number: turn.audio for number, turn in enumerate(item.turns)}
    turns = tuple(
        Turn(utterances=(str(number),), character=turn.character, text=turn.text, start=0.0, end=0.0)
        for number, turn in enumerate(item.turns)
    )

    def turn_audio(turn: Turn) -> Waveform:
        return np.concatenate([_read(folder, name) for name in files[int(turn.utterances[0])]])

    return Prompt(
        item=item.id,
        turns=turns,
        character=item.character,
        language=item.language,
        seed=seed,
        turn_audio=turn_audio,
        reference_audio=_read(folder, item.reference_audio),
    )


def _read(folder: Path, name: str) -> Waveform:
    """Return a file of the folder; a name that leads out of it is refused."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(str(folder / ITEMS), f"names {name!r}, which lies outside the folder")
    wave, rate = read_audio(path)
    return resample(wave, rate, SAMPLE_RATE)


def _write_wav(path: Path, waveform: Waveform) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, SAMPLE_RATE, format="WAV", subtype="PCM_16")
