import pytest
import torch
from torch.nn.functional import cross_entropy

from audiorole.training.fit.kernels.loss import chunked_cross_entropy


@pytest.mark.parametrize("chunk_rows", [1, 7, 16, 1000])
@pytest.mark.parametrize("rows", [1, 16, 23])
def test_chunked_equals_dense_in_value_and_gradient(rows, chunk_rows):
    random = torch.Generator().manual_seed(rows)
    states = torch.randn(rows, 12, generator=random, dtype=torch.float64)
    weight = torch.randn(50, 12, generator=random, dtype=torch.float64)
    targets = torch.randint(0, 50, (rows,), generator=random)
    row_weights = torch.rand(rows, generator=random, dtype=torch.float64)
    a, b = states.clone().requires_grad_(), weight.clone().requires_grad_()
    dense = cross_entropy(a @ b.T, targets, reduction="none")
    (3 * (dense * row_weights).sum()).backward()
    c, d = states.clone().requires_grad_(), weight.clone().requires_grad_()
    total, nll = chunked_cross_entropy(c, d, targets, row_weights, chunk_rows)
    (3 * total).backward()
    torch.testing.assert_close(nll, dense.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(total, (dense * row_weights).sum(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(c.grad, a.grad, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(d.grad, b.grad, rtol=1e-10, atol=1e-12)


def test_no_labelled_row_gives_zero_and_no_gradient():
    states, weight = torch.ones(0, 4, requires_grad=True), torch.ones(9, 4)
    total, nll = chunked_cross_entropy(states, weight, torch.ones(0, dtype=torch.long), torch.ones(0))
    total.backward()
    assert total.item() == 0
    assert nll.shape == (0,)
    assert states.grad.shape == (0, 4)
