"""Replies token by token, any number beside each other: words until `<speech>`, then codes until the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from audiorole.experiments.small.prompt import SpokenChat
from audiorole.training.replying import new_cache

ENDED = -1
WORDS, CODES = (0.7, 0.9), (0.8, 0.9)
"""Temperature and top-p. Set by hand: cooler codes fall into silence, hotter ones into noise."""

LONGEST_WORDS, LONGEST_CODES = 60, 750
"""Tokens; 15 s of speech."""


@dataclass
class Thinking:
    """Replies to `prompts`, each with its own `seed`: a row's random numbers do not depend on its company."""

    model: LlamaForCausalLM
    chat: SpokenChat
    prompts: Sequence[Sequence[int]]
    seeds: Sequence[int]
    _spoken: Tensor = field(init=False)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the next token of every reply, `ENDED` where it has ended; stop when all have."""
        device, chat = self.model.device, self.chat
        ids, mask = self._prompts(device)
        cache, chances = new_cache(LlamaForCausalLM), self._chances(device)
        self._spoken = torch.zeros(len(ids), dtype=torch.int64, device=device)  # `<speech>` and codes so far
        ended = torch.zeros(len(ids), dtype=torch.bool, device=device)
        places = (mask.cumsum(1) - 1).clamp(min=0)
        for count in range(LONGEST_WORDS + LONGEST_CODES + 1):
            with torch.inference_mode():
                output = self.model(
                    input_ids=ids, attention_mask=mask, position_ids=places, use_cache=True, logits_to_keep=1, **cache
                )
                token = self._choose(output.logits[:, -1].float(), count, chances[:, count, None])
            self._spoken += token >= chat.words
            ended |= (token == chat.stop) | (self._spoken > LONGEST_CODES)
            found = torch.where(ended, ENDED, token).tolist()
            if all(one == ENDED for one in found):
                return
            yield found
            ids, places = token[:, None], places[:, -1:] + 1
            mask = torch.nn.functional.pad(mask, (0, 1), value=1)

    def _prompts(self, device: torch.device | str) -> tuple[Tensor, Tensor]:
        """Return the prompts, filled up on the left, and the mask of what is no filling, int64 `(rows, longest)`."""
        longest = max(map(len, self.prompts))
        rows = [[self.chat.stop] * (longest - len(prompt)) + list(prompt) for prompt in self.prompts]
        masks = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in self.prompts]
        return torch.tensor(rows, device=device), torch.tensor(masks, device=device)

    def _chances(self, device: torch.device | str) -> Tensor:
        draws = (torch.Generator().manual_seed(seed) for seed in self.seeds)
        return torch.stack([torch.rand(LONGEST_WORDS + LONGEST_CODES + 1, generator=draw) for draw in draws]).to(device)

    def _choose(self, logits: Tensor, count: int, chance: Tensor) -> Tensor:
        """Return the next token of every row: words until `<speech>`, then codes until the end.

        Whether speech ends is drawn before anything is left out. In silence a few codes hold nearly all of the
        probability, and the end would never be among the likeliest.
        """
        chat, speaking = self.chat, (self._spoken > 0)[:, None]
        place = torch.arange(logits.shape[1], device=logits.device)
        word = (place == chat.begin) | ((place < chat.begin) & (place != chat.stop) & (count < LONGEST_WORDS))
        allowed = torch.where(speaking, place >= chat.first_audio, word)
        stop = (place == chat.stop) & (self._spoken > 1)[:, None]  # a reply is spoken: it has a code at least
        ending = logits.masked_fill(~(allowed | stop), -torch.inf).softmax(-1)[:, chat.stop, None]
        coded, worded = (torch.tensor(pair, device=logits.device) for pair in (CODES, WORDS))
        settings = torch.where(speaking, coded, worded)
        rest = (chance - ending) / (1 - ending).clamp(min=1e-9)
        token = draw_rows(logits.masked_fill(~allowed, -torch.inf), settings[:, :1], settings[:, 1:], rest)
        return torch.where(chance[:, 0] < ending[:, 0], chat.stop, token)


def draw_rows(logits: Tensor, temperature: Tensor, top_p: Tensor, chance: Tensor) -> Tensor:
    """Return a token of each row out of the smallest set of likeliest ones that holds `top_p` of the probability.

    logits: `(rows, tokens)`; temperature, top_p, chance: `(rows, 1)`, chance in [0, 1) says which.
    """
    probability, token = (logits / temperature).softmax(-1).sort(descending=True)
    kept = (probability * (probability.cumsum(-1) - probability < top_p)).cumsum(-1)
    place = (kept <= chance * kept[:, -1:]).sum(-1, keepdim=True).clamp(max=logits.shape[1] - 1)
    return token.gather(1, place)[:, 0]
