"""Assemble what a user takes away: `dataset/<split>/<show>-<episode>.parquet`, a data card and `summary.json`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from audiorole.dataset.input.scan import Scan
from audiorole.dataset.result.card import data_card
from audiorole.dataset.result.summary import Summary, as_json, summarise
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.store import write_atomic


def assemble(plan: StagePlan, found: Scan, out: Path) -> Summary:
    """Link the published files into `out/dataset`, write card and summary; return the summary."""
    summary = summarise(plan, found)
    if any(stage.name == "publish" for stage in plan.stages):
        _link(plan, summary, out / "dataset")
        write_atomic(out / "dataset" / "README.md", data_card(summary, plan).encode("utf-8"))
    write_atomic(out / "summary.json", as_json(summary))
    return summary


def _link(plan: StagePlan, summary: Summary, folder: Path) -> None:
    """Make `folder` hold exactly the published files, under the names of their splits."""
    published = plan.folder("publish")
    wanted: dict[Path, Path] = {}
    for episode in summary.episodes:
        source = published.attachment(episode.id, "parquet")
        if source.exists() and episode.split:
            wanted[folder / episode.split / f"{episode.id.replace('/', '-')}.parquet"] = source
    for stale in set(folder.rglob("*.parquet")) - set(wanted):
        stale.unlink()
    for split in sorted(folder.iterdir()) if folder.is_dir() else ():
        if split.is_dir() and not any(split.iterdir()):
            split.rmdir()
    for target, source in wanted.items():
        _place(source, target)


def _place(source: Path, target: Path) -> None:
    """Hard-link, or copy where the file system cannot."""
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(target)
