"""Training tests run single-threaded torch, so that sums have one order and the cores stay free."""

import importlib.util

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Set it where torch is installed; a test that needs none runs without it."""
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)


def pytest_configure(config):
    # peft 0.21 asks transformers 5.23 for a name that the latter calls deprecated; neither is ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
