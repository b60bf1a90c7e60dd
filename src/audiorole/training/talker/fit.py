"""Fit a voice of the talker to a character, by gradient, and stop before the words are lost.

    folder/checkpoint.safetensors   parameters, optimizer, the best so far and what was judged
    folder/voice.safetensors        the voice (`audiorole.models.talker.voice`)
    folder/report.json              what was chosen by what

The talker's own weights are never written to. A fit that was stopped goes on from its last judgement with the same
pieces and random numbers. What is fitted hears the encoders of the plan; another one, the judge, chooses the step among
those whose words a recogniser still understands as well as at the start.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from audiorole.core.disk import write_atomic
from audiorole.errors import InputError
from audiorole.models.talker.voice import TalkerVoice, load_voice, save_voice
from audiorole.training.fit.finite import NotFiniteError
from audiorole.training.talker.checkpoint import FitFacts, FitState, load_state, save_state
from audiorole.training.talker.judge import Judge, VoiceVerdict
from audiorole.training.talker.learner import Learner
from audiorole.training.talker.lines import LEAST_KEPT, VoiceLine, cleanest, split_lines
from audiorole.training.talker.models import FitModels
from audiorole.training.talker.parameters import VoiceParameters
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.start import aim_at, fit_pitch, rank_stock
from audiorole.types import Record

LEAST_LINES = 6
"""Lines to learn from and as many seconds: with fewer, the voice is that of the noise between them."""
SLOWEST_FITTED, FASTEST_FITTED = 0.75, 1.3
"""Paces that a fit chooses: slower or faster, the talker's words fall apart."""
SHORTEST_TEXT = 20
"""Symbols of a line whose pitch says something."""
SHARES = (0.8, 0.65, 0.5, 0.35, 0.2)
"""Of the way from the start to the last step: where the words are lost at its end, they often are not on the way."""


@dataclass(frozen=True)
class VoiceStep:
    """Where a fit stands. of: steps in all; verdict: where it was just judged."""

    step: int
    of: int
    loss: float = math.nan
    verdict: VoiceVerdict | None = None


class VoiceReport(Record, frozen=True):
    """What was chosen by what. start: the stock voice alone, before; end: the voice that was kept: the one of step
    `chosen`, or what lies at `share` of the way to it.

    refused: judgements whose words were worse than the start's. band: Hz up to which the recordings hold speech.
    """

    name: str
    stock: tuple[str, ...]
    start: VoiceVerdict
    end: VoiceVerdict
    chosen: int
    share: float
    steps: int
    refused: int
    pace: float
    pitch_hz: float
    band: float
    lines: int
    seconds: float
    history: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class FittedVoice:
    """The voice, its file and the report."""

    path: Path
    voice: TalkerVoice
    report: VoiceReport


def fit_voice(
    name: str,
    lines: Sequence[VoiceLine],
    plan: VoicePlan,
    folder: Path,
    models: FitModels,
    on_step: Callable[[VoiceStep], None] = lambda step: None,
) -> FittedVoice:
    """Fit the voice of the character `name` to its `lines` in `folder`; return it.

    Raises `InputError` for too few lines, `ConfigError` where the folder holds a fit of other lines or another plan,
    `NotFiniteError` where a loss is no number any more: the last good state stays.
    """
    return _Fit(name, lines, plan, folder, models, on_step).run()


