"""The data card names the licence of every model that heard the lines, and none that did not."""

from __future__ import annotations

import pytest

from audiorole.dataset.result.card import _licence


@pytest.mark.parametrize("reference", ["whisper", "auto"])
def test_models_of_several_files_are_named_once_with_their_licence(reference: str) -> None:
    line = _licence("transcriber", reference)
    assert line.count("whisper-base: MIT") == 1
    assert ("moonshine-tiny: MIT" in line) == (reference == "auto")


def test_weights_that_the_user_brought_are_not_called_ours(tmp_path) -> None:
    assert "CC-BY-4.0" in _licence("speaker-embedder", "wespeaker")
    brought = f"wespeaker@{tmp_path / 'mine.onnx'}"
    assert _licence("speaker-embedder", brought) == f"speaker-embedder `{brought}`"
