"""What reads phonemes: a small ALBERT for the prosody, convolutions and an LSTM for the pronunciation.

Source: Lan et al. 2019 (ALBERT, arXiv:1909.11942), Li et al. 2023 (PL-BERT, arXiv:2301.08810). One utterance a batch
row, rows of equal length: nothing is masked.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiorole.models.talker.sizes import TalkerSizes

BERT_EPSILON = 1e-12


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.dense = nn.Linear(width, width)
        self.LayerNorm = nn.LayerNorm(width, eps=BERT_EPSILON)

    def forward(self, values: Tensor) -> Tensor:
        query, key, value = (
            part(values).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        found = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return self.LayerNorm(values + self.dense(found))


class _BertLayer(nn.Module):
    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        self.attention = _Attention(sizes.bert_hidden, sizes.bert_heads)
        self.ffn = nn.Linear(sizes.bert_hidden, sizes.bert_inner)
        self.ffn_output = nn.Linear(sizes.bert_inner, sizes.bert_hidden)
        self.full_layer_layer_norm = nn.LayerNorm(sizes.bert_hidden, eps=BERT_EPSILON)

    def forward(self, values: Tensor) -> Tensor:
        values = self.attention(values)
        inner = self.ffn_output(F.gelu(self.ffn(values), approximate="tanh"))
        return self.full_layer_layer_norm(values + inner)


class _BertEmbeddings(nn.Module):
    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(sizes.symbols, sizes.bert_embedding)
        self.position_embeddings = nn.Embedding(sizes.places, sizes.bert_embedding)
        self.token_type_embeddings = nn.Embedding(2, sizes.bert_embedding)
        self.LayerNorm = nn.LayerNorm(sizes.bert_embedding, eps=BERT_EPSILON)

    def forward(self, symbols: Tensor) -> Tensor:
        places = torch.arange(symbols.shape[1], device=symbols.device)
        whole = self.word_embeddings(symbols) + self.position_embeddings(places) + self.token_type_embeddings.weight[0]
        return self.LayerNorm(whole)


class PhonemeBert(nn.Module):
    """Symbols int64 `(batch, symbols)` → features `(batch, symbols, hidden)`. One layer's weights serve all layers."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        self.layers = sizes.bert_layers
        self.embeddings = _BertEmbeddings(sizes)
        self.mapping = nn.Linear(sizes.bert_embedding, sizes.bert_hidden)
        self.layer = _BertLayer(sizes)

    def forward(self, symbols: Tensor) -> Tensor:
        values = self.mapping(self.embeddings(symbols))
        for _ in range(self.layers):
            values = self.layer(values)
        return values


class _ChannelNorm(nn.Module):
    """Layer norm over the channels of `(batch, channels, time)`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, values: Tensor) -> Tensor:
        return F.layer_norm(values.transpose(1, 2), self.gamma.shape, self.gamma, self.beta).transpose(1, 2)


class TextEncoder(nn.Module):
    """Symbols int64 `(batch, symbols)` → pronunciation `(batch, hidden, symbols)`."""

    def __init__(self, sizes: TalkerSizes) -> None:
        super().__init__()
        width, kernel = sizes.hidden, sizes.text_kernel
        self.embedding = nn.Embedding(sizes.symbols, width)
        self.cnn = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, width, kernel, padding=kernel // 2), _ChannelNorm(width), nn.LeakyReLU(0.2))
            for _ in range(sizes.layers)
        )
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)

    def forward(self, symbols: Tensor) -> Tensor:
        values = self.embedding(symbols).transpose(1, 2)
        for layer in self.cnn:
            values = layer(values)
        return self.lstm(values.transpose(1, 2))[0].transpose(1, 2)
