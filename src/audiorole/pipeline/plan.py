"""The line of stages over one run folder: which folder is whose, and what lies before a stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorole.pipeline.digest import Fingerprint
from audiorole.pipeline.stage import Stage
from audiorole.pipeline.store import StageFolder, read_records
from audiorole.types import Record

SOURCES = "00-sources"
"""The folder of the records that the first stage consumes."""


@dataclass(frozen=True)
class StagePlan:
    """The stages in order, where their folders are, and where the media lie."""

    stages: tuple[Stage, ...]
    root: Path
    inputs: Path
    fingerprint: Fingerprint

    def folder(self, name: str) -> StageFolder:
        """Return the folder of the stage called `name`, numbered by its place."""
        names = [stage.name for stage in self.stages]
        return StageFolder(self.root / f"{names.index(name) + 1:02d}-{name}")

    def before(self, stage: Stage) -> StageFolder:
        """Return the folder that `stage` consumes."""
        place = self.stages.index(stage)
        return StageFolder(self.root / SOURCES) if place == 0 else self.folder(self.stages[place - 1].name)

    @property
    def home(self) -> Path:
        """The output folder, which the run folder lies in."""
        return self.root.parent

    def models(self) -> tuple[tuple[str, str], ...]:
        """Return the (kind, reference) of every model that a stage loads, each once, in the order of the stages."""
        return tuple(dict.fromkeys(pair for stage in self.stages for pair in stage.models()))

    def source(self, shard: str) -> Record:
        """Return the first record of `shard`, what the first stage consumes."""
        path = StageFolder(self.root / SOURCES).records(shard)
        return next(iter(read_records(path, self.stages[0].consumes)))

    def named(self, name: str) -> Stage:
        """Return the stage called `name`."""
        return next(stage for stage in self.stages if stage.name == name)

    def forget_after(self, name: str, shard: str) -> None:
        """Remove what an earlier run left of `shard` behind a stage that failed now."""
        names = [stage.name for stage in self.stages]
        for later in names[names.index(name) + 1 :]:
            self.folder(later).forget(shard)
