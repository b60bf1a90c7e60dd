"""Codes to mel by flow matching (Lipman et al. 2023), continuing a prompt, with classifier-free guidance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from audiorole.errors import ConfigError
from audiorole.training.decoder.encoder import CodeEncoder
from audiorole.training.decoder.estimator import HEAD, VelocityField
from audiorole.training.decoder.mel import HOP, SAMPLE_RATE

STEPS = 10
"""Euler steps of the published decoder."""


@dataclass(frozen=True)
class FlowConfig:
    """Sizes and rates. The defaults are the published decoder's; `of_state` reads the sizes off a checkpoint."""

    codes: int = 16_384
    inputs: int = 512
    width: int = 512
    heads: int = 8
    ffn: int = 2048
    layers: int = 6
    block: int = 10
    bands: int = 80
    speaker: int = 192
    channels: int = 256
    field_heads: int = 8
    field_blocks: int = 4
    field_middle: int = 12
    codes_per_second: float = 12.5
    sigma: float = 1e-6
    guidance: float = 0.7
    guidance_dropout: float = 0.2

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], block: int = 10, **rates: float) -> FlowConfig:
        """Read the sizes off the tensors of a checkpoint. Raises `ConfigError` where one that must be there is not."""
        try:
            codes, inputs = state["input_embedding.weight"].shape
            heads, head = state["encoder.encoders.0.self_attn.pos_bias_u"].shape
            field = "decoder.estimator."
            return cls(
                codes=codes,
                inputs=inputs,
                width=heads * head,
                heads=heads,
                ffn=len(state["encoder.encoders.0.feed_forward.w_1.weight"]),
                layers=_count(state, "encoder.encoders."),
                block=block,
                bands=len(state["encoder_proj.weight"]),
                speaker=state["spk_embed_affine_layer.weight"].shape[1],
                channels=len(state[f"{field}final_proj.weight"][0]),
                field_heads=len(state[f"{field}mid_blocks.0.1.0.attn1.to_q.weight"]) // HEAD,
                field_blocks=_count(state, f"{field}mid_blocks.0.1."),
                field_middle=_count(state, f"{field}mid_blocks."),
                **rates,
            )
        except KeyError as error:
            raise ConfigError(f"The flow checkpoint has no tensor {error}: it is not GLM-4-Voice's decoder.") from None

    def frames(self, codes: int) -> int:
        """Return the mel frames of `codes` codes."""
        return int(codes / self.codes_per_second * SAMPLE_RATE / HOP)


