"""Progress where nobody asked for one: lines in a notebook, nothing in a script."""

from __future__ import annotations

import sys

import click

from audiorole.core.progress import PlainProgress, Progress, Silent


def shown_progress(given: Progress | None) -> Progress:
    """Return `given`; without one, a line per finished task in a notebook, and silence elsewhere."""
    if given is not None:
        return given
    return PlainProgress(click.echo) if in_notebook() else Silent()


def in_notebook() -> bool:
    """Return True in the kernel of a notebook (Jupyter, Colab, VS Code)."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ in {"ZMQInteractiveShell", "Shell"}
