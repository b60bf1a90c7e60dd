"""The output folder of a build as the report reads it: summary, recipe and the run's records, episode by episode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audiorole.dataset.result.summary import Summary, read_summary
from audiorole.errors import InputError
from audiorole.pipeline.store import StageFolder, read_records
from audiorole.types import Dropped, Record, Utterance

Recipe = dict[str, dict[str, Any]]


class SyncNote(Record, frozen=True):
    """What the stage `sync` wrote beside an episode's records: how the subtitles were put on the audio's clock."""

    accepted: bool = True
    confidence: float = 0.0
    reason: str = ""
    pieces: tuple[dict[str, float], ...] = ()

    @property
    def moved(self) -> bool:
        """Whether any line has other times than the subtitle gave it."""
        still = all(not piece.get("offset") and piece.get("rate", 1.0) == 1.0 for piece in self.pieces)
        return self.accepted and not still


@dataclass(frozen=True)
class BuildFolder:
    """`OUT` of `audiorole build`. stages: those that handle lines, in order; the last one's lines are the dataset."""

    root: Path
    summary: Summary
    recipe: Recipe

    @classmethod
    def open(cls, root: Path) -> BuildFolder:
        """Return the build in `root`. Raises InputError where none was finished there."""
        if not (root / "summary.json").is_file():
            raise InputError(str(root), "holds no finished build; make one: audiorole build FOLDER --out OUT")
        summary = _decoded(root / "summary.json", read_summary)
        recipe: Recipe = {}
        if (root / "recipe.json").is_file():
            recipe = _decoded(root / "recipe.json", lambda data: msgspec.json.decode(data, type=Recipe))
        return cls(root, summary, recipe)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the waterfall, in order."""
        return tuple(step.stage for step in self.summary.waterfall)

    def folder(self, stage: str) -> StageFolder:
        """Return the run folder of `stage`. The recipe counts the stages that come before the first line exists."""
        place = max(0, len(self.recipe) - len(self.stages)) + self.stages.index(stage) + 1
        return StageFolder(self.root / "run" / f"{place:02d}-{stage}")

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
