import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.errors import ConfigError
from audiorole.training.tokens.packing import IGNORED, build_pack, plan_packs

from ..tiny import random_documents


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(0, 5))
def test_every_document_is_packed_once_and_no_pack_overflows(lengths, seed):
    packs = plan_packs(lengths, 100, seed)
    assert sorted(index for pack in packs for index in pack) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in pack) <= 100 for pack in packs)
    fewest = -(-sum(lengths) // 100)
    assert len(packs) <= 11 / 9 * fewest + 1 or len(packs) <= sum(length > 50 for length in lengths) + fewest


def test_best_fit_takes_the_tightest_pack():
    packs = plan_packs([60, 50, 40, 45], 100)
    assert sorted(sorted(pack) for pack in packs) == [[0, 2], [1, 3]]


def test_an_epoch_is_a_function_of_its_seed_and_number():
    lengths = list(range(1, 80))
    assert plan_packs(lengths, 100, seed=3, epoch=2) == plan_packs(lengths, 100, seed=3, epoch=2)
    assert plan_packs(lengths, 100, seed=3, epoch=2) != plan_packs(lengths, 100, seed=3, epoch=1)


def test_a_document_longer_than_a_pack_is_refused():
    with pytest.raises(ConfigError, match="101 tokens and a pack 100"):
        plan_packs([5, 101], 100)


def test_a_pack_shifts_labels_within_documents_and_pads_with_a_document_of_its_own():
    first, second = random_documents((3, 4))
    pack = build_pack([first, second], 10, pad=0)
    assert pack.ids.tolist() == [*first.ids, *second.ids, 0, 0, 0]
    assert pack.positions.tolist() == [0, 1, 2, 0, 1, 2, 3, 0, 1, 2]
    assert pack.targets.tolist() == [*first.labels[1:], IGNORED, *second.labels[1:], IGNORED, *[IGNORED] * 3]
    assert pack.document.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert pack.bounds.tolist() == [0, 3, 7, 10]
    assert (pack.useful, pack.longest, pack.bounds.dtype) == (7, 4, np.int32)


def test_a_full_pack_has_no_padding():
    assert build_pack(random_documents((6, 4)), 10, pad=0).bounds.tolist() == [0, 6, 10]
