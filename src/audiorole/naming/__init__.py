"""Naming: which character says each line of a series, how sure, and why.

Pure numpy and scipy. `SeriesLines` in, `NamedLines` out; nothing here knows of files, stages or audio.
"""

from audiorole.naming.engine import NamedLines, NamingOptions, name_lines
from audiorole.naming.lines import NO_SEED, SEED_KINDS, SOMEONE_ELSE, FaceColumns, ReferenceVoices, SeriesLines

__all__ = [
    "NO_SEED",
    "SEED_KINDS",
    "SOMEONE_ELSE",
    "FaceColumns",
    "NamedLines",
    "NamingOptions",
    "ReferenceVoices",
    "SeriesLines",
    "name_lines",
]
