"""Whisper on CTranslate2: transcribe with word times, score a text, hear the language; a hundred languages.

Whisper always encodes 30 s, so lines of a few seconds waste nine tenths of it. Here neighbouring lines share a
window: they are laid one after the other with short silences, and what is found is handed back to its line.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from audiorole.errors import ConfigError
from audiorole.models.ports import Floats, Language, ModelCard
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import catalogue
from audiorole.types import Transcript, Word

BASE = "whisper-base"
SAMPLE_RATE = 16000
WINDOW_SECONDS = 29.0  # under Whisper's 30, so that the last line has silence after it
GAP_SECONDS = 0.5  # between lines of a window: longer than a pause within a line, short enough not to waste the window
MAX_TOKENS = 400  # of Whisper's 448
FRAMES_PER_SECOND = 100
MAX_FRAMES = 3000  # what the encoder knows
ALIGNMENT_SECONDS = 0.02
SLACK_SECONDS = 0.6  # the attention's times are off by tenths of a second; .3 and 1.0 told neighbours apart less well

CLIP = 2.0  # nats a token may add or take, as in `audiorole.models.words.moonshine`
FLOOR = 1e-6  # smallest probability CTranslate2's float16 tables tell from zero
# log-odds = a + b · mean evidence + c · ln(tokens); fitted on an even episode of a development series, 50 texts swapped
# and 30 lines given the next line's text, both classes weighed equally.
CALIBRATION = (-4.587, 4.970, 0.239)


@dataclass(frozen=True)
class Window:
    """Lines that share an encoder pass: their indexes, their waveforms laid out, and where each starts (seconds)."""

    lines: tuple[int, ...]
    waveform: Floats
    starts: tuple[float, ...]

    def owner(self, time: float) -> int:
        """Return the line that `time` falls into; gaps belong to the line before."""
        return self.lines[max(0, int(np.searchsorted(self.starts, time + GAP_SECONDS / 2, side="right")) - 1)]

    def inside(self, times: Floats, lengths: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Return which times fall into their own line, give or take `SLACK_SECONDS`; lengths: tokens of each line."""
        ends = [*self.starts[1:], len(self.waveform) / SAMPLE_RATE]
        early = np.repeat(self.starts, lengths) - SLACK_SECONDS
        late = np.repeat(ends, lengths) + SLACK_SECONDS
        return (times >= early) & (times <= late)


@dataclass(frozen=True)
class Aligned:
    """What a window gives a text: the probability of each token, and pairs (token, 20 ms frame) that rise in both."""

    probabilities: Sequence[float] | Floats
    pairs: Sequence[tuple[int, int]]


