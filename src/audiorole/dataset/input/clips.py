"""The reference clips that a cast names: where they lie, and whether they can be one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiorole.core.disk import not_regular
from audiorole.core.toml_places import Place
from audiorole.dataset.input.cast import outside
from audiorole.dataset.input.content import content
from audiorole.types import Cast, ReferenceClip

LONGEST_WHOLE = 120.0
"""Seconds: a longer file is not used whole. Who means a part of an episode says where it ends."""

SLACK = 0.5
"""Seconds that a clip may end behind what the file's header says of its length."""


def placed_clips(cast: Cast) -> Iterator[tuple[Place, ReferenceClip]]:
    """Yield each clip with its place in the cast file."""
    for number, character in enumerate(cast.character):
        for at, clip in enumerate(character.references):
            yield ("character", number, "references", at), clip


def clip_fault(folder: Path, clip: ReferenceClip, anywhere: bool = False) -> str:
    """Return why a clip cannot be used, or "". folder: of the cast file; anywhere: it may lie outside of it."""
    path = folder / clip.path
    if not anywhere and outside(path, folder):
        return f"the clip {str(path)!r} lies outside its folder; --set name.clips_anywhere=true allows it"
    if fault := not_regular(path):
        missing = fault.startswith(("a link", "cannot be read"))
        return f"the clip {clip.path!r} that it names {'is not there' if missing else f'cannot be used: {fault}'}"
    return _span_fault(clip, content(path).seconds)


def _span_fault(clip: ReferenceClip, seconds: float) -> str:
    """Return why a clip cannot be cut from a file of so many seconds; 0: nothing is known of its length."""
    if not seconds:
        return ""
    if max(clip.start, clip.end or 0.0) > seconds + SLACK:
        span = f"{clip.start:g}" if clip.end is None else f"{clip.start:g} to {clip.end:g}"
        return f"the clip runs from {span} s, and {clip.path!r} lasts {seconds:.1f} s"
    if clip.end is None and seconds - clip.start > LONGEST_WHOLE:
        return (
            f"the clip {clip.path!r} would last {seconds - clip.start:.0f} s: say by `start` and `end`, in seconds, "
            "which part of it is this character's voice"
        )
    return ""
