import pytest
import torch

from audiorole.errors import ConfigError
from audiorole.training.fit.optimizer import SplitAdamW, _join, _split


def test_split_and_join_are_exact():
    master = torch.randn(4096, generator=torch.Generator().manual_seed(0)) * torch.logspace(-30, 30, 4096)
    upper, lower = _split(master)
    assert torch.equal(_join(upper, lower), master)
    error = (upper.float() - master).abs() / master.abs()
    assert error.max() <= 2**-8


def test_master_weights_follow_float32_adamw():
    random = torch.Generator().manual_seed(3)
    start = torch.randn(50, 20, generator=random).bfloat16()
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.float())
    settings = {"lr": 1e-3, "betas": (0.9, 0.95), "weight_decay": 0.1}
    a, b = SplitAdamW([ours], **settings), torch.optim.AdamW([theirs], **settings)
    for _ in range(50):
        gradient = torch.randn(50, 20, generator=random).bfloat16()
        ours.grad, theirs.grad = gradient, gradient.float()
        a.step()
        b.step()
    master = _join(ours.data, a.state[ours]["remainder"])
    moved = (theirs.data - start.float()).norm()
    assert (master - theirs.data).norm() / moved < 0.01  # the moments are bfloat16
    assert (ours.data.float() - theirs.data).norm() / moved > 0.05  # what bfloat16 alone would have lost


def test_small_steps_are_not_lost():
    weight = torch.nn.Parameter(torch.ones(8, dtype=torch.bfloat16))
    optimizer = SplitAdamW([weight], lr=1e-5)
    for _ in range(1000):
        weight.grad = torch.ones(8, dtype=torch.bfloat16)
        optimizer.step()
    assert _join(weight.data, optimizer.state[weight]["remainder"]).numpy() == pytest.approx(0.99, abs=1e-4)


def test_a_scale_equals_scaled_gradients():
    one, two = (torch.nn.Parameter(torch.ones(8, dtype=torch.bfloat16)) for _ in range(2))
    one.grad, two.grad = torch.full_like(one, 4), torch.full_like(two, 2)
    a, b = SplitAdamW([one], lr=0.1, eps=1), SplitAdamW([two], lr=0.1, eps=1)
    a.step(grad_scale=torch.tensor(0.5))
    b.step()
    assert torch.equal(one, two)


def test_moments_that_would_not_move_are_refused():
    with pytest.raises(ConfigError, match=r"beta2 0\.999"):
        SplitAdamW([torch.nn.Parameter(torch.ones(1))], lr=1, betas=(0.9, 0.999))
