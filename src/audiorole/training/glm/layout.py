"""Which tensor of one layout is made of which rows of the other: the whole conversion as a table.

Both directions have one form: a target tensor is the concatenation of row ranges of source tensors. Nothing is
computed, so the round trip is bit-exact in any dtype.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audiorole.types.plain import JsonObject


@dataclass(frozen=True)
class Rows:
    """Rows `[start, stop)` of the tensor `key`; `stop` None means all of them."""

    key: str
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True)
class Target:
    """A tensor to write: its name, its shape, and the rows it is made of, in order."""

    key: str
    shape: tuple[int, ...]
    sources: tuple[Rows, ...]


@dataclass(frozen=True)
class Sizes:
    """The sizes that every shape follows from, read off a native configuration."""

    vocab: int
    hidden: int
    ffn: int
    layers: int
    query: int
    kv: int
    bias: bool

    @classmethod
    def of(cls, native: JsonObject) -> Sizes:
        """Read the sizes of a native `glm` configuration."""
        head = native["head_dim"]
        return cls(
            vocab=native["vocab_size"],
            hidden=native["hidden_size"],
            ffn=native["intermediate_size"],
            layers=native["num_hidden_layers"],
            query=native["num_attention_heads"] * head,
            kv=native["num_key_value_heads"] * head,
            bias=bool(native["attention_bias"]),
        )

    @property
    def qkv(self) -> int:
        """Rows of the joined projection."""
        return self.query + 2 * self.kv


IGNORED = frozenset({"transformer.rotary_pos_emb.inv_freq"})
"""A buffer that both implementations compute from the configuration."""


def published_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return name → shape of every tensor of the GLM-4-Voice layout."""
    return {target.key: target.shape for target in to_published(sizes)}


def native_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Return name → shape of every tensor of the native layout."""
    return {target.key: target.shape for target in to_native(sizes)}


def to_native(sizes: Sizes) -> Iterator[Target]:
    """Yield the native tensors, each as rows of GLM-4-Voice tensors."""
    for published, native, shape in _one_to_one(sizes):
        yield Target(native, shape, (Rows(published),))
    for layer in range(sizes.layers):
        for suffix, shape in _qkv(sizes):
            for part, start, stop in _parts(sizes):
                rows = Rows(_published_qkv(layer, suffix), start, stop)
                yield Target(_native_qkv(layer, part, suffix), (stop - start, *shape[1:]), (rows,))


def to_published(sizes: Sizes) -> Iterator[Target]:
    """Yield the GLM-4-Voice tensors, each as rows of native tensors."""
    for published, native, shape in _one_to_one(sizes):
        yield Target(published, shape, (Rows(native),))
    for layer in range(sizes.layers):
        for suffix, shape in _qkv(sizes):
            parts = tuple(Rows(_native_qkv(layer, part, suffix)) for part, _, _ in _parts(sizes))
            yield Target(_published_qkv(layer, suffix), shape, parts)


def _one_to_one(sizes: Sizes) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    hidden, ffn = sizes.hidden, sizes.ffn
    yield "transformer.embedding.word_embeddings.weight", "model.embed_tokens.weight", (sizes.vocab, hidden)
    yield "transformer.output_layer.weight", "lm_head.weight", (sizes.vocab, hidden)
    yield "transformer.encoder.final_layernorm.weight", "model.norm.weight", (hidden,)
    for layer in range(sizes.layers):
        old, new = f"transformer.encoder.layers.{layer}", f"model.layers.{layer}"
        yield f"{old}.input_layernorm.weight", f"{new}.input_layernorm.weight", (hidden,)
        yield f"{old}.post_attention_layernorm.weight", f"{new}.post_attention_layernorm.weight", (hidden,)
        yield f"{old}.self_attention.dense.weight", f"{new}.self_attn.o_proj.weight", (hidden, sizes.query)
        yield f"{old}.mlp.dense_h_to_4h.weight", f"{new}.mlp.gate_up_proj.weight", (2 * ffn, hidden)
        yield f"{old}.mlp.dense_4h_to_h.weight", f"{new}.mlp.down_proj.weight", (hidden, ffn)


def _qkv(sizes: Sizes) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "weight", (sizes.qkv, sizes.hidden)
    if sizes.bias:
        yield "bias", (sizes.qkv,)


def _parts(sizes: Sizes) -> tuple[tuple[str, int, int], ...]:
    key, value = sizes.query, sizes.query + sizes.kv
    return ("q_proj", 0, key), ("k_proj", key, value), ("v_proj", value, sizes.qkv)


def _published_qkv(layer: int, suffix: str) -> str:
    return f"transformer.encoder.layers.{layer}.self_attention.query_key_value.{suffix}"


def _native_qkv(layer: int, part: str, suffix: str) -> str:
    return f"model.layers.{layer}.self_attn.{part}.{suffix}"
