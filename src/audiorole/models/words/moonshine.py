"""Moonshine tiny (English): transcribe, and tell how well a line of subtitle is supported by the audio.

Scoring is not a transcription compared with a text: the text is forced through the decoder in one pass, and each
token's log probability given the audio is set against the same given silence. That is the evidence the audio adds;
it does not punish rare words, and costs a quarter of a transcription.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.words.moonshine_network import MIN_SAMPLES, SAMPLE_RATE, Decoded, MoonshineNetwork
from audiorole.types import Transcript

LANGUAGE = "en"
TOKENS_PER_SECOND = 6.5  # the authors' guard against loops (moonshine/transcribe.py)
MAX_SECONDS = 30.0  # longer waveforms are cut; the model was trained on at most about that
LENGTH_STEP = 4000  # samples: waveforms are padded to the next quarter second so that equal lengths share a batch
BATCH = 8

CLIP = 2.0  # nats a token may add or take: one misheard name must not outweigh a sentence
# log-odds that text and audio belong together = a + b · mean evidence + c · ln(tokens); fitted on the even episodes
# of a development series with 50 swapped texts each (`benchmarks/validation.py --fit`).
CALIBRATION = (0.247, 8.512, -1.927)


class Moonshine(Embedded):
    """A `Transcriber` and a `TextScorer` for English; no word times. Source: Jeffries 2024, arXiv:2410.15608."""

    weights = ("moonshine-tiny/encoder_model.onnx", "moonshine-tiny/decoder_model_merged.onnx",
               "moonshine-tiny/tokenizer.json")  # fmt: skip

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        encoder, decoder, tokenizer = self.weight_paths(location)
        self._network = MoonshineNetwork(encoder, decoder, tokenizer, threads)
        self._silence = self._network.encode(np.zeros((1, SAMPLE_RATE), dtype=np.float32))
        self.card = ModelCard("moonshine", self.licence(), self.fingerprint(location), SAMPLE_RATE)

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        """Return a transcript per waveform; confidence is the geometric mean of the tokens' probabilities.

        language and words are ignored: the model knows English and no times.
        """
        pieces = [(index, piece) for index, waveform in enumerate(waveforms) for piece in _pieces(waveform)]
        decoded: dict[int, Decoded] = {}
        for rows in _batches([len(piece) for _, piece in pieces]):
            batch = np.stack([_padded(pieces[row][1]) for row in rows])
            limit = math.ceil(batch.shape[1] / SAMPLE_RATE * TOKENS_PER_SECOND)
            decoded.update(zip(rows, self._network.greedy(self._network.encode(batch), limit), strict=True))
        owned: list[list[Decoded]] = [[] for _ in waveforms]
        for row, (index, _) in enumerate(pieces):
            owned[index].append(decoded[row])
        return [self._transcript(parts) for parts in owned]

    def agreement(self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = "") -> list[Transcript]:
        """Return per line the probability in [0, 1] that audio and text belong together, as `agreement`.

        None where the text has no letter or digit. About .5 for a word or two that could be anything.
        """
        return [_scored(row) for row in self.features(waveforms, texts)]

    def features(
        self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = ""
    ) -> list[tuple[float, float, float] | None]:
        """Return per line what `CALIBRATION` weighs: 1, nats per token, ln(tokens); None for a text without letters."""
        return [self._features(waveform, text) for waveform, text in zip(waveforms, texts, strict=True)]

    def _features(self, waveform: Floats, text: str) -> tuple[float, float, float] | None:
        if not any(character.isalnum() for character in text):
            return None
        ids = self._network.tokens(text)
        heard = self._network.force(self._network.encode(_padded(waveform)[None]), ids)
        evidence = np.clip(heard - self._network.force(self._silence, ids), -CLIP, CLIP).mean()
        return 1.0, float(evidence), math.log(len(heard))

    def _transcript(self, parts: Sequence[Decoded]) -> Transcript:
        scores = np.concatenate([np.zeros(0, dtype=np.float32), *(part.log_probabilities for part in parts)])
        text = " ".join(filter(None, (self._network.text(part.ids) for part in parts)))
        confidence = float(np.exp(scores.mean())) if len(scores) else None
        return Transcript(text=text, language=LANGUAGE, confidence=confidence, method="moonshine")


def _scored(row: tuple[float, float, float] | None) -> Transcript:
    agreement = None if row is None else 1 / (1 + math.exp(-float(np.dot(CALIBRATION, row))))
    return Transcript(method="moonshine", language=LANGUAGE, agreement=agreement)


def _pieces(waveform: Floats) -> list[Floats]:
    """Cut what is longer than the model knows into equal pieces; nothing for silence."""
    if not np.any(waveform):
        return []
    count = max(1, math.ceil(len(waveform) / SAMPLE_RATE / MAX_SECONDS))
    return list(np.array_split(waveform, count))


def _padded(waveform: Floats) -> Floats:
    """Return the waveform with zeros up to the next `LENGTH_STEP`."""
    length = max(MIN_SAMPLES, -(-len(waveform) // LENGTH_STEP) * LENGTH_STEP)
    return np.pad(waveform.astype(np.float32, copy=False), (0, length - len(waveform)))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield indexes of waveforms that have one length once padded, at most `BATCH` at a time."""
    groups: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        groups.setdefault(-(-max(length, MIN_SAMPLES) // LENGTH_STEP), []).append(index)
    for rows in groups.values():
        yield from (rows[first : first + BATCH] for first in range(0, len(rows), BATCH))
