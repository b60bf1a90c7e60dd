"""Asking a system, and keeping what it said: a reply is asked for once, whatever happens afterwards."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from audiorole.evaluation.corpus import SAMPLE_RATE
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.run.records import ERROR, MISSING, OK, ReplyNote, Timing
from audiorole.evaluation.systems.base import ManyAtOnce, NoReplyError, Prompt, Reply, SpeechSystem, Waveform
from audiorole.evaluation.systems.sound import mono, read_audio, resampled, write_flac
from audiorole.pipeline.store import write_atomic
from audiorole.types import Dialogue, Turn

Asked = tuple[ReplyNote, Waveform]
SILENT: Waveform = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Interviewer:
    """Asks one system. folder: where replies are kept, None for anchors, which any run can make again.

    system: None where only kept replies are wanted; one that is not kept is then `missing`.
    """

    system: SpeechSystem | None
    folder: Path | None

    def ask(self, prompt: Prompt) -> tuple[ReplyNote, Waveform, Timing | None]:
        """Return the kept reply, or ask for it. The waveform is 16 kHz; no timing for a kept one or a failure."""
        kept = self._kept(prompt)
        if kept:
            return (*kept, None)
        started = time.monotonic()
        reply = self._respond(prompt)
        wall = time.monotonic() - started
        if isinstance(reply, ReplyNote):
            self._keep_note(prompt, reply)
            return reply, SILENT, None
        return (*self._keep(prompt, reply), _timing(prompt, wall, reply))

    def ask_all(self, prompts: Sequence[Prompt]) -> list[ReplyNote]:
        """Ask for all replies that are not kept, at once where the system can; return the notes."""
        wanted = [prompt for prompt in prompts if not self._kept(prompt)]
        if isinstance(self.system, ManyAtOnce) and len(wanted) > 1:
            for prompt, reply in zip(wanted, self.system.respond_all(wanted), strict=True):
                self._keep(prompt, replace(reply, audio=mono(reply.audio)))
        return [self.ask(prompt)[0] for prompt in prompts]

    def _respond(self, prompt: Prompt) -> Reply | ReplyNote:
        """Return the reply, or the note of why there is none: a system may fail in any way it likes."""
        if self.system is None:
            return ReplyNote(MISSING, detail="no reply was kept")
        try:
            reply = self.system.respond(prompt)
            return replace(reply, audio=mono(reply.audio))
        except NoReplyError as error:
            return ReplyNote(MISSING, detail=str(error))
        except Exception as error:  # a crashing system takes the floor, it does not stop the run
            return ReplyNote(ERROR, detail=f"{type(error).__name__}: {error}"[:500])

    def _keep(self, prompt: Prompt, reply: Reply) -> Asked:
        note = ReplyNote(OK, reply.text, sample_rate=reply.sample_rate)
        if self.folder is None:
            return note, resampled(reply.audio, reply.sample_rate, SAMPLE_RATE)
        write_flac(self._path(prompt, ".flac"), reply.audio, reply.sample_rate)
        self._keep_note(prompt, note)
        kept = self._kept(prompt)  # read back, so that a resumed run scores the very same samples
        assert kept
        return kept

    def _keep_note(self, prompt: Prompt, note: ReplyNote) -> None:
        """Write the note: the last thing written, so that its presence means that the reply is whole."""
        if self.folder is not None:
            write_atomic(self._path(prompt, ".json"), msgspec.json.encode(note))

    def _kept(self, prompt: Prompt) -> Asked | None:
        if self.folder is None or not (path := self._path(prompt, ".json")).is_file():
            return None
        note = msgspec.json.decode(path.read_bytes(), type=ReplyNote)
        if note.status != OK:
            return note, SILENT
        audio, rate = read_audio(self._path(prompt, ".flac"))
        return note, resampled(audio, rate, SAMPLE_RATE)

    def _path(self, prompt: Prompt, suffix: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{prompt.item}.{prompt.seed}{suffix}"


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


def _timing(prompt: Prompt, wall: float, reply: Reply) -> Timing | None:
    """Return how long the reply took; None for one that was made elsewhere at a time nobody wrote down."""
    wall = wall if reply.seconds is None else reply.seconds
    if not math.isfinite(wall):
        return None
    first = wall if reply.first_audio is None else reply.first_audio
    duration = len(reply.audio) / max(1, reply.sample_rate)
    return Timing(prompt.item, prompt.seed, round(wall, 4), round(first, 4), round(duration, 3))
