"""What the microphone brings, understood phrase by phrase: voice activity finds the pauses, a recogniser the words."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from audiorole.audio.resample import StreamResampler
from audiorole.chat.speaker import Waveform
from audiorole.models import load_model
from audiorole.models.ports import Transcriber, VoiceActivityDetector
from audiorole.models.requirements import absent_models, missing_sentence

SAMPLE_RATE = 16_000

THREADS = min(4, os.cpu_count() or 1)
"""Of the recogniser: somebody waits for it."""
RATES = (8_000, 192_000)
"""Hz that a microphone may have, least and most."""

PAUSE = 0.6
"""Seconds of silence that end a phrase: longer than the closure of a stop or a breath inside a clause."""

LEAST_SPEECH = 0.2
"""Seconds of speech that make a phrase: less is a cough or a click, for which a recogniser makes words up."""

LONGEST_PHRASE = 20.0
"""Seconds after which a phrase ends without a pause: within the recogniser's window of 30."""

LEAD = 0.4
"""Seconds kept from before speech is noticed, so that a first consonant is not cut off."""

LOOK_BACK = 2.0
"""Seconds of sound that the detector hears before the new ones, since it has a memory of its own."""

SPEECH = 0.5
"""Probability from which a frame is speech: the detector's own default."""

LONGEST_BLOCK = 20.0
"""Seconds that a page may send at once."""


@dataclass(frozen=True)
class Phrase:
    """What was said up to a pause. samples: float32 `(num_samples,)`, 16 kHz."""

    text: str
    samples: Waveform


@dataclass(frozen=True)
class Ear:
    """Who listens. transcriber, detector: model references. language: ISO 639-1 of what is said, "" to detect it."""

    transcriber: str = "whisper-base"
    language: str = ""
    detector: str = "silero-vad"

    @property
    def problem(self) -> str:
        """Why it cannot listen, in one sentence; "" where it can. Raises `UnknownNameError`, `MissingExtraError`."""
        wanted = [("voice-activity", self.detector), ("transcriber", self.transcriber)]
        absent = absent_models(wanted)
        return missing_sentence(absent) if absent else ""

    @property
    def frame(self) -> int:
        """Samples of one frame of the detector."""
        model: VoiceActivityDetector = load_model("voice-activity", self.detector, THREADS)
        return round(SAMPLE_RATE / model.card.frame_rate)

    def wake(self) -> None:
        """Load the models, so that the first words need not wait for them."""
        load_model("voice-activity", self.detector, THREADS)
        load_model("transcriber", self.transcriber, THREADS)

    def speech(self, waveform: Waveform) -> Waveform:
        """Return the probability of speech per frame of `waveform`, 16 kHz, float32 `(num_frames,)`."""
        model: VoiceActivityDetector = load_model("voice-activity", self.detector, THREADS)
        return model.speech_probability(waveform)

    def words(self, waveform: Waveform) -> str:
        """Return what is said in `waveform`, 16 kHz."""
        model: Transcriber = load_model("transcriber", self.transcriber, THREADS)
        return model.transcribe([waveform], self.language)[0].text.strip()


@dataclass
class Microphone:
    """The sound of one page, block by block.

    speaking: whether somebody was heard since the last pause; quiet: seconds since then; phrases: what was understood
    and not said to anybody yet.
    """

    ear: Ear
    speaking: bool = False
    quiet: float = 0.0
    phrases: list[Phrase] = field(default_factory=list)
    _sound: Waveform = field(default_factory=lambda: np.zeros(0, np.float32))
    _heard: int = 0
    _voiced: float = 0.0
    _stream: StreamResampler = field(default_factory=lambda: StreamResampler(SAMPLE_RATE, SAMPLE_RATE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, block: Waveform, rate: int, last: bool = False) -> str:
        """Return the words of the phrase that ends in `block`, "" where none does. last: nothing comes after.

        block: float32 `(num_samples,)` at `rate` Hz, at most `LONGEST_BLOCK` seconds.
        """
        with self._lock:
            self.ear.wake()
            self._sound = np.concatenate([self._sound, self._resampled(block, rate, last)])
            self._notice()
            if self.speaking and (last or self.quiet >= PAUSE or len(self._sound) >= LONGEST_PHRASE * SAMPLE_RATE):
                return self._understood()
            if not self.speaking:
                self._forget(0 if last else LEAD)
            return ""

    def said(self, text: str) -> Waveform:
        """Return the sound of `text`, and forget it: of all phrases where it is just their words, else none.

        Whoever corrected the words did not say them.
        """
        with self._lock:
            phrases, self.phrases = self.phrases, []
        spoken = " ".join(phrase.text for phrase in phrases)
        parts = [phrase.samples for phrase in phrases] if " ".join(text.split()) == spoken else []
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def _resampled(self, block: Waveform, rate: int, last: bool) -> Waveform:
        if rate != self._stream.rate:
            self._stream = StreamResampler(rate, SAMPLE_RATE)
        found = self._stream.push(block, last)
        if last:
            self._stream = StreamResampler(rate, SAMPLE_RATE)
        return found

    def _notice(self) -> None:
        """Find out whether anybody speaks in what is new, in whole frames of the detector."""
        frame = self.ear.frame
        end, start = (
            len(self._sound) // frame * frame,
            max(0, self._heard - int(LOOK_BACK * SAMPLE_RATE) // frame * frame),
        )
        if end <= self._heard:
            return
        found = self.ear.speech(self._sound[start:end])[(self._heard - start) // frame :] >= SPEECH
        spoken, seconds = np.flatnonzero(found), frame / SAMPLE_RATE
        self.quiet = float(len(found) - 1 - spoken[-1]) * seconds if len(spoken) else self.quiet + len(found) * seconds
        self._voiced += len(spoken) * seconds
        self.speaking = self.speaking or self._voiced >= LEAST_SPEECH
        self._heard = end

    def _understood(self) -> str:
        phrase = Phrase(self.ear.words(self._sound), self._sound)
        if phrase.text:
            self.phrases.append(phrase)
        self._forget(0)
        return phrase.text

    def _forget(self, kept: float) -> None:
        """Keep the newest `kept` seconds of the sound alone, or all while somebody may have begun to speak."""
        if self._voiced and kept and self.quiet < PAUSE:
            return
        frame = self.ear.frame
        keep = min(len(self._sound), int(kept * SAMPLE_RATE)) // frame * frame + (len(self._sound) - self._heard)
        self._sound = self._sound[max(0, len(self._sound) - keep) :] if kept else self._sound[:0]
        self._heard = len(self._sound) // frame * frame
        self.speaking, self._voiced = False, 0.0


class Microphones:
    """The microphones of the open pages, the oldest forgotten first."""

    def __init__(self, ear: Ear, limit: int = 64) -> None:
        self.ear, self._limit = ear, limit
        self._open: OrderedDict[str, Microphone] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, page: str) -> Microphone:
        """Return the microphone of a page, opening it if it is new."""
        with self._lock:
            found = self._open.setdefault(page, Microphone(self.ear))
            self._open.move_to_end(page)
            while len(self._open) > self._limit:
                self._open.popitem(last=False)
            return found
