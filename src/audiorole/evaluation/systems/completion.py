"""A chat model behind an OpenAI-compatible endpoint: what is sent, and the words of what comes back.

Servers differ in what they accept, so every parameter can be set or left out in a recipe:

    parameters = { max_completion_tokens = 4000, reasoning_effort = "low" }   # sent as they are
    omit = ["temperature", "seed"]                                            # of what is sent by default
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import msgspec

from audiorole.evaluation.systems.exchange import HttpError, StatusError, checked_address, checked_key
from audiorole.evaluation.systems.http import decode_object
from audiorole.types import Record
from audiorole.types.plain import JsonObject

FIXED = ("model", "messages", "stream", "n")
"""What the recipe's parameters must not change: how the answer is read depends on it."""

THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|analysis|reflection)>.*?(?:</\1>|\Z)|◁think▷.*?(?:◁/think▷|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""A block of thinking. One that was cut short goes to the end."""
THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning|analysis|reflection)>|◁/think▷", re.IGNORECASE)
"""The end of one whose beginning the server's template has swallowed."""
FINAL = "<|channel|>final<|message|>"
"""In the harmony format of gpt-oss the answer stands behind this mark."""

Post = Callable[..., bytes]


class Endpoint(Record, frozen=True):
    """An OpenAI-compatible base address with its model.

    parameters: sent along with model and messages; they win over the defaults. omit: names of defaults left out.
    """

    url: str
    model: str
    key_variable: str = ""
    temperature: float = 0.7
    parameters: JsonObject = msgspec.field(default_factory=dict)
    omit: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if fixed := sorted(set(FIXED) & set(self.parameters)):
            raise ValueError(f"parameters must not hold {fixed[0]!r}")

    @property
    def key(self) -> str:
        """The key in the environment, "" for none."""
        return os.environ.get(self.key_variable, "") if self.key_variable else ""

    def check(self) -> None:
        """Raise ConfigError for an odd address or key."""
        checked_address(self.url)
        checked_key(self.key)

    def body(self, messages: list[dict[str, str]], **defaults: object) -> JsonObject:
        """Return the request: `defaults` that are not left out, and the recipe's parameters on top."""
        own = self.parameters
        left_out = {*self.omit, *(("max_tokens",) if "max_completion_tokens" in own else ())}
        kept = {name: value for name, value in defaults.items() if name not in left_out}
        return {"model": self.model, "messages": messages, **kept, **own}


def complete(post: Post, endpoint: Endpoint, messages: list[dict[str, str]], **defaults: object) -> JsonObject:
    """Return a chat completion. Raises HttpError; where a parameter was refused, with the way out."""
    address = f"{endpoint.url.rstrip('/')}/chat/completions"
    body = endpoint.body(messages, **defaults)
    try:
        return decode_object(post(address, body, endpoint.key), address)
    except StatusError as error:
        named = [name for name in body if name in error.told and name not in FIXED]
        if error.status not in (400, 422) or not named:
            raise
        way = f'; leave it out with omit = ["{named[0]}"], or set what it wants in parameters = {{…}}, in the recipe'
        raise StatusError(error.address, error.status, f"{error.told}{way}") from error


def answer_text(answer: JsonObject, address: str) -> str:
    """Return the text of a chat completion, parts joined. Raises HttpError where there is none."""
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise HttpError(f"{address}: no choices[0].message.content in the answer") from error
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if isinstance(part, dict) and _is_text(part))
    if not isinstance(content, str | None):
        raise HttpError(f"{address}: the answer's content is of type {type(content).__name__}, not text")
    return (content or "").strip()


def without_thinking(text: str) -> str:
    """Return what a model says without what it thought aloud before; "" where it only thought."""
    if FINAL in text:
        text = re.sub(r"<\|[a-z_]+\|>", "", text.rpartition(FINAL)[2])
    text = THOUGHT.sub("", text)
    ends = list(THOUGHT_END.finditer(text))
    return text[ends[-1].end() if ends else 0 :].strip()


def _is_text(part: JsonObject) -> bool:
    return part.get("type", "text") in ("text", "output_text") and isinstance(part.get("text"), str)
