import base64
import json
import random
from itertools import pairwise

import pytest

from audiorole.errors import InputError
from audiorole.training.glm.prompt import NAMES, Specials
from audiorole.training.glm.text_tokenizer import load_tokenizer, read_ranks


def learn_ranks(text, count):
    """Byte-pair ranks learned the plain way, so that the file is like a real one."""
    words = [[bytes([byte]) for byte in (" " + word).encode()] for word in text.split()]
    ranks = {bytes([byte]): byte for byte in range(256)}
    while len(ranks) < 256 + count:
        pairs = {}
        for word in words:
            for pair in pairwise(word):
                pairs[pair] = pairs.get(pair, 0) + 1
        best = max(sorted(pairs), key=pairs.get)
        ranks[b"".join(best)] = len(ranks)
        for word in words:
            place = 0
            while place < len(word) - 1:
                if (word[place], word[place + 1]) == best:
                    word[place : place + 2] = [b"".join(best)]
                place += 1
    return ranks


def plain_bpe(word, ranks):
    """tiktoken's algorithm: join the pair of the lowest rank until none is left."""
    parts = [bytes([byte]) for byte in word]
    while True:
        joined = [(ranks[a + b], i) for i, (a, b) in enumerate(pairwise(parts)) if a + b in ranks]
        if not joined:
            return [ranks[part] for part in parts]
        _, place = min(joined)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


TEXT = (
    "the theatre is there other than this then those three bothered brothers gather there together Žluťoučký kůň 漢字"
)


@pytest.fixture
def folder(tmp_path):
    ranks = learn_ranks(TEXT, 60)
    lines = [f"{base64.b64encode(token).decode()} {rank}" for token, rank in ranks.items()]
    (tmp_path / "tokenizer.model").write_text("\n".join(lines) + "\n")
    names = [*NAMES.values(), *(f"<|audio_{code}|>" for code in range(16_384))]
    added = {str(316 + place): {"content": name, "special": True} for place, name in enumerate(names)}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    return tmp_path


def test_it_encodes_as_tiktoken_does(folder):
    tokenizer, ranks = load_tokenizer(folder), read_ranks(folder / "tokenizer.model")
    choose = random.Random(3)
    for _ in range(200):
        word = " " + "".join(choose.choice("theobrsagn Ž漢").strip() or "t" for _ in range(choose.randint(1, 12)))
        assert tokenizer.encode(word).ids == plain_bpe(word.encode(), ranks), word


def test_text_and_specials_come_back(folder):
    tokenizer = load_tokenizer(folder)
    text = "Hello there,\n\n it's 12345 Žluťoučký 漢字!  "
    assert tokenizer.decode(tokenizer.encode(text).ids) == text
    ids = tokenizer.encode("<|user|>\nthe<|audio_7|>", add_special_tokens=False).ids
    specials = Specials.of(tokenizer)
    assert (ids[0], ids[-1]) == (specials.user, specials.first_audio + 7)


def test_it_saves_and_loads_as_json(folder, tmp_path):
    tokenizer = load_tokenizer(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    assert load_tokenizer(folder).encode(TEXT).ids == tokenizer.encode(TEXT).ids


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("tokenizer.model", "AA== 0\nnot base64 1 2\n", r"tokenizer\.model:2: is not"),
        ("tokenizer_config.json", "{}", "no readable added_tokens_decoder"),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"999": {"content": "x"}}}', "begin at 999"),
    ],
)
def test_broken_files_are_refused(folder, file, content, message):
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=message):
        load_tokenizer(folder)


def test_a_gap_in_the_numbers_is_refused(folder):
    added = {"316": {"content": "<a>"}, "318": {"content": "<b>"}}
    (folder / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    with pytest.raises(InputError, match="after a gap"):
        load_tokenizer(folder)
