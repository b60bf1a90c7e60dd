"""The output folder of a build as the report reads it: summary, recipe and the run's records, episode by episode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audiorole.dataset.build import BUILT, Built
from audiorole.dataset.result.summary import Summary, read_summary
from audiorole.dataset.sync.records import SyncNote
from audiorole.errors import InputError
from audiorole.pipeline.store import StageFolder, read_records
from audiorole.types import Dropped, Utterance

Recipe = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class BuildFolder:
    """`OUT` of `audiorole build`. stages: those that handle lines, in order; the last one's lines are the dataset.

    order: all stages of the run, as their folders are numbered.
    """

    root: Path
    summary: Summary
    recipe: Recipe
    order: tuple[str, ...]

    @classmethod
    def open(cls, root: Path) -> BuildFolder:
        """Return the build in `root`. Raises InputError where none was finished there."""
        if not all((root / name).is_file() for name in ("summary.json", f"run/{BUILT}")):
            raise InputError(str(root), "holds no finished build; make one: audiorole build FOLDER --out OUT")
        summary = _decoded(root / "summary.json", read_summary)
        recipe: Recipe = {}
        if (root / "recipe.json").is_file():
            recipe = _decoded(root / "recipe.json", lambda data: msgspec.json.decode(data, type=Recipe))
        built = _decoded(root / "run" / BUILT, lambda data: msgspec.json.decode(data, type=Built))
        return cls(root, summary, recipe, built.stages)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the waterfall, in order."""
        return tuple(step.stage for step in self.summary.waterfall)

    def folder(self, stage: str) -> StageFolder:
        """Return the run folder of `stage`."""
        return StageFolder(self.root / "run" / f"{self.order.index(stage) + 1:02d}-{stage}")

    def lines(self, episode: str) -> Iterator[Utterance]:
        """Yield the lines of `episode` that are in the dataset; none where its run folder is gone."""
        if self.stages and (path := self.folder(self.stages[-1]).records(episode)).is_file():
            yield from read_records(path, Utterance)

    def dropped(self, stage: str, episode: str) -> Iterator[Dropped]:
        """Yield what `stage` left out of `episode`."""
        if (path := self.folder(stage).dropped(episode)).is_file():
            yield from read_records(path, Dropped)

    def sync_note(self, episode: str) -> SyncNote | None:
        """Return what sync did to `episode`; None where it had nothing to do."""
        if "sync" not in self.stages:
            return None
        path = self.folder("sync").attachment(episode, "sync.json")
        return _decoded(path, lambda data: msgspec.json.decode(data, type=SyncNote)) if path.is_file() else None

    def table(self, episode: str) -> Path | None:
        """Return the Parquet file with the audio of `episode`, where it was published."""
        if "publish" not in self.stages:
            return None
        path = self.folder("publish").attachment(episode, "parquet")
        return path if path.is_file() else None


def _decoded(path: Path, decode: Any) -> Any:
    try:
        return decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}; run the build again") from error
