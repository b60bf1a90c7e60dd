"""A dataset for whoever has the episodes: the rebuild pack, what is made of it again, and how two datasets differ."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from audiorole.api.options import runner_named
from audiorole.api.progress import shown_progress
from audiorole.core.config import with_settings
from audiorole.core.disk import write_atomic
from audiorole.core.progress import Progress
from audiorole.dataset.pack.making import PackResult, make_pack
from audiorole.dataset.pack.rebuilding import RebuildOptions, RebuildResult
from audiorole.dataset.pack.rebuilding import rebuild as run_rebuild
from audiorole.published.diff import TOLERANCE, DatasetDiff, diff_datasets
from audiorole.report.diff import write_diff
from audiorole.report.kept import report_of


def pack(
    build: str | Path,
    out: str | Path,
    *,
    with_text: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PackResult:
    """Write the rebuild pack of the finished build `build` as the new file `out`.

    It holds spans, names, evidence, quality, decisions, splits, sealed texts and a sound print of each episode: no
    audio, and no readable text unless `with_text`. The media must still be where the build read them.
    Raises InputError for the folders.
    """
    return make_pack(Path(build), Path(out), with_text, workers or os.cpu_count() or 1, shown_progress(progress))


def rebuild(
    pack: str | Path,
    folder: str | Path,
    out: str | Path,
    *,
    settings: Iterable[str] = (),
    runner: str = "local",
    workers: int | None = None,
    address: str = "",
    progress: Progress | None = None,
) -> RebuildResult:
    """Make the dataset of a rebuild pack from your own copies of the episodes in `folder`, and write its report.

    Copies are recognised by their sound, whatever they are called: another codec, loudness, beginning, speed, cut or
    order of tracks. settings: `stage.field=value` each, such as `restore.transcriber=whisper`, which hears the lines
    that your subtitles do not have. Raises UserError for a pack that cannot be trusted, and where no file is a copy.
    """
    number = workers or os.cpu_count() or 1
    options = RebuildOptions(Path(pack), Path(folder), Path(out), with_settings({}, settings), number)
    result = run_rebuild(options, runner_named(runner, number, address), shown_progress(progress))
    report_of(Path(out), result.changed)
    return result


def diff(
    first: str | Path,
    second: str | Path,
    *,
    tolerance: float = TOLERANCE,
    json: str | Path | None = None,
    html: str | Path | None = None,
) -> DatasetDiff:
    """Return what differs between two datasets, line by line; lines are matched by their time in the episode.

    first, second: build folders or dataset folders. tolerance: seconds by which bounds may differ. json, html: files to
    write the differences to as well. Raises InputError for a folder without a dataset.
    """
    found = diff_datasets(Path(first), Path(second), tolerance)
    if json is not None:
        write_atomic(Path(json), msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if html is not None:
        write_diff(Path(html), found)
    return found
