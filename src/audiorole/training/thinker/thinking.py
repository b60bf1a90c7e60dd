"""Replies token by token, any number beside each other: drawn or the likeliest, without going round in circles."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import DynamicCache, LlamaForCausalLM

from audiorole.training.replying import new_cache

ENDED = -1
TEMPERATURE, TOP_P = 0.8, 0.9
"""Of replies that are drawn. Set by hand, before any figure was looked at."""

AGAIN, COPIED = 3, 6
"""Tokens in a row that a reply does not say twice, and that it does not copy from its prompt."""

LONGEST = 80
"""Tokens of a reply at most."""


@dataclass(frozen=True)
class Wish:
    """What is asked for. prompt: its ids. seed: what a drawn reply depends on; None for the likeliest tokens.

    most: tokens after which the reply ends with its sentence.
    """

    prompt: Sequence[int]
    seed: int | None = None
    most: int = LONGEST


class Grams:
    """The runs of tokens that a reply may not continue: its own of `AGAIN` tokens, its prompt's of `COPIED`."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._said: list[int] = []
        self._own: dict[tuple[int, ...], set[int]] = {}
        self._prompt = _continuations(prompt, COPIED)

    def banned(self, stop: int) -> set[int]:
        """Return the tokens that may not come next; `stop` only before there is a reply."""
        if not self._said:
            return {stop}
        own = self._own.get(tuple(self._said[1 - AGAIN :]), set())
        return (own | self._prompt.get(tuple(self._said[1 - COPIED :]), set())) - {stop}

    def push(self, token: int) -> None:
        """Note what came next."""
        if len(self._said) >= AGAIN - 1:
            self._own.setdefault(tuple(self._said[1 - AGAIN :]), set()).add(token)
        self._said.append(token)


@dataclass(frozen=True)
class Opening:
    """What many prompts begin with, read once: its ids, and the keys and values that the model keeps of them."""

    ids: tuple[int, ...]
    cache: dict[str, DynamicCache]

    def begins(self, prompt: Sequence[int]) -> bool:
        """Return whether there is more to `prompt` than this, and this comes first."""
        return len(prompt) > len(self.ids) and tuple(prompt[: len(self.ids)]) == self.ids


def read_opening(model: LlamaForCausalLM, ids: Sequence[int]) -> Opening:
    """Let the model read `ids`, which prompts will begin with."""
    cache = new_cache(LlamaForCausalLM)
    with torch.inference_mode():
        model(input_ids=torch.tensor([list(ids)], device=model.device), use_cache=True, logits_to_keep=1, **cache)
    return Opening(tuple(ids), cache)


@dataclass
class Thinking:
    """Replies to `wishes`: a row's random numbers do not depend on its company.

    stop: the id that ends a reply; ends: ids that end a sentence. opening: what was read already of the prompt, where
    there is one wish.
    """

    model: LlamaForCausalLM
    wishes: Sequence[Wish]
    stop: int
    ends: frozenset[int]
    opening: Opening | None = None
    _grams: list[Grams] = field(init=False)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the next token of every reply, `ENDED` where it has ended; stop when all have."""
        self._grams = [Grams(wish.prompt) for wish in self.wishes]
        ids, mask = self._prompts()
        known, cache = self._known()
        chances, ended = self._chances(), [False] * len(ids)
        places, ids = (mask.cumsum(1) - 1).clamp(min=0)[:, known:], ids[:, known:]
        for count in range(LONGEST):
            with torch.inference_mode():
                output = self.model(
                    input_ids=ids, attention_mask=mask, position_ids=places, use_cache=True, logits_to_keep=1, **cache
                )
            chosen = self._choose(output.logits[:, -1].to("cpu", torch.float32, copy=True), chances[:, count])
            ended = [was or token == self.stop for was, token in zip(ended, chosen, strict=True)]
            if all(ended):
                return
            yield [ENDED if over else token for over, token in zip(ended, chosen, strict=True)]
            over = [self._is_enough(row, token, count) for row, token in enumerate(chosen)]
            ended = [was or now for was, now in zip(ended, over, strict=True)]
            if all(ended):
                return
            ids, places = torch.tensor(chosen, device=ids.device)[:, None], places[:, -1:] + 1
            mask = torch.nn.functional.pad(mask, (0, 1), value=1)

    def _known(self) -> tuple[int, dict[str, DynamicCache]]:
        """Return how many ids of the prompt were read already, and what the model keeps of them."""
        if self.opening and len(self.wishes) == 1 and self.opening.begins(self.wishes[0].prompt):
            return len(self.opening.ids), copy.deepcopy(self.opening.cache)
        return 0, new_cache(LlamaForCausalLM)

    def _is_enough(self, row: int, token: int, count: int) -> bool:
        """Return whether a reply that has grown long stops here, at the end of a sentence."""
        return count + 1 >= self.wishes[row].most and token in self.ends

    def _prompts(self) -> tuple[Tensor, Tensor]:
        """Return the prompts, filled up on the left, and the mask of what is no filling, int64 `(rows, longest)`."""
        longest, device = max(len(wish.prompt) for wish in self.wishes), self.model.device
        fill = [longest - len(wish.prompt) for wish in self.wishes]
        rows = [[self.stop] * count + list(wish.prompt) for count, wish in zip(fill, self.wishes, strict=True)]
        masks = [[0] * count + [1] * len(wish.prompt) for count, wish in zip(fill, self.wishes, strict=True)]
        return torch.tensor(rows, device=device), torch.tensor(masks, device=device)

    def _chances(self) -> Tensor:
        draws = (torch.Generator().manual_seed(wish.seed or 0) for wish in self.wishes)
        return torch.stack([torch.rand(LONGEST, generator=draw) for draw in draws])

    def _choose(self, logits: Tensor, chance: Tensor) -> list[int]:
        """Return the next token of every row. logits: float32 `(rows, tokens)`; chance: `(rows,)`, in [0, 1)."""
        for row, grams in enumerate(self._grams):
            if banned := grams.banned(self.stop):
                logits[row, sorted(banned)] = -torch.inf
        tokens = [
            int(row.argmax()) if wish.seed is None else draw(row, float(part))
            for row, wish, part in zip(logits, self.wishes, chance, strict=True)
        ]
        for grams, token in zip(self._grams, tokens, strict=True):
            grams.push(token)
        return tokens


def draw(logits: Tensor, chance: float) -> int:
    """Return the token at `chance` in [0, 1) of the smallest set of likeliest ones that holds `TOP_P`."""
    probability, token = (logits / TEMPERATURE).softmax(-1).sort(descending=True, stable=True)
    kept = probability * (probability.cumsum(-1) - probability < TOP_P)
    return int(token[int((kept.cumsum(-1) < chance * kept.sum()).sum())])


def sentence_ends(tokenizer: Tokenizer) -> frozenset[int]:
    """Return the ids whose text ends a sentence."""
    vocabulary = tokenizer.get_vocab()
    return frozenset(place for text, place in vocabulary.items() if text[-1:] in ".!?…")


def _continuations(tokens: Sequence[int], length: int) -> dict[tuple[int, ...], set[int]]:
    """Return, for every run of `length - 1` tokens, what follows it."""
    found: dict[tuple[int, ...], set[int]] = {}
    for place in range(len(tokens) - length + 1):
        found.setdefault(tuple(tokens[place : place + length - 1]), set()).add(tokens[place + length - 1])
    return found
