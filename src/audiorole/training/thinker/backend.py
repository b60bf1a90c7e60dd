"""The base `talker` as a trainer backend: what `audiorole train` takes where nothing else is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from audiorole.core.config import configure
from audiorole.core.progress import Progress
from audiorole.training.backend import Rights, TrainResult, Waveform, read_table
from audiorole.training.fit.plan import FitPlan
from audiorole.training.thinker.cast import TalkerCast, load_cast
from audiorole.training.thinker.export import FORMS, export
from audiorole.training.thinker.options import TalkerOptions
from audiorole.training.thinker.preview import preview
from audiorole.training.thinker.run import TalkerTraining
from audiorole.types import Utterance


class TalkerBackend:
    """See `TrainerBackend`. `[rights]` says whose the voices are."""

    tables = ("train", "fit", "rights")
    forms = FORMS

    def train(
        self,
        tables: Mapping[str, Mapping[str, object]],
        lines: Iterable[Utterance],
        audio: Callable[[str], Waveform],
        out: Path,
        progress: Progress,
    ) -> TrainResult:
        """Teach the text model, then fit the voices."""
        options = read_table(tables.get("train", {}), TalkerOptions)
        fit = configure(FitPlan, tables.get("fit", {}), "fit")
        rights = read_table(tables.get("rights", {}), Rights, "rights")
        return TalkerTraining(options, lines, audio, out).run(fit, rights, progress)

    def load(self, location: str) -> TalkerCast:
        """Return the characters of a run folder."""
        return load_cast(location)

    def export(self, run: Path, target: Path, form: str, rights: Rights) -> Path:
        """Write the adapter and the voice files, or the voices alone."""
        return export(run, target, form, rights)

    def preview(
        self, tables: Mapping[str, Mapping[str, object]], lines: Iterable[Utterance], out: Path
    ) -> tuple[str, ...]:
        """Return how much is learned, and about how long it takes here."""
        options = read_table(tables.get("train", {}), TalkerOptions)
        return preview(options, configure(FitPlan, tables.get("fit", {}), "fit"), list(lines), out)
