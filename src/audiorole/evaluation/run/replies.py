"""Asking a system, and keeping what it said: a reply is asked for once, whatever happens afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from audiorole.core.store import write_atomic
from audiorole.evaluation.corpus import SAMPLE_RATE
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.run.records import ERROR, MISSING, OK, ReplyNote, Timing
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply, SpeechSystem, Waveform
from audiorole.evaluation.systems.sound import mono, read_audio, resampled, write_flac
from audiorole.types import Dialogue, Turn

Asked = tuple[ReplyNote, Waveform]
SILENT: Waveform = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Interviewer:
    """Asks one system. folder: where replies are kept, None for anchors, which any run can make again."""

    system: SpeechSystem
    gallery: Gallery
    folder: Path | None

    def ask(self, item: Dialogue, seed: int) -> tuple[ReplyNote, Waveform, Timing | None]:
        """Return the kept reply, or ask for it. The waveform is 16 kHz; no timing for a kept one or a failure."""
        kept = self._kept(item, seed)
        if kept:
            return (*kept, None)
        started = time.monotonic()
        reply = self._respond(item, seed)
        wall = time.monotonic() - started
        if isinstance(reply, ReplyNote):
            self._keep_note(item, seed, reply)
            return reply, SILENT, None
        return (*self._keep(item, seed, reply), _timing(item, seed, wall, reply))

    def _respond(self, item: Dialogue, seed: int) -> Reply | ReplyNote:
        """Return the reply, or the note of why there is none: a system may fail in any way it likes."""
        try:
            reply = self.system.respond(prompt_of(item, seed, self.gallery))
            return Reply(mono(reply.audio), reply.sample_rate, reply.text, reply.first_audio, reply.meta)
        except NoReplyError as error:
            return ReplyNote(MISSING, detail=str(error))
        except Exception as error:  # a crashing system takes the floor, it does not stop the run
            return ReplyNote(ERROR, detail=f"{type(error).__name__}: {error}"[:500])

    def _keep(self, item: Dialogue, seed: int, reply: Reply) -> Asked:
        note = ReplyNote(OK, reply.text, sample_rate=reply.sample_rate)
        if self.folder is None:
            return note, resampled(reply.audio, reply.sample_rate, SAMPLE_RATE)
        write_flac(self._path(item, seed, ".flac"), reply.audio, reply.sample_rate)
        self._keep_note(item, seed, note)
        kept = self._kept(item, seed)  # read back, so that a resumed run scores the very same samples
        assert kept
        return kept

    def _keep_note(self, item: Dialogue, seed: int, note: ReplyNote) -> None:
        """Write the note: the last thing written, so that its presence means that the reply is whole."""
        if self.folder is not None:
            write_atomic(self._path(item, seed, ".json"), msgspec.json.encode(note))

    def _kept(self, item: Dialogue, seed: int) -> Asked | None:
        if self.folder is None or not (path := self._path(item, seed, ".json")).is_file():
            return None
        note = msgspec.json.decode(path.read_bytes(), type=ReplyNote)
        if note.status != OK:
            return note, SILENT
        audio, rate = read_audio(self._path(item, seed, ".flac"))
        return note, resampled(audio, rate, SAMPLE_RATE)

    def _path(self, item: Dialogue, seed: int, suffix: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{item.id}.{seed}{suffix}"


def prompt_of(item: Dialogue, seed: int, gallery: Gallery) -> Prompt:
    """Return what a system is given of `item`: everything but its last turn."""

    def turn_audio(turn: Turn) -> Waveform:
        return np.concatenate([gallery.corpus.audio(line) for line in turn.utterances])

    return Prompt(
        item=item.id,
        turns=item.context,
        character=item.target.character,
        language=item.language,
        seed=seed,
        turn_audio=turn_audio,
        reference_audio=gallery.reference_clip(item.target.character),
    )


def _timing(item: Dialogue, seed: int, wall: float, reply: Reply) -> Timing:
    first = wall if reply.first_audio is None else reply.first_audio
    duration = len(reply.audio) / max(1, reply.sample_rate)
    return Timing(item.id, seed, round(wall, 4), round(first, 4), round(duration, 3))
