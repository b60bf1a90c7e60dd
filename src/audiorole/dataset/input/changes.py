"""Files from outside that change while a build reads them: noticed afterwards, so that no text goes with other sound.

Media are looked at before and after: a file that was swapped and put back has another change time. Everything else
that stages read is compared with the stamp that its stage took.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from audiorole.pipeline.dependence import outside_path
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.stage import Stage
from audiorole.pipeline.store import FileStamp, hash_file
from audiorole.types import Source

Look = dict[str, tuple[int, ...]]
"""Episode → what the file system says of its media file."""


def look(root: Path, sources: Mapping[str, Source]) -> Look:
    """Return what the media files are now."""
    return {episode: _seen(root / source.media) for episode, source in sources.items()}


def _seen(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def changed(plan: StagePlan, before: Look, sources: Mapping[str, Source]) -> dict[str, str]:
    """Return episode → a file of it that is not what a stage read."""
    now = look(plan.inputs, sources)
    found = {episode: source.media for episode, source in sources.items() if now[episode] != before[episode]}
    for episode in sources:
        for path in _stale(plan, episode):
            found.setdefault(episode, path)
    return dict(sorted(found.items()))


def _stale(plan: StagePlan, episode: str) -> Iterator[str]:
    for stage in plan.stages:
        if type(stage).external is not Stage.external and (marker := plan.folder(stage.name).read_marker(episode)):
            files = ((outside_path(plan, name), stamp) for name, stamp in marker.files.items())
            yield from (str(path) for path, stamp in files if not _same(path, stamp))


def _same(path: Path, stamp: FileStamp) -> bool:
    try:
        stat = path.stat()
        untouched = (stat.st_size, stat.st_mtime_ns) == (stamp.size, stamp.mtime_ns)
        return untouched or (stat.st_size == stamp.size and hash_file(path) == stamp.sha256)
    except OSError:
        return False


def forget_all(plan: StagePlan, episodes: Iterable[str]) -> None:
    """Let nothing that was computed of `episodes` count as finished."""
    for episode in episodes:
        for stage in plan.stages:
            plan.folder(stage.name).forget(episode)
