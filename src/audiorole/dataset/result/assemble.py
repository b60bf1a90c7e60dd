"""Assemble what a user takes away: `dataset/<split>/<show>-<episode>.parquet`, a data card and `summary.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from audiorole.dataset.input.scan import Scan
from audiorole.dataset.result.card import data_card
from audiorole.dataset.result.folder import DATASET, intact, publish_files, read_published
from audiorole.dataset.result.label_report import LabelFigures
from audiorole.dataset.result.plots import plots
from audiorole.dataset.result.summary import Summary, as_json, summarise
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.store import write_changed
from audiorole.published.hub_head import table_facts

Files = dict[str, tuple[Path, str]]
"""Name in `dataset` → (where the file lies, SHA-256 of its bytes)."""


def assemble(plan: StagePlan, found: Scan, out: Path, labels: tuple[LabelFigures, ...] = ()) -> tuple[Summary, bool]:
    """Replace `out/dataset` by what this run published, write the summary; return it, and whether anything changed.

    Of an episode that failed now, the dataset keeps what an earlier build published; where all failed, it stays as it
    is. Raises InputError where somebody's file is in the way.
    """
    summary, changed = summarise(plan, found, labels), False
    if any(stage.name == "publish" for stage in plan.stages):
        files = _files(plan, summary)
        older = dict(_older(out, summary))
        summary = msgspec.structs.replace(summary, older={episode: name for name, (episode, _) in older.items()})
        files |= {name: (out / DATASET / name, digest) for name, (_, digest) in older.items()}
        if len(files) > len(older) or not older:
            changed = publish_files(out, files, _texts(summary, plan, files))
    return summary, write_changed(out / "summary.json", as_json(summary)) or changed


def _texts(summary: Summary, plan: StagePlan, files: Files) -> dict[str, bytes]:
    """Return the card and its plots."""
    facts = table_facts((name.partition("/")[0], path) for name, (path, _) in sorted(files.items()))
    return {"README.md": data_card(summary, plan, facts).encode("utf-8"), **plots(summary)}


def _files(plan: StagePlan, summary: Summary) -> Files:
    """Return the files that this run published."""
    published, names, files = plan.folder("publish"), file_names(e.id for e in summary.episodes), Files()
    for episode in summary.episodes:
        source = published.attachment(episode.id, "parquet")
        marker = published.read_marker(episode.id)
        if marker and episode.split and (digest := marker.outputs.get(str(source.relative_to(published.path)))):
            files[f"{episode.split}/{names[episode.id]}"] = source, digest
    return files


def file_names(episodes: Iterator[str]) -> dict[str, str]:
    """Return episode → name of its file; two episodes never share one.

    >>> file_names(iter(["show/s01e01", "a-b/c", "a/b-c"]))
    {'show/s01e01': 'show-s01e01.parquet', 'a-b/c': 'a-b--c.parquet', 'a/b-c': 'a--b-c.parquet'}
    """
    plain = {episode: episode.replace("/", "-") for episode in episodes}
    count = Counter(plain.values())
    return {e: f"{name if count[name] == 1 else e.replace('/', '--')}.parquet" for e, name in plain.items()}


def _older(out: Path, summary: Summary) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield name → (episode, SHA-256) of the whole files that an earlier build published of what failed now."""
    published = read_published(out).files
    for failed in summary.quarantined:
        names = {f"{failed.id.replace('/', sign)}.parquet" for sign in ("-", "--")}
        for name, stamp in published.items():
            if name.rpartition("/")[2] in names and intact(out / DATASET / name, stamp):
                yield name, (failed.id, stamp.sha256)
