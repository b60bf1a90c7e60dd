import pytest
import torch
from torch.nn.functional import cross_entropy

from audiorole.training.fit.kernels.linear import read_adapter
from audiorole.training.fit.packed_glm import Batch, PackedGlm
from audiorole.training.tokens.packing import IGNORED, build_pack

from ..tiny import random_documents, tiny_glm, with_lora

LENGTHS = (17, 5, 30, 1)


def plain_loss(model, documents, dtype=torch.float32):
    """The sum of losses document by document through transformers' own forward pass: the judge."""
    total = torch.zeros((), dtype=dtype)
    for document in documents:
        logits = model(input_ids=torch.from_numpy(document.ids)[None], use_cache=False).logits[0]
        labels = torch.from_numpy(document.labels)[1:]
        total = total + cross_entropy(logits[:-1], labels, ignore_index=IGNORED, reduction="sum")
    return total


def gradients(model):
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.requires_grad and p.grad is not None}


@pytest.mark.parametrize("recomputed", [0, 1])
@pytest.mark.parametrize("adapted", [False, True])
def test_packed_loss_and_gradients_equal_plain_ones(adapted, recomputed):
    model = tiny_glm(dtype=torch.float64)
    model = with_lora(model).double() if adapted else model
    documents = random_documents(LENGTHS)
    reference = plain_loss(model, documents, torch.float64)
    reference.backward()
    expected = gradients(model)
    model.zero_grad()
    packed = PackedGlm(model.get_base_model() if adapted else model, recomputed).train()
    losses = packed(Batch.of(build_pack(documents, 64, pad=0), "cpu"))
    losses.total.backward()
    assert losses.total.item() == pytest.approx(reference.item(), rel=1e-6)
    found = gradients(model)
    assert found.keys() == expected.keys()
    largest = max(gradient.abs().max().item() for gradient in expected.values())
    for name, gradient in expected.items():  # transformers' norm is float32 even here, which sets the tolerance
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-6 * largest, msg=name)


def test_a_document_does_not_see_its_neighbours():
    model = PackedGlm(tiny_glm())
    first, second = random_documents((20, 12))
    _, other = random_documents((20, 12), seed=9)
    one = model(Batch.of(build_pack([first, second], 40, pad=0), "cpu")).nll
    two = model(Batch.of(build_pack([first, other], 40, pad=0), "cpu")).nll
    labelled = int((first.labels[1:] != IGNORED).sum())
    assert torch.equal(one[:labelled], two[:labelled])
    assert not torch.equal(one[labelled:], two[labelled:])


def test_where_in_the_pack_a_document_lies_does_not_matter():
    model = PackedGlm(tiny_glm())
    first, second = random_documents((20, 12))
    ahead = model(Batch.of(build_pack([first, second], 40, pad=0), "cpu")).nll
    behind = model(Batch.of(build_pack([second, first], 40, pad=0), "cpu")).nll
    labelled = int((first.labels[1:] != IGNORED).sum())
    torch.testing.assert_close(ahead[:labelled], behind[-labelled:], rtol=1e-5, atol=1e-5)


def test_modalities_are_weighted_by_what_stands_before():
    pack = build_pack(random_documents((40,)), 40, pad=0)
    batch = Batch.of(pack, "cpu", first_audio=200, text_weight=0.5, audio_weight=2)
    assert torch.equal(batch.weights, torch.where(batch.ids[batch.rows] >= 200, 2.0, 0.5))
    losses = PackedGlm(tiny_glm())(batch)
    assert losses.total.item() == pytest.approx((losses.nll * batch.weights).sum().item(), rel=1e-5)


def test_merged_adapter_equals_unmerged():
    model = with_lora(tiny_glm(dtype=torch.float64)).double()
    batch = Batch.of(build_pack(random_documents(LENGTHS), 64, pad=0), "cpu")
    apart = PackedGlm(model.get_base_model())(batch).nll
    merged = model.merge_and_unload()
    torch.testing.assert_close(PackedGlm(merged)(batch).nll, apart, rtol=1e-6, atol=1e-6)


def test_adapters_take_the_fused_way_and_their_gradients_keep_their_dtype():
    model = with_lora(tiny_glm(dtype=torch.bfloat16))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.float()
    assert read_adapter(model.get_base_model().model.layers[0].mlp.down_proj) is not None
    batch = Batch.of(build_pack(random_documents(LENGTHS), 64, pad=0), "cpu")
    PackedGlm(model.get_base_model()).train()(batch).total.backward()
    assert {gradient.dtype for gradient in gradients(model).values()} == {torch.float32}


def test_disabled_and_merged_adapters_are_left_to_peft():
    layer = with_lora(tiny_glm()).get_base_model().model.layers[0].mlp.down_proj
    layer.merge()
    assert read_adapter(layer) is None
    layer.unmerge()
    layer.enable_adapters(False)
    assert read_adapter(layer) is None
