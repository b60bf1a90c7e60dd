"""The graphs of Moonshine tiny on onnxruntime: encode a waveform, force a text through, or decode greedily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from audiorole.models.ports import Floats
from audiorole.models.session import open_session

SAMPLE_RATE = 16000
START, END = 1, 2  # token ids
HEADS, HEAD_SIZE = 8, 36
MIN_SAMPLES = 4000  # the convolutions at the front need 1,000 samples; under 0.25 s nothing is understood

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decoded:
    """What the decoder said of one waveform: token ids without start and end, log probability of each."""

    ids: tuple[int, ...]
    log_probabilities: Floats


class MoonshineNetwork:
    """Encoder, merged decoder and tokenizer. Source: Jeffries et al. 2024, arXiv:2410.15608."""

    def __init__(self, encoder: Path, decoder: Path, tokenizer: Path, threads: int = 1) -> None:
        self._encoder = open_session(encoder, threads)
        self._decoder = open_session(decoder, threads)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        outputs = [output.name for output in self._decoder.get_outputs()]
        self._outputs = outputs[outputs.index("logits") :]
        self._empty = {
            value.name: np.zeros((0, HEADS, 1, HEAD_SIZE), dtype=np.float32)
            for value in self._decoder.get_inputs()
            if value.name.startswith("past_key_values")
        }

    def encode(self, waveforms: Floats) -> Floats:
        """Return hidden states `(batch, time, 288)` of waveforms of one length, `(batch, num_samples)`."""
        return np.asarray(self._encoder.run(None, {"input_values": waveforms})[0], dtype=np.float32)

    def tokens(self, text: str) -> list[int]:
        """Return the token ids of a text, without start and end."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of token ids."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def force(self, hidden: Floats, ids: Sequence[int]) -> Floats:
        """Return the log probability of each token and of the end after them, in one pass; `(len(ids) + 1,)`.

        hidden: of one waveform, `(1, time, 288)`.
        """
        feed = {"input_ids": np.array([[START, *ids]], dtype=np.int64), "encoder_hidden_states": hidden}
        logits = self._decoder.run(["logits"], {**feed, "use_cache_branch": np.array([False]), **self._empty})[0][0]
        targets = np.array([*ids, END])
        return np.asarray(logits[np.arange(len(targets)), targets] - _log_sum_exp(logits), dtype=np.float32)

    def greedy(self, hidden: Floats, max_tokens: int) -> list[Decoded]:
        """Return the likeliest tokens of each row of `hidden`, `(batch, time, 288)`, with cached keys and values."""
        batch = len(hidden)
        ids, scores = np.full((batch, 1), START, dtype=np.int64), np.zeros((batch, 0), dtype=np.float32)
        cache, done = dict(self._empty), np.zeros(batch, dtype=bool)
        while not done.all() and scores.shape[1] < max_tokens:
            logits, cache = self._step(hidden, ids[:, -1:], cache, cached=scores.shape[1] > 0)
            best = logits.argmax(axis=1)
            score = logits[np.arange(batch), best] - _log_sum_exp(logits)
            ids, scores = np.column_stack([ids, best]), np.column_stack([scores, score])
            done |= best == END
        return [_until_end(row, score) for row, score in zip(ids[:, 1:], scores, strict=True)]

    def _step(
        self, hidden: Floats, ids: Ids, cache: dict[str, Floats], cached: bool
    ) -> tuple[Floats, dict[str, Floats]]:
        feed = {"input_ids": ids, "encoder_hidden_states": hidden, "use_cache_branch": np.array([cached])}
        logits, *present = self._decoder.run(self._outputs, {**feed, **cache})
        fresh = dict(zip(self._empty, present, strict=True))
        # The cached branch returns empty encoder keys: those of the first step stay.
        kept = {name: cache[name] if cached and ".encoder." in name else fresh[name] for name in fresh}
        return logits[:, -1], kept


def _until_end(ids: Ids, scores: Floats) -> Decoded:
    ends = np.flatnonzero(ids == END)
    count = int(ends[0]) if len(ends) else len(ids)
    return Decoded(tuple(int(token) for token in ids[:count]), scores[:count])


def _log_sum_exp(logits: Floats) -> Floats:
    top = logits.max(axis=-1)
    return np.asarray(top + np.log(np.exp(logits - top[..., None]).sum(axis=-1)), dtype=np.float32)
