"""GLM-4-Voice as a trainer backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from audiorole.core.config import configure
from audiorole.core.progress import Progress
from audiorole.training.backend import Rights, TrainResult, Waveform
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.export import FORMS, export
from audiorole.training.glm.run import GlmTraining, read_options
from audiorole.training.glm.voice import GlmVoice, load_voice
from audiorole.training.run import characters_of
from audiorole.types import Utterance, spoken_name


class GlmBackend:
    """See `TrainerBackend`. `[train]` names the three published parts, `[decoder]` says how a voice is fitted."""

    tables = ("train", "fit", "decoder")
    forms = FORMS

    def train(
        self,
        tables: Mapping[str, Mapping[str, object]],
        lines: Iterable[Utterance],
        audio: Callable[[str], Waveform],
        out: Path,
        progress: Progress,
    ) -> TrainResult:
        """Teach the characters of `lines`, the decoder's voice included."""
        options = read_options(tables.get("train", {}))
        fit = configure(FitPlan, tables.get("fit", {}), "fit")
        voices = configure(DecoderPlan, tables.get("decoder", {}), "decoder")
        return GlmTraining(options, lines, audio, out).run(fit, voices, progress)

    def load(self, location: str) -> GlmVoice:
        """Return the voice of a run folder."""
        return load_voice(location)

    def export(self, run: Path, target: Path, form: str, rights: Rights) -> Path:
        """Write the newest checkpoint and its voices."""
        return export(run, target, form, rights)

    def preview(
        self, tables: Mapping[str, Mapping[str, object]], lines: Iterable[Utterance], out: Path
    ) -> tuple[str, ...]:
        """Return how many dialogues are learned; how long it takes depends on codes that nobody has made yet."""
        training = GlmTraining(read_options(tables.get("train", {})), lines, _no_sound, out, make_folder=False)
        examples, dropped = training.examples()
        names = ", ".join(spoken_name(name) for name in characters_of(examples))
        return (f"{len(examples):,} dialogues of {names}; {len(dropped):,} turns are left out.",)


def _no_sound(line: str) -> Waveform:
    raise KeyError(line)
