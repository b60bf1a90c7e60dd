"""Asking a system, and keeping what it said: a reply is asked for once, whatever happens afterwards."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from audiorole.audio.resample import resample
from audiorole.errors import AudioroleError, InputError
from audiorole.evaluation.corpus import SAMPLE_RATE
from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.run.records import ERROR, MISSING, OK, ReplyNote, Timing
from audiorole.evaluation.systems.base import ManyAtOnce, NoReplyError, Prompt, Reply, SpeechSystem, Waveform
from audiorole.evaluation.systems.border import checked
from audiorole.evaluation.systems.sound import flac_bytes, read_audio
from audiorole.pipeline.store import hash_file, write_atomic
from audiorole.types import Dialogue, Turn

logger = logging.getLogger(__name__)

KeptReply = tuple[ReplyNote, Waveform]
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
        note, audio = self._keep(prompt, reply)
        return note, audio, _timing(prompt, wall, reply) if isinstance(reply, Reply) and note.status == OK else None

    def ask_all(self, prompts: Sequence[Prompt]) -> list[ReplyNote]:
        """Ask for all replies that are not kept, at once where the system can; return the notes."""
        wanted = [prompt for prompt in prompts if not self._kept(prompt)]
        if isinstance(self.system, ManyAtOnce) and len(wanted) > 1:
            for prompt, reply in zip(wanted, self._respond_all(self.system, wanted), strict=False):
                self._keep(prompt, _guarded(partial(checked, reply)))
        return [self.ask(prompt)[0] for prompt in prompts]

    def _respond(self, prompt: Prompt) -> Reply | ReplyNote:
        """Return the reply, or the note of why there is none: a system may fail in any way it likes."""
        if self.system is None:
            return ReplyNote(MISSING, detail="no reply was kept")
        system = self.system
        return _guarded(lambda: checked(system.respond(prompt)))

    @staticmethod
    def _respond_all(system: ManyAtOnce, prompts: Sequence[Prompt]) -> list[Reply]:
        """Return the replies to all prompts; none where the system fails: each is then asked for alone."""
        try:
            replies = list(system.respond_all(prompts))
        except (Exception, SystemExit) as error:
            logger.warning("%d prompts at once failed (%s); they are asked one by one", len(prompts), _told(error))
            return []
        if len(replies) != len(prompts):
            logger.warning("%d replies to %d prompts; they are asked one by one", len(replies), len(prompts))
            return []
        return replies

    def _keep(self, prompt: Prompt, reply: Reply | ReplyNote) -> KeptReply:
        """Keep a reply, or the note of why there is none. What cannot be kept as a FLAC file is no reply."""
        if isinstance(reply, ReplyNote):
            return self._keep_note(prompt, reply), SILENT
        note = ReplyNote(OK, reply.text, sample_rate=reply.sample_rate)
        if self.folder is None:
            return note, resample(reply.audio, reply.sample_rate, SAMPLE_RATE)
        try:
            data = flac_bytes(reply.audio, reply.sample_rate)
        except (RuntimeError, ValueError) as error:  # of the library: nothing is on disk yet
            return self._keep_note(prompt, ReplyNote(ERROR, detail=f"the audio cannot be kept: {error}"[:500])), SILENT
        write_atomic(self._path(prompt, ".flac"), data)
        self._keep_note(prompt, msgspec.structs.replace(note, sha256=hashlib.sha256(data).hexdigest()))
        kept = self._kept(prompt)  # read back, so that a resumed run scores the very same samples
        if kept is None:
            raise InputError(
                str(self._path(prompt, ".flac")), "was written and cannot be read back; is the disk sound?"
            )
        return kept

    def _keep_note(self, prompt: Prompt, note: ReplyNote) -> ReplyNote:
        """Write the note: the last thing written, so that its presence means that the reply is whole."""
        if self.folder is not None and self.system is not None:
            write_atomic(self._path(prompt, ".json"), msgspec.json.encode(note.sealed()))
        return note

    def _kept(self, prompt: Prompt) -> KeptReply | None:
        """Return the kept reply; None where there is none, or it is damaged and has to be asked for again."""
        if self.folder is None or not (path := self._path(prompt, ".json")).is_file():
            return None
        try:
            return self._read(path, self._path(prompt, ".flac"))
        except (AudioroleError, OSError, ValueError) as error:
            logger.warning("The kept reply %s is damaged (%s): it is asked for again.", path, error)
            return None

    @staticmethod
    def _read(path: Path, sound: Path) -> KeptReply:
        """Return a kept reply. Raises InputError, OSError, ValueError for one that is not as it was written."""
        note = msgspec.json.decode(path.read_bytes(), type=ReplyNote)
        if not note.whole or note.status not in (OK, MISSING, ERROR):
            raise InputError(str(path), "is not as it was written")
        if note.status != OK:
            return msgspec.structs.replace(note, seal=""), SILENT
        if note.sha256 and hash_file(sound) != note.sha256:
            raise InputError(str(sound), "is not as it was written")
        audio, rate = read_audio(sound)
        return msgspec.structs.replace(note, sha256="", seal=""), resample(audio, rate, SAMPLE_RATE)

    def _path(self, prompt: Prompt, suffix: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{prompt.item}.{prompt.seed}{suffix}"


def _guarded(make: Callable[[], Reply]) -> Reply | ReplyNote:
    """Return the reply that `make` gives, or the note of why there is none."""
    try:
        return make()
    except NoReplyError as error:
        return ReplyNote(MISSING, detail=_told(error))
    except (Exception, SystemExit) as error:  # a crashing system takes the floor, it does not stop the run
        return ReplyNote(ERROR, detail=_told(error))


def _told(error: BaseException) -> str:
    """Return what an error says: our own as a sentence, others with their type; never what JSON cannot hold."""
    try:
        said = str(error) if isinstance(error, AudioroleError) else f"{type(error).__name__}: {error}"
    except Exception:  # an error of theirs may fail to say what it is
        said = type(error).__name__
    return said[:500].encode("utf-8", "replace").decode()


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
