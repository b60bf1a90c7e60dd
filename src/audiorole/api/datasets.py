"""Media → dataset: build, look before building, open what was built, explain, decide, name again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorole.api.options import build_options, on_gpu, runner_named
from audiorole.api.progress import shown_progress
from audiorole.core.progress import Progress
from audiorole.dataset.build import BuildResult
from audiorole.dataset.build import build as run_build
from audiorole.dataset.estimate import Estimate
from audiorole.dataset.estimate import estimate as estimate_build
from audiorole.dataset.explain import explain as explain_line
from audiorole.dataset.result.summary import CharacterCount, EpisodeCount, Summary
from audiorole.errors import UserError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.published import open_published
from audiorole.report.build_folder import BuildFolder
from audiorole.report.kept import report_of
from audiorole.types import Utterance, find_character

Waveform = NDArray[np.float32]


def build(
    folder: str | Path,
    out: str | Path,
    *,
    recipe: str | Path = "",
    settings: Iterable[str] = (),
    label_precision: float | None = None,
    device: str = "",
    runner: str = "local",
    workers: int | None = None,
    address: str = "",
    progress: Progress | None = None,
) -> BuildResult:
    """Build a dataset from a folder of episodes, or go on with a build that was stopped; write its report.

    recipe: a TOML file or the name of one that ships, such as `fast`. settings: `stage.field=value` each.
    label_precision: keep only lines whose name is expected to be right at least this often, in [0, 1].
    progress: what hears of finished work; a notebook shows lines where none is given.
    device: where models run, `cpu`, `cuda` or `auto`; "" takes the recipe's, or `auto`: a GPU where one can be used.
    runner: `local` or `ray`; workers: processes, all cores by default; address: of a Ray cluster.
    Raises UserError for what the caller can mend; a bad episode is quarantined and named in the result.
    """
    options = build_options(folder, out, recipe, settings, label_precision, device)
    result = run_build(options, runner_named(runner, workers, address, on_gpu(options)), shown_progress(progress))
    report_of(Path(out), result.changed)
    return result


def plan(
    folder: str | Path,
    out: str | Path,
    *,
    recipe: str | Path = "",
    settings: Iterable[str] = (),
    label_precision: float | None = None,
    device: str = "",
    workers: int = 1,
) -> Estimate:
    """Return what `build` would do: episodes, stages to do, seconds, bytes of disk. Nothing is written."""
    return estimate_build(build_options(folder, out, recipe, settings, label_precision, device), workers)


def open_build(out: str | Path) -> Build:
    """Return the finished build in `out`. Raises InputError where there is none."""
    return Build(Path(out), BuildFolder.open(Path(out)))


@dataclass(frozen=True)
class Build:
    """A finished build, opened to look at. folder: what was given to `build` as `out`."""

    folder: Path
    _records: BuildFolder

    @property
    def summary(self) -> Summary:
        """Every number of the build, as in `summary.json`."""
        return self._records.summary

    @property
    def characters(self) -> tuple[CharacterCount, ...]:
        """Who speaks, those with most speech first; "" stands for someone outside the cast."""
        return self.summary.characters

    @property
    def episodes(self) -> tuple[EpisodeCount, ...]:
        """The episodes, with their notes."""
        return self.summary.episodes

    @property
    def report(self) -> Path:
        """The HTML page of the build."""
        return self.folder / "report.html"

    def lines(self, character: str | None = None) -> Iterator[Utterance]:
        """Yield the lines of the dataset in the order of their ids; only those of `character` where one is given.

        character: the written form (`show/Gus`), the name alone where one series has it, or "" for nobody's lines.
        """
        asked = find_character(character, [one.who for one in self.characters if one.name]) if character else character
        for episode in self.episodes:
            for line in self._records.lines(episode.id):
                if asked is None or line.who == asked:
                    yield line

    def line(self, identity: str) -> Utterance:
        """Return one line by its id, such as `show/s01e02/u00042`. Raises UserError where the dataset has none."""
        for line in self._records.lines(identity.rpartition("/")[0]):
            if line.id == identity:
                return line
        raise UserError(f"There is no line {identity!r} in the dataset of {self.folder}.")

    def audio(self, line: Utterance | str) -> Waveform:
        """Return the published audio of a line, float32 `(num_samples,)`, 16 kHz mono, in [-1, 1]."""
        return self.corpus.audio(line if isinstance(line, str) else line.id)

    @cached_property
    def corpus(self) -> Corpus:
        """The published lines as evaluation and training read them."""
        return open_published(self.folder)

    def explain(self, line: Utterance | str) -> str:
        """Return why a line has its character, for a person to read."""
        return explain_line(self.folder, line if isinstance(line, str) else line.id)


def explain(out: str | Path, line: str) -> str:
    """Return why `line` of the build `out` has its character: the evidence in log-odds, for a person to read.

    Raises UserError where there is no such build or line.
    """
    return explain_line(Path(out), line)
