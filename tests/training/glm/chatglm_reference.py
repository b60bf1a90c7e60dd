"""A frozen, plain implementation of the ChatGLM layout that GLM-4-Voice publishes; the judge of the conversion.

Written from the layout, with none of transformers' code, and never changed to make a test pass.
"""

import math

import torch
from torch import nn

TINY = {
    "model_type": "chatglm",
    "hidden_size": 64,
    "ffn_hidden_size": 96,
    "num_layers": 2,
    "num_attention_heads": 4,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "kv_channels": 16,
    "padded_vocab_size": 320,
    "seq_length": 256,
    "layernorm_epsilon": 3.90625e-08,
    "rope_ratio": 3.0,
    "add_qkv_bias": True,
    "add_bias_linear": False,
    "rmsnorm": True,
    "post_layer_norm": True,
    "original_rope": True,
    "pad_token_id": 0,
}


class Norm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size)), epsilon

    def forward(self, x):
        return self.weight * (x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.epsilon)).to(x)


def rotate(x, theta):
    """x: (tokens, heads, head). The first half of the head turns by pairs of neighbours, the rest passes."""
    half = x.shape[-1] // 2
    frequency = 1.0 / theta ** (torch.arange(0, half, 2).float() / half)
    angle = torch.arange(x.shape[0]).float()[:, None] * frequency
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    even, odd = x[..., 0:half:2], x[..., 1:half:2]
    turned = torch.stack((even * cos - odd * sin, odd * cos + even * sin), -1).flatten(-2)
    return torch.cat((turned, x[..., half:]), -1)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, self.query = c, c["num_attention_heads"] * c["kv_channels"]
        self.kv = c["multi_query_group_num"] * c["kv_channels"]
        self.query_key_value = nn.Linear(c["hidden_size"], self.query + 2 * self.kv, bias=c["add_qkv_bias"])
        self.dense = nn.Linear(self.query, c["hidden_size"], bias=False)

    def forward(self, x):
        head, theta = self.c["kv_channels"], 10_000 * self.c["rope_ratio"]
        q, k, v = self.query_key_value(x).split([self.query, self.kv, self.kv], dim=-1)
        q, k = (rotate(part.view(len(x), -1, head), theta) for part in (q, k))
        v = v.view(len(x), -1, head)
        repeat = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(head)
        scores = scores.masked_fill(torch.ones(len(x), len(x)).triu(1).bool(), -math.inf)
        return self.dense(torch.einsum("hqk,khd->qhd", scores.softmax(-1), v).flatten(1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dense_h_to_4h = nn.Linear(c["hidden_size"], 2 * c["ffn_hidden_size"], bias=False)
        self.dense_4h_to_h = nn.Linear(c["ffn_hidden_size"], c["hidden_size"], bias=False)

    def forward(self, x):
        gate, up = self.dense_h_to_4h(x).chunk(2, dim=-1)
        return self.dense_4h_to_h(nn.functional.silu(gate) * up)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = Norm(c["hidden_size"], c["layernorm_epsilon"])
        self.self_attention = Attention(c)
        self.post_attention_layernorm = Norm(c["hidden_size"], c["layernorm_epsilon"])
        self.mlp = Mlp(c)

    def forward(self, x):
        x = x + self.self_attention(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class ChatGlm(nn.Module):
    def __init__(self, c=TINY):
        super().__init__()
        encoder = {"layers": nn.ModuleList(Layer(c) for _ in range(c["num_layers"]))}
        encoder["final_layernorm"] = Norm(c["hidden_size"], c["layernorm_epsilon"])
        words = nn.ModuleDict({"word_embeddings": nn.Embedding(c["padded_vocab_size"], c["hidden_size"])})
        output = nn.Linear(c["hidden_size"], c["padded_vocab_size"], bias=False)
        self.transformer = nn.ModuleDict(
            {"embedding": words, "encoder": nn.ModuleDict(encoder), "output_layer": output}
        )

    def forward(self, ids):
        """ids: (tokens,) → logits (tokens, vocabulary)."""
        x = self.transformer["embedding"]["word_embeddings"](ids)
        for layer in self.transformer["encoder"]["layers"]:
            x = layer(x)
        return self.transformer["output_layer"](self.transformer["encoder"]["final_layernorm"](x))
