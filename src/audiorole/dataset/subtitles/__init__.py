"""Subtitles: read any text format, split cues into speaker lines."""

from audiorole.dataset.subtitles.reading import SUFFIXES, read, read_bytes
from audiorole.dataset.subtitles.records import LeftOut, Problem, RawCue, SpeakerLine, Split, Subtitles
from audiorole.dataset.subtitles.splitting import split

__all__ = [
    "SUFFIXES",
    "LeftOut",
    "Problem",
    "RawCue",
    "SpeakerLine",
    "Split",
    "Subtitles",
    "read",
    "read_bytes",
    "split",
]
