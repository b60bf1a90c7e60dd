"""The face is tested on a build of the tiny series, with its models."""

from tests.dataset.conftest import fake_models

__all__ = ["fake_models"]
