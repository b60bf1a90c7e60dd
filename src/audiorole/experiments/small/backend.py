"""The small base as a trainer backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from audiorole.core.config import configure
from audiorole.core.progress import Progress
from audiorole.experiments.small.codec.config import CodecPlan
from audiorole.experiments.small.export import FORMS, export
from audiorole.experiments.small.run import SmallOptions, SmallTraining
from audiorole.experiments.small.voice import SmallVoice, load_voice
from audiorole.training.backend import Rights, TrainResult, Waveform, read_table
from audiorole.training.fit.plan import FitPlan
from audiorole.types import Utterance


class SmallBackend:
    """See `TrainerBackend`. `[codec]` says how the codec learns; it is made from the dataset itself."""

    tables = ("train", "codec", "fit")
    forms = FORMS

    def train(
        self,
        tables: Mapping[str, Mapping[str, object]],
        lines: Iterable[Utterance],
        audio: Callable[[str], Waveform],
        out: Path,
        progress: Progress,
    ) -> TrainResult:
        """Learn a codec, then the characters of `lines`."""
        options = read_table(tables.get("train", {}), SmallOptions)
        codec = configure(CodecPlan, tables.get("codec", {}), "codec")
        fit = configure(FitPlan, tables.get("fit", {}), "fit")
        return SmallTraining(options, lines, audio, out).run(fit, codec, progress)

    def load(self, location: str) -> SmallVoice:
        """Return the voice of a run folder."""
        return load_voice(location)

    def export(self, run: Path, target: Path, form: str, rights: Rights) -> Path:
        """Write the adapter or the merged network, with the codec."""
        return export(run, target, form, rights)
