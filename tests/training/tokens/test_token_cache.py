import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.training.tokens.token_cache import TokenCache, token_key, tokenize, waveform_hash


class CountingTokenizer:
    """Codes are the samples times 100; counts what it was asked for."""

    def __init__(self):
        self.calls = []

    def __call__(self, waveforms):
        self.calls.append(len(waveforms))
        return [(waveform * 100).astype(np.uint16) for waveform in waveforms]


WAVEFORMS = {f"u{i}": np.full(i, i / 100, np.float32) for i in range(7)}


def test_codes_are_found_once(tmp_path):
    tokenizer, ids = CountingTokenizer(), list(WAVEFORMS)
    keys = dict(tokenize(ids[:5], WAVEFORMS.get, tokenizer, TokenCache(tmp_path), "weights-1", shard_utterances=2))
    assert tokenizer.calls == [2, 2, 1]
    cache = TokenCache(tmp_path)
    keys = dict(tokenize(ids, WAVEFORMS.get, tokenizer, cache, "weights-1"))
    assert tokenizer.calls[3:] == [2]
    assert [cache.read(keys[id]).tolist() for id in ids] == [[i] * i for i in range(7)]
    dict(tokenize(ids, WAVEFORMS.get, tokenizer, cache, "weights-2"))
    assert tokenizer.calls[4:] == [7]


def test_a_run_that_dies_keeps_its_finished_shards(tmp_path):
    def dies(waveforms):
        if len(waveforms[0]) >= 4:
            raise RuntimeError("killed")
        return CountingTokenizer()(waveforms)

    with pytest.raises(RuntimeError):
        list(tokenize(WAVEFORMS, WAVEFORMS.get, dies, TokenCache(tmp_path), "w", shard_utterances=2))
    assert len(TokenCache(tmp_path)) == 4
    assert not list(tmp_path.glob("*.tmp"))


def test_a_shard_without_its_index_is_not_seen(tmp_path):
    TokenCache(tmp_path).write({"key": np.arange(5, dtype=np.uint16)})
    next(tmp_path.glob("*.json")).unlink()
    assert "key" not in TokenCache(tmp_path)


def test_bounds_tokenizer_and_sound_are_in_the_key():
    keys = {
        token_key(*parts) for parts in [("a", 0, 1, "w"), ("a", 0, 1.000001, "w"), ("a", 0, 1, "v"), ("b", 0, 1, "w")]
    }
    assert len(keys) == 4
    assert waveform_hash(np.zeros(3, np.float32)) != waveform_hash(np.zeros(4, np.float32))


@settings(max_examples=20)
@given(st.dictionaries(st.text(min_size=1), st.lists(st.integers(0, 65_535), max_size=9), max_size=6))
def test_what_is_written_is_read(tmp_path_factory, codes):
    folder = tmp_path_factory.mktemp("cache")
    TokenCache(folder).write({key: np.array(part, np.uint16) for key, part in codes.items()})
    cache = TokenCache(folder)
    assert {key: cache.read(key).tolist() for key in codes} == codes
