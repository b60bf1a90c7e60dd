"""Fixtures for the training tests: single-threaded torch, so that sums have one order and the cores stay free."""

import torch

torch.set_num_threads(1)
