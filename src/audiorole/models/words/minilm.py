"""The meaning of sentences by all-MiniLM-L6-v2, int8 ONNX on onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from audiorole.core.vectors import unit
from audiorole.models.adapter import Embedded
from audiorole.models.ports import Floats, ModelCard
from audiorole.models.session import open_session

DIMENSION = 384
MAX_TOKENS = 256  # what the model was trained on


class MiniLm(Embedded):
    """384 dimensions. Source: Reimers and Gurevych 2019, arXiv:1908.10084; Wang et al. 2020, arXiv:2002.10957.

    Each text runs by itself: the int8 activations are scaled per call, so a batch would change its members.
    """

    weights = ("minilm/model.onnx", "minilm/tokenizer.json")

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        model, tokenizer = self.weight_paths(location)
        self._session = open_session(model, threads)
        self._inputs = {value.name for value in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self.card = ModelCard("minilm", self.licence(), self.fingerprint(location), sample_rate=0, dimension=DIMENSION)

    def embed_texts(self, texts: Sequence[str]) -> Floats:
        """Return float32 `(num_texts, 384)`, L2 norm 1; a row of zeros for a text without a visible character."""
        rows = [self._embed(text) if text.strip() else np.zeros(DIMENSION, dtype=np.float32) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, DIMENSION), dtype=np.float32)

    def _embed(self, text: str) -> Floats:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        mean = np.asarray(hidden[0], dtype=np.float32).mean(axis=0)
        return unit(mean)
