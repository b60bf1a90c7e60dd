"""The base `talker` as a trainer backend: what `audiorole train` takes where nothing else is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch

from audiorole.core.config import configure
from audiorole.core.progress import Progress
from audiorole.training.backend import Rights, TrainResult, Waveform, read_table
from audiorole.training.fit.plan import FitPlan
from audiorole.training.talker.plan import GPU_PLAN, VoicePlan
from audiorole.training.thinker.cast import TalkerCast, load_cast
from audiorole.training.thinker.export import FORMS, export
from audiorole.training.thinker.options import TalkerOptions
from audiorole.training.thinker.preview import preview
from audiorole.training.thinker.run import TalkerTraining
from audiorole.types import Utterance


def voice_plan(table: Mapping[str, object]) -> VoicePlan:
    """Return the `[voice]` table; where it says nothing, the plan of a GPU if there is one."""
    return configure(VoicePlan, table, "voice") if table or not torch.cuda.is_available() else GPU_PLAN


class TalkerBackend:
    """See `TrainerBackend`. `[voice]` says how voices are fitted, `[rights]` whose they are."""

    tables = ("train", "fit", "voice", "rights")
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
        voice = voice_plan(tables.get("voice", {}))
        rights = read_table(tables.get("rights", {}), Rights, "rights")
        return TalkerTraining(options, lines, audio, out).run(fit, voice, rights, progress)

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
        fit, voice = configure(FitPlan, tables.get("fit", {}), "fit"), voice_plan(tables.get("voice", {}))
        return preview(options, fit, voice, list(lines), out)
