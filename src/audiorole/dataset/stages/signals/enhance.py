"""Enhance (off by default): denoise, and keep the result only where it is better and still the same voice and words.

Arrays: `enhanced` int16, all kept lines one after the other at 16 kHz; `enhanced_pointer` int64 and `enhanced_lines`
int32: line number `enhanced_lines[i]` owns samples `enhanced_pointer[i]:enhanced_pointer[i + 1]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
import soxr
from numpy.typing import NDArray

from audiorole.audio.decode import Waveform
from audiorole.audio.pcm import Pcm, to_int16
from audiorole.dataset.lines.episode_audio import SAMPLE_RATE, episode_audio
from audiorole.models import load_model
from audiorole.models.ports import Denoiser, QualityEstimator, SpeakerEmbedder, TextScorer
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Episode, Record, Utterance
from audiorole.types.ids import line_numbers


@dataclass(frozen=True)
class Enhance(EpisodeStage[Utterance]):
    """denoiser: model reference, "" passes everything on. Both scores are stored whatever the guard decides.

    min_voice: least cosine of the voices before and after, set by hand above what strangers reach (0.34–0.5).
    max_agreement_loss: how much the agreement of text and audio may fall. min_gain: least rise of DNSMOS.
    """

    name: ClassVar[str] = "enhance"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe",)
    denoiser: str = ""
    embedder: str = "wespeaker"
    estimator: str = "dnsmos"
    scorer: str = "whisper"
    min_voice: float = 0.7
    max_agreement_loss: float = 0.05
    min_gain: float = 0.1

    def models(self) -> tuple[tuple[str, str], ...]:
        """All models of the guard, where the stage is on."""
        if not self.denoiser:
            return ()
        named = (
            ("denoiser", self.denoiser),
            ("speaker-embedder", self.embedder),
            ("quality", self.estimator),
            ("text-scorer", self.scorer),
        )
        return tuple(pair for pair in named if pair[1])

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines, those that were enhanced with both scores."""
        lines, kept = list(records), []
        if self.denoiser and lines:
            (episode,) = context.records("probe", Episode)
            pcm = episode_audio(context, episode.media, episode.audio)
            tried = [self._try(line, pcm) for line in lines]
            lines = [line for line, _ in tried]
            kept = [(line, samples) for line, samples in tried if samples is not None]
        lengths = [len(samples) for _, samples in kept]
        context.save("enhanced", np.concatenate([np.zeros(0, np.int16), *(samples for _, samples in kept)]))
        context.save("enhanced_pointer", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
        context.save("enhanced_lines", line_numbers(line for line, _ in kept))
        yield from lines

    def _try(self, line: Utterance, pcm: Pcm) -> tuple[Utterance, NDArray[np.int16] | None]:
        """Return the line with both scores, and the samples where the guard lets them through."""
        before = pcm.read(line.start, line.end)
        after = self._denoised(before)
        quality: QualityEstimator = load_model("quality", self.estimator)
        old, new = (score.overall for score in quality.mos([before, after]))
        better = (
            new - old >= self.min_gain and self._same_voice(before, after) and self._same_words(line, before, after)
        )
        if line.quality is None:
            return line, None
        rated = msgspec.structs.replace(line.quality, enhanced_dnsmos=round(new, 2), enhanced=better)
        return msgspec.structs.replace(line, quality=rated), to_int16(after) if better else None

    def _denoised(self, waveform: Waveform) -> Waveform:
        model: Denoiser = load_model("denoiser", self.denoiser)
        rate = model.card.sample_rate
        wide = soxr.resample(waveform, SAMPLE_RATE, rate) if rate != SAMPLE_RATE else waveform
        clean = model.denoise(np.asarray(wide, dtype=np.float32))
        narrow = soxr.resample(clean, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else clean
        fitted = np.zeros(len(waveform), dtype=np.float32)
        fitted[: len(narrow)] = narrow[: len(waveform)]
        return fitted

    def _same_voice(self, before: Waveform, after: Waveform) -> bool:
        model: SpeakerEmbedder = load_model("speaker-embedder", self.embedder)
        old, new = model.embed([before, after])
        return float(old @ new) >= self.min_voice

    def _same_words(self, line: Utterance, before: Waveform, after: Waveform) -> bool:
        if not (self.scorer and line.text):
            return True
        model: TextScorer = load_model("text-scorer", self.scorer)
        old, new = model.agreement([before, after], [line.text, line.text], line.language)
        if old.agreement is None or new.agreement is None:
            return True
        return new.agreement >= old.agreement - self.max_agreement_loss