class Flow(nn.Module):
    """Audio codes to an 80-band log-mel. The speaker embedding is zero everywhere, as the published decoder uses it."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        bands = config.bands
        self.input_embedding = nn.Embedding(config.codes, config.inputs)
        self.spk_embed_affine_layer = nn.Linear(config.speaker, bands)
        self.encoder = CodeEncoder(config.inputs, config.width, config.heads, config.ffn, config.layers, config.block)
        self.encoder_proj = nn.Linear(config.width, bands)
        self.length_regulator = nn.ModuleDict({"model": _smoothing(bands)})
        field = VelocityField(
            4 * bands, bands, config.channels, config.field_heads, config.field_blocks, config.field_middle
        )
        self.decoder = nn.ModuleDict({"estimator": field})

    def loss(self, codes: Tensor, code_counts: Tensor, mel: Tensor, frame_counts: Tensor) -> Tensor:
        """Return the flow-matching loss of a batch, a scalar; random numbers come from torch's generator.

        codes: int64 `(batch, codes)`; mel: `(batch, bands, frames)`; counts: int64 `(batch,)`, how much is no filling.
        """
        config, (rows, _, frames) = self.config, mel.shape
        valid = _valid(frame_counts, frames).to(mel.dtype)[:, None]
        condition = self._condition(codes, code_counts, frame_counts, frames)
        prompt = _random_prompts(mel, frame_counts)
        kept = (torch.rand(rows, 1, 1, device=mel.device) > config.guidance_dropout).to(mel.dtype)
        time = 1 - torch.cos(torch.rand(rows, 1, 1, device=mel.device) * 0.5 * math.pi)
        noise = torch.randn_like(mel)
        state = (1 - (1 - config.sigma) * time) * noise + time * mel
        velocity = self._velocity(
            state, condition * kept, self._speaker(rows) * kept, prompt * kept, valid, time[:, 0, 0]
        )
        error = ((velocity - (mel - (1 - config.sigma) * noise)) * valid).float().pow(2).sum()
        return error / (valid.sum() * config.bands)

    def generate(self, codes: Tensor, prompt: Tensor | None = None, seed: int = 42, steps: int = STEPS) -> Tensor:
        """Return the mel `(bands, frames)` of `codes` int64 `(codes,)`, without the frames of `prompt`.

        prompt: mel `(bands, given)` of the first codes, which the rest continues; None gives all frames.
        """
        config, device = self.config, self.encoder_proj.weight.device
        counts, frames = torch.tensor([len(codes)], device=device), config.frames(len(codes))
        given = torch.zeros(1, config.bands, frames, device=device)
        start = 0 if prompt is None else min(prompt.shape[1], frames)
        if prompt is not None:
            given[0, :, :start] = prompt[:, :start]
        valid = torch.ones(1, 1, frames, device=device)
        condition = self._condition(codes[None], counts, torch.tensor([frames], device=device), frames)
        noise = torch.randn(config.bands, frames, generator=torch.Generator().manual_seed(seed)).to(device)
        return self._solve(noise[None], condition, given, valid, steps)[0, :, start:]

    def _solve(self, state: Tensor, condition: Tensor, given: Tensor, valid: Tensor, steps: int) -> Tensor:
        """Euler steps along the guided velocity; with and without conditions run as one batch."""
        times = 1 - torch.cos(torch.linspace(0, 1, steps + 1, device=state.device) * 0.5 * math.pi)
        nothing, speaker = torch.zeros_like(condition), self._speaker(1)
        conditions, prompts = torch.cat((condition, nothing)), torch.cat((given, nothing))
        speakers, both = torch.cat((speaker, torch.zeros_like(speaker))), valid.expand(2, -1, -1)
        for now, then in pairwise(times):
            states = state.expand(2, -1, -1)
            with_, without = self._velocity(states, conditions, speakers, prompts, both, now.expand(2)).split(1)
            guided = (1 + self.config.guidance) * with_ - self.config.guidance * without
            state = state + (then - now) * guided
        return state

    def _velocity(
        self, state: Tensor, condition: Tensor, speaker: Tensor, prompt: Tensor, valid: Tensor, time: Tensor
    ) -> Tensor:
        speaker = speaker.expand(-1, -1, state.shape[-1])
        return self.decoder["estimator"](torch.cat((state, condition, speaker, prompt), dim=1), valid, time)

    def _condition(self, codes: Tensor, code_counts: Tensor, frame_counts: Tensor, frames: int) -> Tensor:
        """Return the encoded codes at the mel's frame rate, `(batch, bands, frames)`."""
        valid = _valid(code_counts, codes.shape[1])
        encoded = self.encoder_proj(self.encoder(self.input_embedding(codes) * valid[..., None], valid))
        place = torch.arange(frames, device=codes.device) * (code_counts / frame_counts)[:, None]
        index = place.long().clamp(max=codes.shape[1] - 1)[..., None].expand(-1, -1, encoded.shape[-1])
        stretched = encoded.gather(1, index).transpose(1, 2)
        return self.length_regulator["model"](stretched) * _valid(frame_counts, frames)[:, None]

    def _speaker(self, rows: int) -> Tensor:
        return self.spk_embed_affine_layer.bias[None, :, None].expand(rows, -1, -1)


def _smoothing(bands: int) -> nn.Sequential:
    """Convolutions after the codes were stretched to frames."""
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [nn.Conv1d(bands, bands, 3, 1, 1), nn.GroupNorm(1, bands), nn.Mish()]
    return nn.Sequential(*layers, nn.Conv1d(bands, bands, 1))


def _random_prompts(mel: Tensor, frame_counts: Tensor) -> Tensor:
    """Return `mel` with only a random start of each row, up to 80 % of it, and of every other row nothing."""
    share = 0.8 * torch.rand(len(mel), device=mel.device) * (torch.rand(len(mel), device=mel.device) < 0.5)
    return mel * _valid((share * frame_counts).long(), mel.shape[2])[:, None]


def _valid(counts: Tensor, length: int) -> Tensor:
    return torch.arange(length, device=counts.device) < counts[:, None]


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    return 1 + max((int(key[len(prefix) :].split(".")[0]) for key in state if key.startswith(prefix)), default=-1)
