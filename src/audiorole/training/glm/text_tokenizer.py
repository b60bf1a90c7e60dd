"""GLM-4-Voice's text tokenizer as a fast one: `tokenizer.model` (tiktoken ranks) and its added tokens → `tokenizers`.

The published tokenizer is Python code that only runs with `trust_remote_code`. Nothing of it is run here: the two data
files say everything.
"""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from audiorole.errors import InputError

WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""Where GLM-4's tokenizer cuts text before byte-pair encoding."""


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load `tokenizer.json` from `folder`, or build it from `tokenizer.model` and `tokenizer_config.json`.

    Raises `InputError` where neither is there or a file is not what it should be.
    """
    if (folder / "tokenizer.json").is_file():
        return Tokenizer.from_file(str(folder / "tokenizer.json"))
    return build_tokenizer(folder / "tokenizer.model", folder / "tokenizer_config.json")


def build_tokenizer(ranks: Path, config: Path) -> Tokenizer:
    """Return the fast tokenizer of a tiktoken file and the added tokens that `config` numbers."""
    vocabulary = read_ranks(ranks)
    letters = _byte_letters()
    spelled = {_spell(token, letters): rank for token, rank in vocabulary.items()}
    merges = [(_spell(a, letters), _spell(b, letters)) for a, b in _merges(vocabulary)]
    tokenizer = Tokenizer(models.BPE(spelled, merges, ignore_merges=True))
    cut = pre_tokenizers.Split(Regex(WORDS), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    added = _added(config, len(vocabulary))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for _, token in added])
    for number, token in added:
        if tokenizer.token_to_id(token) != number:
            raise InputError(str(config), f"{token!r} is number {number}, after a gap: numbers must follow one another")
    return tokenizer


def read_ranks(path: Path) -> dict[bytes, int]:
    """Return token → rank of a tiktoken file: one `base64 rank` a line."""
    ranks: dict[bytes, int] = {}
    if not path.is_file():
        raise InputError(str(path), "does not exist; a GLM-4-Voice folder has it, or tokenizer.json")
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error):
            raise InputError(str(path), "is not `base64 rank`", number) from None
    return ranks


def _merges(ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    """Return the pairs that byte-pair encoding joins, best rank first.

    tiktoken keeps no list of pairs: it joins whatever two tokens make a token, the lowest rank first.
    """
    found = []
    for token, rank in ranks.items():
        pairs = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        known = [pair for pair in pairs if pair[0] in ranks and pair[1] in ranks]
        found += [(rank, ranks[first], ranks[second], first, second) for first, second in known]
    return [(first, second) for *_, first, second in sorted(found)]


def _added(config: Path, first: int) -> list[tuple[int, str]]:
    try:
        added = json.loads(config.read_text())["added_tokens_decoder"]
        numbered = sorted((int(number), str(token["content"])) for number, token in added.items())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(str(config), f"has no readable added_tokens_decoder ({error})") from None
    if numbered and numbered[0][0] != first:
        raise InputError(str(config), f"added tokens begin at {numbered[0][0]}, the vocabulary has {first} tokens")
    return numbered


def _spell(token: bytes, letters: dict[int, str]) -> str:
    return "".join(letters[byte] for byte in token)


def _byte_letters() -> dict[int, str]:
    """Return GPT-2's letter for each byte: printable ones are themselves, the others follow from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(hidden)}
