"""The notebook is executed as a reader would: every cell, in a kernel, with its sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import AudioroleError
from audiorole.models.requirements import require_models

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOK = Path(__file__).parents[2] / "examples" / "walkthrough.ipynb"
WANTED = [("speaker-embedder", "wespeaker"), ("transcriber", "whisper-base"), ("overlap", "pyannote-segmentation")]

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def executed() -> Any:
    try:
        require_models(WANTED)
    except AudioroleError as error:
        pytest.skip(f"weights are not pulled: {error}")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=900).execute()
    return notebook


def _said(notebook: Any) -> str:
    outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
    return "".join(one.get("text", "") for one in outputs)


def test_every_cell_runs_and_says_what_it_did(executed):
    said = _said(executed)
    assert "3 episodes, 11 minutes of media" in said
    assert "Evidence for Gus over" in said
    assert "Otis:" in said


def test_sound_can_be_played(executed):
    outputs = [one for cell in executed.cells if cell.cell_type == "code" for one in cell.outputs]
    pages = [one.data.get("text/html", "") for one in outputs if "data" in one]
    assert sum("<audio" in page for page in pages) == 2


def test_progress_shows(executed):
    assert "left" in _said(executed)
    assert "100%" in _said(executed)
