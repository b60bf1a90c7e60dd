"""A voice file for each character of a run, fitted to its own training lines; and whom one clip of it is most like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from audiorole.audio.band import band_edge, limit_band
from audiorole.audio.resample import resample
from audiorole.core.folder_names import folder_names
from audiorole.core.progress import Progress
from audiorole.errors import InputError
from audiorole.models import load_model
from audiorole.models.phonemes import EnglishPhonemes
from audiorole.models.ports import Floats, SpeakerEmbedder
from audiorole.models.talker.voice import STOCK_VOICES, stock_voice
from audiorole.training.backend import Waveform
from audiorole.training.talker.fit import FittedVoice, fit_voice
from audiorole.training.talker.lines import LONGEST, MOST_OVERLAP, RATE, SHORTEST, VoiceLine, clarity, kept_back
from audiorole.training.talker.models import FitModels
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.together import FitJob, fit_together, fits_at_once
from audiorole.types import Dropped, Utterance, spoken_name

FOLDER = "voices"
Found = FittedVoice | InputError
CLIP_SECONDS = (3.0, 10.0)
"""Of the one clip by which a stock voice is chosen."""

SENTENCE = "Hurry up, we have got to get to the airport before they close."
"""What every stock voice says to be compared with a clip."""


@dataclass
class VoiceMaker:
    """Makes the voices of a run in `folder`. lines: of all splits; audio: from a line's id to 16 kHz samples.

    models: loads what a fit needs, when the first voice is fitted. held_out: the split that is measured. device: where
    voices are fitted; on a GPU several at a time, each in a process.
    """

    folder: Path
    lines: Sequence[Utterance]
    audio: Callable[[str], Waveform]
    phonemes: EnglishPhonemes
    plan: VoicePlan
    models: Callable[[], FitModels]
    held_out: str = ""
    device: str = "cpu"
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)

    def make(self, characters: Sequence[str], progress: Progress) -> None:
        """Fit each character's voice; one that is fitted stays. A character with too few lines keeps a stock voice."""
        jobs = [
            FitJob(character, self.lines_of(character), self.folder / FOLDER / name)
            for character, name in folder_names(characters).items()
        ]
        workers = fits_at_once(self.device, len(jobs))
        made = self._one_by_one(jobs, progress) if workers == 1 else self._together(jobs, workers, progress)
        found = {job.name: voice for job, voice in made}
        for name, voice in ((job.name, found[job.name]) for job in jobs):
            if isinstance(voice, InputError):
                self.dropped.append(Dropped(id=name, reason="too_few_lines", detail=str(voice)))
                continue
            self.files[name] = str(voice.path.relative_to(self.folder))
            self.facts[name] = _facts(voice)

    def _one_by_one(self, jobs: Sequence[FitJob], progress: Progress) -> Iterator[tuple[FitJob, Found]]:
        for job in jobs:
            title = f"voice of {spoken_name(job.name)}"
            progress.start(title, {f"step {number}": 1.0 for number in range(1, self.plan.steps + 1)})
            try:
                yield job, fit_voice(
                    job.name, job.lines, self.plan, job.folder, self.models(),
                    lambda step: None if step.verdict else progress.done(f"step {step.step}", []),
                )  # fmt: skip
            except InputError as error:
                yield job, error

    def _together(self, jobs: Sequence[FitJob], workers: int, progress: Progress) -> Iterator[tuple[FitJob, Found]]:
        progress.start("voices", {job.name: 1.0 for job in jobs})
        for job, found in fit_together(jobs, self.plan, self.device, workers):
            progress.done(job.name, [])
            yield job, found

    def lines_of(self, character: str) -> list[VoiceLine]:
        """Return the training lines of `character` that a voice can be learned from."""
        chosen = [line for line in self.lines if line.who == character and _is_clear(line, self.held_out)]
        return [line for line in map(self._line, chosen) if line.phonemes]

    def _line(self, line: Utterance) -> VoiceLine:
        quality, speech = line.quality, line.speech
        clean = clarity(
            quality.snr_db if quality else None,
            quality.dnsmos if quality else None,
            speech.music_share if speech else None,
        )
        sound = np.asarray(self.audio(line.id), dtype=np.float32)
        return VoiceLine(line.id, sound, line.text, self.phonemes(line.text), clean, kept_back(line.id))


def _is_clear(line: Utterance, held_out: str) -> bool:
    overlap = line.speech.overlap_share if line.speech else 0.0
    clean = not line.duplicate_of and overlap < MOST_OVERLAP and bool(line.text.strip())
    return clean and line.split not in ("test", held_out) and SHORTEST <= line.duration <= LONGEST


def _facts(fitted: FittedVoice) -> dict[str, str]:
    report = fitted.report
    return {"lines": str(report.lines), "seconds": f"{report.seconds:.0f}", "began with": ", ".join(report.stock)}


def one_clip(lines: Iterable[Utterance], character: str, held_out: str) -> Utterance | None:
    """Return the one training line that stands for a character's voice: the cleanest of some seconds."""
    shortest, longest = CLIP_SECONDS
    own = [line for line in lines if line.who == character and line.split not in ("test", held_out)]
    fit = [line for line in own if shortest <= line.duration <= longest] or own
    return max(fit, key=lambda line: (_quality(line), line.duration, line.id), default=None)


def nearest_stock(clips: Mapping[str, Waveform], phonemes: EnglishPhonemes) -> dict[str, str]:
    """Return character → the stock voice whose sentence sounds most like its clip, by WeSpeaker.

    The sentence is heard in the clip's band: an old recording is otherwise like no voice, and a man's like a woman's.
    clips: character → float32 `(num_samples,)` at 16 kHz.
    """
    embedder: SpeakerEmbedder = load_model("speaker-embedder", "wespeaker")
    talker = load_model("synthesiser", "kokoro")
    spoken = [talker.speak(phonemes(SENTENCE), stock_voice(name)) for name in STOCK_VOICES]
    said = [resample(one, talker.card.sample_rate, RATE) for one in spoken]
    found = {}
    for name, clip in clips.items():
        edge = band_edge([clip])
        stock: Floats = embedder.embed([limit_band(one, edge) for one in said])
        voice = embedder.embed([limit_band(clip, edge)])[0]
        found[name] = STOCK_VOICES[int(np.argmax(stock @ voice))]
    return found


def _quality(line: Utterance) -> float:
    found = line.quality.dnsmos if line.quality else None
    return found if found is not None else 0.0
