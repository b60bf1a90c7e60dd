"""Other forms of a published dataset: one small file each, named here, or by a third party's entry point.

A format is a function `write(lines, folder) -> None`: `lines` are the `PublishedLine`s in the order of their ids, split
after split; `folder` exists and is empty.
"""

from audiorole.core.registry import Registry

FORMATS = Registry(
    "format",
    {
        "lhotse": "audiorole.published.formats.lhotse:write",
        "nemo": "audiorole.published.formats.nemo:write",
        "rttm": "audiorole.published.formats.rttm:write",
        "webdataset": "audiorole.published.formats.webdataset:write",
    },
    group="audiorole.formats",
)

__all__ = ["FORMATS"]