class _Fit:
    def __init__(
        self, name: str, lines: Sequence[VoiceLine], plan: VoicePlan, folder: Path, models: FitModels,
        on_step: Callable[[VoiceStep], None],
    ) -> None:  # fmt: skip
        self.name, self.plan, self.folder, self.models, self.on_step = name, plan, folder, models, on_step
        self.learned, kept = split_lines(lines)
        if len(self.learned) < LEAST_LINES or len(kept) < LEAST_KEPT:
            counts = f"{len(self.learned)} lines to learn from and {len(kept)} to judge by"
            raise InputError(str(folder), f"{name} has {counts}; a voice needs {LEAST_LINES} and {LEAST_KEPT}")
        self.digest = _digest(name, lines, plan, models)
        self.aim = aim_at(self.learned, models)
        self.judge = Judge(models, cleanest(kept, plan.most_validated), self.aim.band)

    def run(self) -> FittedVoice:
        """Do what is not done yet."""
        if (self.folder / "report.json").is_file() and (self.folder / "voice.safetensors").is_file():
            return self._done()
        state = self._state()
        parameters = self._parameters(state)
        learner = Learner(parameters, self.learned, self.plan, self.aim, self.models)
        learner.load(state.tensors)
        for step in range(state.facts.step, self.plan.steps):
            if state.facts.idle >= self.plan.patience:
                break
            loss = learner.step(step)
            if not math.isfinite(loss):
                raise NotFiniteError("The loss", step + 1, self.folder / "checkpoint.safetensors")
            self.on_step(VoiceStep(step + 1, self.plan.steps, loss))
            if (step + 1) % self.plan.validate_every == 0 or step + 1 == self.plan.steps:
                state = self._judged(state, learner, step + 1)
        return self._finish(self._narrowed(state))

    def _done(self) -> FittedVoice:
        """Return the fit that was finished before. Raises `ConfigError` where it was another one."""
        load_state(self.folder / "checkpoint.safetensors", self.digest)
        report = msgspec.json.decode((self.folder / "report.json").read_bytes(), type=VoiceReport)
        path = self.folder / "voice.safetensors"
        return FittedVoice(path, load_voice(path), report)

    def _state(self) -> FitState:
        """Return where the fit stands: at the last judgement, or at its start."""
        return load_state(self.folder / "checkpoint.safetensors", self.digest) or self._begin()

    def _begin(self) -> FitState:
        """Choose the stock voices, fit the pitch, find the pace; keep all of it."""
        order = rank_stock(self.aim, self.models, self.judge)[: self.plan.starts]
        spoken = self.judge.spoken(self.models.stock[order[0]])
        start = self.judge.verdict(spoken)
        facts = FitFacts(self.digest, tuple(order), 1.0, start, start)
        parameters = self._parameters(FitState(facts, {}))
        texts = [line.phonemes for line in self.learned if len(line.phonemes) >= SHORTEST_TEXT]
        fit_pitch(parameters, texts or [self.learned[0].phonemes], self.aim, self.models, self.plan)
        pace = self.judge.pace(self.judge.spoken(self._voice(parameters, 1.0)))
        pace = round(min(max(pace, SLOWEST_FITTED), FASTEST_FITTED), 3)
        first = self.judge.hear(self._voice(parameters, pace))
        facts = msgspec.structs.replace(facts, pace=pace, best=first, history=((0, first.likeness, first.wer),))
        state = FitState(facts, _copies(parameters) | _copies(parameters, "best|"))
        save_state(self.folder / "checkpoint.safetensors", state)
        return state

    def _parameters(self, state: FitState) -> VoiceParameters:
        torch.manual_seed(self.plan.seed)
        stock = [self.models.stock[place].style for place in state.facts.stock]
        packs = torch.stack([torch.from_numpy(style) for style in stock])
        made = VoiceParameters(self.models.talker.network, packs, self.plan).to(self.models.device)
        own = {name: tensor for name, tensor in state.tensors.items() if "opt|" not in name and "best|" not in name}
        made.load_state_dict(own, strict=bool(own))
        return made

    def _voice(self, parameters: VoiceParameters, pace: float) -> TalkerVoice:
        """Return the voice of the parameters, as its file will hold it."""
        provenance = {
            "fitted_by": f"audiorole fit_voice, plan {self.plan.digest()}",
            "encoders": ", ".join(self.plan.encoders),
            "judge": self.plan.judge,
            "lines": str(len(self.learned)),
            "seconds": f"{sum(line.seconds for line in self.learned):.0f}",
        }
        base = self.models.talker.base
        return dataclasses.replace(parameters.voice(self.models.talker.network, self.name, pace, provenance), base=base)

    def _judged(self, state: FitState, learner: Learner, step: int) -> FitState:
        """Return the state after a judgement: the best voice is the likest one whose words are understood."""
        facts = state.facts
        verdict = self.judge.hear(self._voice(learner.parameters, facts.pace))
        self.on_step(VoiceStep(step, self.plan.steps, verdict=verdict))
        understood, history = self._understood(verdict, facts), (*facts.history, (step, verdict.likeness, verdict.wer))
        facts = msgspec.structs.replace(
            facts, step=step, refused=facts.refused + (not understood), idle=facts.idle + 1, history=history
        )
        kept = {name: tensor for name, tensor in state.tensors.items() if name.startswith("best|")}
        state = FitState(facts, learner.state() | kept)
        if understood:
            state = self._taken(state, learner.parameters, verdict, 1.0)
        save_state(self.folder / "checkpoint.safetensors", state)
        return state

    def _narrowed(self, state: FitState) -> FitState:
        """Return the state after the way to the last step was searched, where that step was refused.

        The first share, from the end, whose words are understood is taken where it is the likest voice so far.
        """
        facts = state.facts
        _, likeness, wer = facts.history[-1]
        if self._understood(VoiceVerdict(likeness, wer, facts.start.words), facts):
            return state
        for share in SHARES:
            part = self._parameters(state)
            part.shrink(share)
            verdict = self.judge.hear(self._voice(part, facts.pace))
            self.on_step(VoiceStep(facts.step, self.plan.steps, verdict=verdict))
            if self._understood(verdict, facts):
                return self._taken(state, part, verdict, share)
        return state

    def _understood(self, verdict: VoiceVerdict, facts: FitFacts) -> bool:
        return verdict.understood(facts.start, self.plan.word_slack)

    def _taken(self, state: FitState, parameters: VoiceParameters, verdict: VoiceVerdict, share: float) -> FitState:
        """Return the state with `parameters` as the best voice, if it is that."""
        facts = state.facts
        if self._understood(facts.best, facts) and verdict.likeness <= facts.best.likeness:
            return state
        others = {name: tensor for name, tensor in state.tensors.items() if not name.startswith("best|")}
        facts = msgspec.structs.replace(facts, best=verdict, chosen=facts.step, share=share, idle=0)
        return FitState(facts, others | _copies(parameters, "best|"))

    def _finish(self, state: FitState) -> FittedVoice:
        """Write the best voice and the report."""
        best = {name.removeprefix("best|"): one for name, one in state.tensors.items() if name.startswith("best|")}
        parameters = self._parameters(FitState(state.facts, best))
        voice, facts = self._voice(parameters, state.facts.pace), state.facts
        path = self.folder / "voice.safetensors"
        save_voice(path, voice)
        report = VoiceReport(
            name=self.name,
            stock=tuple(self.models.stock[place].name for place in facts.stock),
            start=facts.start,
            end=facts.best,
            chosen=facts.chosen,
            share=facts.share,
            steps=facts.step,
            refused=facts.refused,
            pace=facts.pace,
            pitch_hz=round(math.exp(self.aim.log_f0), 1),
            band=round(self.aim.band),
            lines=len(self.learned),
            seconds=round(sum(line.seconds for line in self.learned), 1),
            history=facts.history,
        )
        write_atomic(self.folder / "report.json", msgspec.json.encode(report))
        return FittedVoice(path, load_voice(path), report)


def _copies(parameters: VoiceParameters, prefix: str = "") -> dict[str, Tensor]:
    """Return the parameters as they are now; later steps do not change these."""
    return {f"{prefix}{name}": tensor.detach().cpu().clone() for name, tensor in parameters.state_dict().items()}


def _digest(name: str, lines: Sequence[VoiceLine], plan: VoicePlan, models: FitModels) -> str:
    """Return a hash over what must not change between the parts of a fit."""
    parts = [name, plan.digest(), models.talker.card.fingerprint]
    for line in lines:
        sound = hashlib.sha256(line.waveform.tobytes()).hexdigest()
        parts += [line.id, line.phonemes, str(line.validation), f"{line.clarity:.3f}", sound]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
