"""The manual is held against a build of the tiny series, with its models."""

from tests.cli.conftest import Shell, shell
from tests.dataset.conftest import fake_models

__all__ = ["Shell", "fake_models", "shell"]
