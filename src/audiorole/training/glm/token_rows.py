"""A run's examples as JSON lines of GLM-4-Voice's own tokens, for trainers of the published model.

    <split>.jsonl    {"id", "character", "messages", "input_ids", "labels"}

A reply is 13 text tokens, 26 audio tokens, and again; a user's speech is `<|begin_of_audio|>…<|end_of_audio|>`. The
messages spell the tokens out (`<|audio_123|>`), so that the published tokenizer gives back `input_ids` word by word;
labels are -100 where nothing is learned. A row that would not give back its own ids is left out, and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from tokenizers import Tokenizer

from audiorole.errors import InputError
from audiorole.training.dialogues.examples import Example
from audiorole.training.glm.prompt import REPLY_START, Codes, PromptFormat, Specials
from audiorole.training.glm.text_tokenizer import load_tokenizer
from audiorole.training.tokens.packing import Document
from audiorole.training.tokens.token_cache import TokenCache


def write_token_rows(run: Path, text_tokenizer: Path, folder: Path) -> tuple[int, int]:
    """Write the examples of `run` to the folder, one file a split; return how many were written and left out.

    Raises `InputError` where the run has no examples or no codes.
    """
    tokenizer = load_tokenizer(text_tokenizer)
    codes = sum(name.startswith("<|audio_") for name in tokenizer.get_vocab())
    prompts = PromptFormat(tokenizer, Specials.of(tokenizer, codes), _codes(run), label_context=False)
    counts: Counter[bool] = Counter()
    for example in _examples(run / "examples.jsonl"):
        row = token_row(prompts, example)
        counts[row is not None] += 1
        if row is not None:
            with (folder / f"{example.split or 'train'}.jsonl").open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(row, ensure_ascii=False) + "\n")
    return counts[True], counts[False]


def token_row(prompts: PromptFormat, example: Example) -> dict[str, object] | None:
    """Return an example as a row, None where its messages would not give back its tokens."""
    document = prompts.document(example)
    messages = _messages(prompts, document)
    if _ids(prompts.tokenizer, messages) != document.ids.tolist():
        return None
    return {
        "id": example.id,
        "character": example.character,
        "messages": messages,
        "input_ids": document.ids.tolist(),
        "labels": document.labels.tolist(),
    }


def _messages(prompts: PromptFormat, document: Document) -> list[dict[str, str]]:
    """Return what stands between the marks of the roles, spelled out."""
    specials = prompts.specials
    roles = {specials.system: "system", specials.user: "user", specials.assistant: "assistant"}
    found: list[tuple[str, list[int]]] = []
    for token in document.ids.tolist()[2:]:  # behind [gMASK]<sop>
        if token in roles:
            found.append((roles[token], []))
        else:
            found[-1][1].append(token)
    spelled = [{"role": role, "content": _spelled(prompts, ids)} for role, ids in found]
    return spelled[:-1] if not spelled[-1]["content"] else spelled  # the mark that ends the last reply


def _spelled(prompts: PromptFormat, ids: Sequence[int]) -> str:
    """Return tokens as text: words where they are words, else by name. The line break of a role is not part of it."""
    specials, parts, words = prompts.specials, list[str](), list[int]()
    named = {specials.begin_audio, specials.end_audio}
    for token in ids:
        if token in named or token >= specials.first_audio:
            parts += [_words(prompts.tokenizer, words), str(prompts.tokenizer.id_to_token(token))]
            words = []
        else:
            words.append(token)
    text = "".join((*parts, _words(prompts.tokenizer, words)))
    return text.removeprefix(REPLY_START).removeprefix("\n")


def _words(tokenizer: Tokenizer, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=False)) if ids else ""


def rendered(messages: Sequence[dict[str, str]]) -> str:
    """Return messages as the published chat template writes them.

    >>> rendered([{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Yes."}])
    '[gMASK]<sop><|user|>\\nHi.<|assistant|>streaming_transcription\\nYes.<|user|>'
    """
    starts = {"assistant": REPLY_START}
    said = "".join(f"<|{each['role']}|>{starts.get(each['role'], chr(10))}{each['content']}" for each in messages)
    return f"[gMASK]<sop>{said}<|user|>"


def _ids(tokenizer: Tokenizer, messages: Sequence[dict[str, str]]) -> list[int]:
    return list(tokenizer.encode(rendered(messages), add_special_tokens=False).ids)


class _Codes:
    """Line → its codes in the run."""

    def __init__(self, keys: dict[str, str], cache: TokenCache) -> None:
        self._keys, self._cache = keys, cache

    def __call__(self, line: str) -> Codes:
        return self._cache.read(self._keys[line])


def _codes(run: Path) -> _Codes:
    index = run / "tokens" / "lines.keys"
    try:
        return _Codes(msgspec.json.decode(index.read_bytes(), type=dict[str, str]), TokenCache(run / "tokens"))
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(str(index), f"cannot be read ({error}); is {run} a finished training run?") from error


def _examples(path: Path) -> Iterator[Example]:
    try:
        with path.open("rb") as rows:
            for number, row in enumerate(rows, start=1):
                yield _example(path, number, row)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error


def _example(path: Path, number: int, row: bytes) -> Example:
    try:
        return msgspec.json.decode(row, type=Example)
    except msgspec.DecodeError as error:
        raise InputError(str(path), f"is damaged ({error})", number) from error
