"""Validate: does the audio support the text? An aligner scores the subtitle; where there is none, ASR is the text.

Hallucination rules (repeated n-grams, characters a second) apply to ASR text; a line that fails them is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from audiorole.audio.decode import Waveform
from audiorole.audio.pcm import Pcm
from audiorole.dataset.input.release.languages import two_letters
from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.dataset.lines.text import normalised, repeated_share
from audiorole.models import load_model
from audiorole.models.devices import CPU, CUDA, Device
from audiorole.models.ports import SpokenLanguageIdentifier, TextLanguageIdentifier, TextScorer, Transcriber
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Transcript, Utterance

BATCH_LINES = {CPU: 48, CUDA: 480}
"""Lines given to a model at once: minutes of audio, so that memory does not grow with the episode; a GPU wants more."""


@dataclass(frozen=True)
class Validate(EpisodeStage[Utterance]):
    """scorer: compares subtitle and audio, "" trusts the subtitle. transcriber: gives the text where there is none.

    "auto" in both places takes the faster Moonshine for English (`--recipe english`), whose weights come through npm.
    language: of what is spoken; "" takes the container's tag, the text's language, or asks the spoken-language model.
    padding: seconds of audio given around a line. max_characters: a second; nobody speaks faster (ASR text only).
    device: where the models of speech run.
    """

    name: ClassVar[str] = "validate"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    cost: ClassVar[float] = 0.03
    scorer: str = "whisper"
    transcriber: str = "whisper"
    language: str = ""
    text_language: str = "py3langid"
    spoken_language: str = "whisper"
    padding: float = 0.1
    max_characters: float = 35.0
    max_repeats: float = 0.5
    device: Device = "cpu"

    def models(self) -> tuple[tuple[str, str], ...]:
        """All models that a configuration may load."""
        named = (
            ("text-scorer", self.scorer),
            ("transcriber", self.transcriber),
            ("text-language", self.text_language),
            ("spoken-language", self.spoken_language if self.transcriber else ""),
        )
        return tuple(sorted({pair for pair in named if pair[1]}))

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines with transcript, language and agreement."""
        lines = list(records)
        (episode,) = context.records("probe", Episode)
        if not lines:
            return
        pcm = episode_audio(context, episode.media, episode.audio)
        language = self._language(episode, lines, pcm)
        for batch in _batches(lines, BATCH_LINES[self.device]):
            yield from self._batch(batch, pcm, language)

    def _batch(self, lines: list[Utterance], pcm: Pcm, language: str) -> Iterator[Outcome]:
        waveforms = [pcm.read(max(0.0, x.start - self.padding), x.end + self.padding) for x in lines]
        texts = [line.text for line in lines]
        found = self._scored(waveforms, texts, language) if any(texts) else self._heard(waveforms, language)
        for line, transcript in zip(lines, found, strict=True):
            yield self._checked(line, _shifted(transcript, max(0.0, line.start - self.padding)), language)

    def _scored(self, waveforms: list[Waveform], texts: list[str], language: str) -> Sequence[Transcript]:
        if not self.scorer:
            return [Transcript()] * len(texts)
        scorer: TextScorer = load_model("text-scorer", self.scorer, device=self.device)
        return scorer.agreement(waveforms, texts, language)

    def _heard(self, waveforms: list[Waveform], language: str) -> Sequence[Transcript]:
        if not self.transcriber:
            return [Transcript()] * len(waveforms)
        transcriber: Transcriber = load_model("transcriber", self.transcriber, device=self.device)
        return transcriber.transcribe(waveforms, language)

    def _checked(self, line: Utterance, transcript: Transcript, language: str) -> Outcome:
        text = line.text or transcript.text.strip()
        line = msgspec.structs.replace(
            line, text=text, normalised=normalised(text), language=language, transcript=transcript
        )
        if not normalised(text):
            return Dropped.of(line, "no_text", "neither the subtitles nor the ASR gave a word")
        if not line.cue and (fault := self._hallucination(line)):
            return Dropped.of(line, "hallucination", fault)
        return line

    def _hallucination(self, line: Utterance) -> str:
        rate = len(line.text) / max(line.duration, 0.1)
        if rate > self.max_characters:
            return f"{rate:.0f} characters a second"
        share = repeated_share(line.text)
        return f"{share:.0%} of its n-grams are repeats" if share > self.max_repeats else ""

    def _language(self, episode: Episode, lines: list[Utterance], pcm: Pcm) -> str:
        """Return the language of the episode: asked for, heard before, stated, read off the text, or heard now."""
        if stated := self.language or lines[0].language or episode.language:
            return two_letters(stated)
        text = " ".join(line.text for line in lines)[:20000]
        if text.strip() and self.text_language:
            reader: TextLanguageIdentifier = load_model("text-language", self.text_language)
            return reader.text_languages([text])[0].code
        if not (self.transcriber and self.spoken_language):
            return ""
        longest = max(lines, key=lambda line: line.duration)
        middle = (longest.start + longest.end) / 2
        listener: SpokenLanguageIdentifier = load_model("spoken-language", self.spoken_language, device=self.device)
        return listener.spoken_languages([pcm.read(max(0.0, middle - 15.0), middle + 15.0)])[0].code


def _batches(lines: list[Utterance], size: int) -> Iterator[list[Utterance]]:
    for first in range(0, len(lines), size):
        yield lines[first : first + size]


def _shifted(transcript: Transcript, start: float) -> Transcript:
    """Return `transcript` with its words on the episode's clock."""
    words = tuple(
        msgspec.structs.replace(word, start=round(word.start + start, 3), end=round(word.end + start, 3))
        for word in transcript.words
    )
    return msgspec.structs.replace(transcript, words=words)
