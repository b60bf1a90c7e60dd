"""A voice file for each character of a run, chosen by its own training lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from audiorole.audio.resample import resample
from audiorole.core.folder_names import folder_names
from audiorole.core.progress import Progress
from audiorole.models import load_model
from audiorole.models.phonemes import EnglishPhonemes
from audiorole.models.ports import Floats, SpeakerEmbedder
from audiorole.models.talker.voice import STOCK_VOICES, load_voice, save_voice, stock_voice
from audiorole.training.backend import Waveform
from audiorole.types import Dropped, Utterance

FOLDER = "voices"
RATE = 16_000
CLIP_SECONDS = (3.0, 10.0)
"""Of the one clip by which a stock voice is chosen."""

SENTENCE = "Hurry up, we have got to get to the airport before they close."
"""What every stock voice says to be compared with a clip."""


@dataclass
class VoiceMaker:
    """Makes the voices of a run in `folder`. lines: of all splits; audio: from a line's id to 16 kHz samples.

    A voice is the stock one that is most like the clearest clip of the character.
    """

    folder: Path
    lines: Sequence[Utterance]
    audio: Callable[[str], Waveform]
    phonemes: EnglishPhonemes
    held_out: str
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)

    def make(self, characters: Sequence[str], progress: Progress) -> None:
        """Write each character's voice file; what is there already stays."""
        names = folder_names(characters)
        paths = {name: self.folder / FOLDER / folder / "voice.safetensors" for name, folder in names.items()}
        if absent := [name for name, path in paths.items() if not path.is_file()]:
            self._write({name: paths[name] for name in absent}, progress)
        for name, path in paths.items():
            if path.is_file():
                self.files[name] = str(path.relative_to(self.folder))
                self.facts[name] = {"stock voice": load_voice(path).provenance.get("stock", "")}

    def _write(self, paths: Mapping[str, Path], progress: Progress) -> None:
        progress.start("voices", dict.fromkeys(paths, 1.0))
        found = {name: one_clip(self.lines, name, self.held_out) for name in paths}
        clips = {name: self.audio(line.id) for name, line in found.items() if line}
        for name, stock in nearest_stock(clips, self.phonemes).items():
            paths[name].parent.mkdir(parents=True, exist_ok=True)
            save_voice(paths[name], replace(stock_voice(stock), name=name, provenance={"stock": stock}))
            progress.done(name, [])
        self.dropped += [Dropped(id=name, reason="no_clip") for name, line in found.items() if line is None]


def one_clip(lines: Iterable[Utterance], character: str, held_out: str) -> Utterance | None:
    """Return the one training line that stands for a character's voice: the cleanest of some seconds."""
    shortest, longest = CLIP_SECONDS
    own = [line for line in lines if line.who == character and line.split not in ("test", held_out)]
    fit = [line for line in own if shortest <= line.duration <= longest] or own
    return max(fit, key=lambda line: (_quality(line), line.duration, line.id), default=None)


def nearest_stock(clips: Mapping[str, Waveform], phonemes: EnglishPhonemes) -> dict[str, str]:
    """Return character → the stock voice whose sentence sounds most like its clip, by WeSpeaker.

    clips: character → float32 `(num_samples,)` at 16 kHz.
    """
    embedder: SpeakerEmbedder = load_model("speaker-embedder", "wespeaker")
    talker = load_model("synthesiser", "kokoro")
    said = [talker.speak(phonemes(SENTENCE), stock_voice(name)) for name in STOCK_VOICES]
    stock: Floats = embedder.embed([resample(one, talker.card.sample_rate, RATE) for one in said])
    heard = {name: embedder.embed([clip])[0] for name, clip in clips.items()}
    return {name: STOCK_VOICES[int(np.argmax(stock @ voice))] for name, voice in heard.items()}


def _quality(line: Utterance) -> float:
    found = line.quality.dnsmos if line.quality else None
    return found if found is not None else 0.0
