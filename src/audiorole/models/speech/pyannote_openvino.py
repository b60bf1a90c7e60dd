"""pyannote segmentation-3.0 on OpenVINO."""

from __future__ import annotations

from collections.abc import Callable

from audiorole.models.openvino_session import compile_network
from audiorole.models.ports import Floats
from audiorole.models.speech.pyannote import PyannoteActivity
from audiorole.models.speech.pyannote_network import build


class PyannoteSegmentation(PyannoteActivity):
    """Speech, overlap and changes of speaker, by OpenVINO."""

    def _open(self, buffers: list[Floats], threads: int) -> Callable[[Floats], Floats]:
        run = compile_network(build(buffers), threads)
        return lambda waveforms: run(waveforms)[0]