class Whisper:
    """`Transcriber`, `TextScorer` and `SpokenLanguageIdentifier`. Source: Radford et al. 2022, arXiv:2212.04356.

    location: None for the base model of the catalogue, a CTranslate2 folder, or a size such as `large-v3` that
    faster-whisper fetches from its hub. device: `cpu` (8-bit) or `cuda` (16-bit), as CTranslate2 names them.
    """

    def __init__(self, location: str | None = None, threads: int = 1, device: str = "cpu") -> None:
        source = str(weights.folder(BASE)) if location is None else location
        precision = "int8" if device == "cpu" else "float16"
        try:
            self._model: Any = WhisperModel(source, device=device, compute_type=precision, cpu_threads=threads)
        except (ValueError, RuntimeError) as error:
            raise ConfigError(f"Whisper cannot be loaded from {source!r}: {error}") from error
        self._silence: Any = None
        self._method = "whisper" if location is None else f"whisper@{location}"
        self.card = ModelCard(self._method, "MIT", self.fingerprint(location), SAMPLE_RATE)

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return the hash of the weights (of their name, for a size of the hub) and of this code's version."""
        if location is None:
            parts = [weight.sha256 for weight in catalogue().select((BASE,))]
        elif Path(location).is_dir():
            parts = [weights.sha256(path) for path in sorted(Path(location).iterdir()) if path.is_file()]
        else:
            parts = [location, version("faster-whisper")]
        return hashlib.sha256("\n".join(["Whisper 3", *parts]).encode()).hexdigest()

    @classmethod
    def weight_names(cls, location: str | None = None) -> tuple[str, ...]:
        """Return the files of the base model; none for other locations, which faster-whisper looks after."""
        return tuple(weight.name for weight in catalogue().select((BASE,))) if location is None else ()

    def transcribe(self, waveforms: Sequence[Floats], language: str = "", words: bool = False) -> list[Transcript]:
        """Return a transcript per waveform; confidence is the mean probability of its words.

        The language of a window is detected where none is given. Word times are always computed: they tell which
        line of a window a word belongs to.
        """
        found: list[list[Word]] = [[] for _ in waveforms]
        languages = [language] * len(waveforms)
        for window in _windows(waveforms, [0] * len(waveforms)):
            heard, spoken = self._words(window.waveform, language)
            for index in window.lines:
                languages[index] = spoken
            for word in heard:
                index = window.owner((word.start + word.end) / 2)
                found[index].append(_moved(word, -window.starts[window.lines.index(index)]))
        return [self._transcript(line, spoken, words) for line, spoken in zip(found, languages, strict=True)]

    def agreement(self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = "") -> list[Transcript]:
        """Return per line the probability in [0, 1] that audio and text belong together, as `agreement`.

        None where the text has no letter or digit. Give the lines in time order, and the language: detecting it
        costs another pass for each window.
        """
        features = self.features(waveforms, texts, language)
        return [self._scored(row, language) for row in features]

    def features(
        self, waveforms: Sequence[Floats], texts: Sequence[str], language: str = ""
    ) -> list[tuple[float, float, float] | None]:
        """Return per line what `CALIBRATION` weighs: 1, nats per token, ln(tokens); None for a text without letters."""
        spoken = language or self.spoken_languages([_longest(waveforms)])[0].code or "en"
        tokenizer = Tokenizer(self._model.hf_tokenizer, self._model.model.is_multilingual, "transcribe", spoken)
        tokens = [tokenizer.encode(" " + text.strip()) if _has_word(text) else [] for text in texts]
        found: list[tuple[float, float, float] | None] = [None] * len(texts)
        usable = [index for index, ids in enumerate(tokens) if ids]
        windows = list(_windows([waveforms[i] for i in usable], [len(tokens[i]) for i in usable]))
        lines = [[usable[index] for index in window.lines] for window in windows]
        texts_of = [[token for line in part for token in tokens[line]] for part in lines]
        for window, part, aligned in zip(windows, lines, self._aligned(windows, texts_of, tokenizer), strict=True):
            evidence = _evidence(window, [len(tokens[line]) for line in part], *aligned)
            for line, nats in zip(part, evidence, strict=True):
                found[line] = (1.0, float(nats.mean()), math.log(len(nats)))
        return found

    def spoken_languages(self, waveforms: Sequence[Floats]) -> list[Language]:
        """Return the likeliest language of each waveform's first 30 s; "" for one without a sample or with zeros."""
        return [self._spoken(waveform) if np.any(waveform) else Language("", 0.0) for waveform in waveforms]

    def _spoken(self, waveform: Floats) -> Language:
        """Hear the waveform at its own length: filling Whisper's 30 s with silence costs six times as much for 5 s."""
        shortest = np.zeros(max(0, SAMPLE_RATE - len(waveform)), dtype=np.float32)
        features = self._model.feature_extractor(np.concatenate([waveform, shortest]), padding=False)
        encoded = self._model.encode(features[:, : min(MAX_FRAMES, features.shape[1] // 2 * 2)])
        ((token, probability), *_) = self._model.model.detect_language(encoded)[0]
        return Language(str(token)[2:-2], float(probability))

    def _words(self, waveform: Floats, language: str) -> tuple[list[Word], str]:
        segments, info = self._model.transcribe(
            waveform, language=language or None, beam_size=1, word_timestamps=True, condition_on_previous_text=False
        )
        words = [word for segment in segments for word in segment.words or ()]
        return [Word(text=w.word, start=w.start, end=w.end, probability=w.probability) for w in words], info.language

    def _transcript(self, found: list[Word], language: str, words: bool) -> Transcript:
        text = "".join(word.text for word in found).strip()
        confidence = float(np.mean([word.probability for word in found])) if found else None
        kept = tuple(Word(text=w.text.strip(), start=w.start, end=w.end, probability=w.probability) for w in found)
        return Transcript(
            text=text, language=language, confidence=confidence, method=self._method, words=kept if words else ()
        )

    def _scored(self, row: tuple[float, float, float] | None, language: str) -> Transcript:
        agreement = None if row is None else 1 / (1 + math.exp(-float(np.dot(CALIBRATION, row))))
        return Transcript(method=self._method, language=language, agreement=agreement)

    def _aligned(
        self, windows: Sequence[Window], tokens: Sequence[list[int]], tokenizer: Any
    ) -> Iterator[tuple[Aligned, Aligned]]:
        """Yield what each window gives the tokens of its texts, and what silence gives them."""
        if self._silence is None:
            self._silence = self._encoded(np.zeros(SAMPLE_RATE, dtype=np.float32))
        for window, ids in zip(windows, tokens, strict=True):
            frames = math.ceil(len(window.waveform) / SAMPLE_RATE * FRAMES_PER_SECOND)
            heard, silent = (
                self._model.model.align(encoded, tokenizer.sot_sequence, [ids], frames)[0]
                for encoded in (self._encoded(window.waveform), self._silence)
            )
            yield Aligned(heard.text_token_probs, heard.alignments), Aligned(silent.text_token_probs, ())

    def _encoded(self, waveform: Floats) -> Any:
        return self._model.encode(pad_or_trim(self._model.feature_extractor(waveform)))


def _evidence(window: Window, lengths: Sequence[int], heard: Aligned, silent: Aligned) -> list[Floats]:
    """Return per line and token the clipped log probability given the audio over that given silence.

    lengths: tokens of each line. A token that the decoder finds outside its own line says nothing for it: neighbours
    share the window, and a text must not be proved by the line next to it.
    """
    ratio = _logs(heard.probabilities) - _logs(silent.probabilities)
    inside = window.inside(_token_times(heard.pairs, sum(lengths)), lengths)
    evidence = np.where(inside, np.clip(ratio, -CLIP, CLIP), np.float32(0))
    return np.split(evidence, np.cumsum(lengths)[:-1])


def _windows(waveforms: Sequence[Floats], tokens: Sequence[int]) -> Iterator[Window]:
    """Yield neighbouring waveforms in windows of at most `WINDOW_SECONDS` and `MAX_TOKENS`; a longer one goes alone."""
    lines: list[int] = []
    seconds, count = 0.0, 0
    for index, waveform in enumerate(waveforms):
        length = len(waveform) / SAMPLE_RATE + GAP_SECONDS
        if lines and (seconds + length > WINDOW_SECONDS or count + tokens[index] > MAX_TOKENS):
            yield _laid_out(waveforms, lines)
            lines, seconds, count = [], 0.0, 0
        lines.append(index)
        seconds, count = seconds + length, count + tokens[index]
    if lines:
        yield _laid_out(waveforms, lines)


def _laid_out(waveforms: Sequence[Floats], lines: Sequence[int]) -> Window:
    gap = np.zeros(int(GAP_SECONDS * SAMPLE_RATE), dtype=np.float32)
    lengths = [len(waveforms[line]) + len(gap) for line in lines]
    starts = (np.cumsum([0, *lengths[:-1]]) / SAMPLE_RATE).tolist()
    parts = [part for line in lines for part in (waveforms[line].astype(np.float32, copy=False), gap)]
    return Window(tuple(lines), np.concatenate(parts), tuple(starts))


def _token_times(alignments: Sequence[tuple[int, int]], count: int) -> Floats:
    """Return the time in seconds at which each token starts: its first pair (token, 20 ms frame) on the path."""
    pairs = np.array(alignments, dtype=np.int64).reshape(-1, 2)
    firsts = pairs[np.searchsorted(pairs[:, 0], np.arange(count)).clip(max=max(0, len(pairs) - 1)), 1]
    return np.asarray(firsts * ALIGNMENT_SECONDS, dtype=np.float32)


def _logs(probabilities: Sequence[float] | Floats) -> Floats:
    return np.log(np.maximum(np.array(probabilities, dtype=np.float32), np.float32(FLOOR)))


def _moved(word: Word, by: float) -> Word:
    start, end = max(0.0, word.start + by), max(0.0, word.end + by)
    return Word(text=word.text, start=round(start, 3), end=round(end, 3), probability=round(word.probability, 4))


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _longest(waveforms: Sequence[Floats]) -> Floats:
    return max(waveforms, key=len, default=np.zeros(0, dtype=np.float32))
