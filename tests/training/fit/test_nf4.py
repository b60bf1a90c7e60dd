import pytest
import torch
from torch import nn

from audiorole.errors import ConfigError
from audiorole.training.fit.kernels.linear import read_adapter
from audiorole.training.fit.kernels.nf4 import LEVELS, Nf4Linear, dequantize, quantize
from audiorole.training.fit.packed_glm import Batch, PackedGlm
from audiorole.training.fit.parameters import quantize_blocks
from audiorole.training.tokens.packing import build_pack

from ..tiny import random_documents, tiny_glm, with_lora


def test_levels_come_back_exactly():
    blocks = torch.tensor(LEVELS).repeat(4)[torch.randperm(64, generator=torch.Generator().manual_seed(0))] * 0.25
    packed, scales = quantize(blocks.view(8, 8))
    assert (packed.dtype, packed.shape, scales.shape) == (torch.uint8, (32,), (1,))
    torch.testing.assert_close(dequantize(packed, scales, torch.float32), blocks)


def test_the_error_on_normal_weights_is_what_four_bits_allow():
    weight = torch.randn(256, 64, generator=torch.Generator().manual_seed(0))
    error = dequantize(*quantize(weight), torch.float32).view_as(weight) - weight
    assert 0.05 < error.norm() / weight.norm() < 0.11  # uniform 4-bit codes: 0.12


def test_zeros_stay_zeros_and_odd_shapes_are_refused():
    assert dequantize(*quantize(torch.zeros(64)), torch.float32).abs().max() == 0
    with pytest.raises(ConfigError, match="blocks of 64"):
        quantize(torch.zeros(63))


def test_a_layer_computes_with_its_dense_weight():
    layer = Nf4Linear.of(nn.Linear(64, 32))
    states = torch.randn(5, 64)
    torch.testing.assert_close(layer(states), states @ layer.dense(torch.float32).T + layer.bias)


def test_qlora_gradients_equal_lora_over_the_dense_weights():
    quantized = tiny_glm()
    quantize_blocks(quantized, "cpu")
    dense = tiny_glm()
    for (_, one), (_, two) in zip(quantized.named_modules(), dense.named_modules(), strict=True):
        if isinstance(one, Nf4Linear):
            two.weight.data = one.dense(torch.float32)
    batch = Batch.of(build_pack(random_documents((20, 9)), 32, pad=0), "cpu")
    found = []
    for model in (with_lora(quantized), with_lora(dense)):
        base = model.get_base_model()
        assert read_adapter(base.model.layers[0].mlp.down_proj) is not None
        PackedGlm(base).train()(batch).total.backward()
        found.append({n: p.grad for n, p in model.named_parameters() if p.requires_grad})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], rtol=1e-4, atol=1e-5)
