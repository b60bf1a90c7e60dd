"""Other forms of a published dataset: one small file each, named here, or by a third party's entry point.

A format is a function `write(export, folder) -> None`: `export` is a `published.exporting.Export`, which gives the
chosen lines one after the other or by episode; `folder` exists and is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from audiorole.core.registry import Registry

if TYPE_CHECKING:
    from audiorole.published.exporting import Export

_HERE = "audiorole.published.formats"

FORMATS: Registry[Callable[[Export, Path], None]] = Registry(
    "format",
    {
        "ass": f"{_HERE}.transcripts.subtitles:write_ass",
        "croissant": f"{_HERE}.corpora.croissant:write",
        "label-studio": f"{_HERE}.annotation.label_studio:write",
        "lhotse": f"{_HERE}.corpora.lhotse:write",
        "ljspeech": f"{_HERE}.speech.ljspeech:write",
        "llama-factory": f"{_HERE}.chat.llama_factory:write",
        "moshi": f"{_HERE}.speech.moshi:write",
        "ms-swift": f"{_HERE}.chat.ms_swift:write",
        "nemo": f"{_HERE}.corpora.nemo:write",
        "orpheus": f"{_HERE}.speech.orpheus:write",
        "parquet": f"{_HERE}.corpora.parquet:write",
        "qwen3-tts": f"{_HERE}.speech.qwen3_tts:write",
        "references": f"{_HERE}.speech.references:write",
        "rttm": f"{_HERE}.transcripts.rttm:write",
        "srt": f"{_HERE}.transcripts.subtitles:write_srt",
        "stm": f"{_HERE}.transcripts.stm:write",
        "textgrid": f"{_HERE}.transcripts.textgrid:write",
        "webdataset": f"{_HERE}.corpora.webdataset:write",
    },
    group="audiorole.formats",
)

__all__ = ["FORMATS"]
