"""Whether torch can use a GPU here."""

from __future__ import annotations

import torch


def problem() -> str:
    """Return why not, "" where it can."""
    return "" if torch.cuda.is_available() else f"torch {torch.__version__} sees no GPU it can use"
