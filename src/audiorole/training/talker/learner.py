"""One step after another: pieces of lines are spoken, heard by the encoders, and the voice moves towards the aim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from audiorole.models.talker.kokoro import symbol_ids
from audiorole.models.talker.network import Spoken
from audiorole.models.talker.wardrobe import worn
from audiorole.training.talker.hearing import Channel, LongTermSpectrum
from audiorole.training.talker.lines import VoiceLine
from audiorole.training.talker.models import FitModels
from audiorole.training.talker.parameters import VoiceParameters
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.start import Aim

MOST_TEXTS = 48
SYMBOLS = (20, 140)
BETAS = (0.8, 0.95)
MOST_GRADIENT = 5.0


class Learner:
    """Steps of a fit. Each draws its random numbers from the plan's seed and its own number."""

    def __init__(
        self, parameters: VoiceParameters, lines: Sequence[VoiceLine], plan: VoicePlan, aim: Aim, models: FitModels
    ) -> None:
        self.parameters, self.plan, self.aim, self.models = parameters, plan, aim, models
        self.network = models.talker.network
        self.channel = Channel(aim.band).to(models.device)
        self.spectrum = LongTermSpectrum(aim.band).to(models.device)
        self.texts = [line.phonemes for line in lines if SYMBOLS[0] <= len(line.phonemes) <= SYMBOLS[1]][:MOST_TEXTS]
        self.texts = self.texts or [line.phonemes for line in lines]
        self.spoken = [self._plan(text) for text in self.texts]
        self.frames = min(plan.frames, max(spoken.frames for spoken in self.spoken))
        self.optimizer = torch.optim.Adam(_groups(parameters, plan), betas=BETAS)

    def step(self, step: int) -> float:
        """Learn once; return the loss. step: 0-based."""
        draw = torch.Generator().manual_seed(self.plan.seed * 1_000_003 + step)
        pieces, style = self._pieces(draw)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * _rate(step, self.plan.steps)
        loss = self._loss(pieces, style, draw)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters.parameters(), MOST_GRADIENT)
        self.optimizer.step()
        return float(loss.detach())

    def state(self) -> dict[str, Tensor]:
        """Return the parameters and the optimizer's state by name."""
        found = dict(self.parameters.state_dict())
        for name, parameter in self.parameters.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                found[f"opt|{key}|{name}"] = value
        return found

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the parameters and the optimizer's state up again."""
        own = dict(self.parameters.named_parameters())
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(tensors[name])
        for joined, value in tensors.items():
            kind, _, rest = joined.partition("|")
            key, _, name = rest.partition("|")
            if kind == "opt":
                self.optimizer.state[own[name]][key] = value if key == "step" else value.to(own[name].device)

    def _plan(self, text: str) -> Spoken:
        """Return how `text` is spoken; the prosody does not change any more."""
        rows = self.parameters.prosody_rows()
        style = rows[min(len(text), len(rows)) - 1][None]
        noise = torch.Generator().manual_seed(len(text))
        pitched = _pitched(self.network, self.parameters)
        with torch.no_grad(), worn(self.network, pitched):
            read = self.network.read(symbol_ids(text).to(self.models.device))
            return self.network.plan(read, style, 1.0, noise).detach()

    def _pieces(self, draw: torch.Generator) -> tuple[Spoken, Tensor]:
        """Return a batch of pieces of lines, and the timbre of each."""
        fitting = [at for at, spoken in enumerate(self.spoken) if spoken.frames >= self.frames]
        chosen = [fitting[int(torch.randint(len(fitting), (), generator=draw))] for _ in range(self.plan.batch)]
        parts = []
        for at in chosen:
            last = self.spoken[at].frames - self.frames
            start = int(torch.randint(last + 1, (), generator=draw))
            parts.append(self.spoken[at].part(start, start + self.frames))
        rows = self.parameters.timbre_rows()
        style = torch.stack([rows[min(len(self.texts[at]), len(rows)) - 1] for at in chosen])
        return joined(parts), style

    def _loss(self, pieces: Spoken, style: Tensor, draw: torch.Generator) -> Tensor:
        changes = self.parameters.changes(self.network)
        changed = {name: self.network.get_parameter(name) + change for name, change in changes.items()}
        with worn(self.network, changed), self.models.talker.precision():
            samples = self.network.decoder(pieces, style)
        heard = self.channel(samples.float(), draw)
        with self.models.talker.precision():
            voices = [encoder(heard) for encoder in self.models.encoders]
        loss = sum((1 - voice.float() @ aim).mean() for voice, aim in zip(voices, self.aim.voices, strict=True))
        loss = loss / len(voices) + self.plan.tether * self.parameters.tether()
        if self.plan.spectrum:
            loss = (
                loss
                + self.plan.spectrum * (self.spectrum(self.channel(samples.float())) - self.aim.spectrum).abs().mean()
            )
        return loss


def joined(parts: Sequence[Spoken]) -> Spoken:
    """Return pieces of equal length as one batch."""
    fields = [[part.said, part.pitch, part.energy, part.excitation] for part in parts]
    said, pitch, energy, excitation = (torch.cat(each) for each in zip(*fields, strict=True))
    return Spoken(said, pitch, energy, excitation)


def _pitched(network: torch.nn.Module, parameters: VoiceParameters) -> dict[str, Tensor]:
    """Return the pitch's last layer as the voice scales it."""
    names = [f"predictor.F0_proj.{part}" for part in ("weight", "bias")]
    return {name: network.get_parameter(name) * parameters.pitch.exp() for name in names}


def _groups(parameters: VoiceParameters, plan: VoicePlan) -> list[dict[str, object]]:
    groups = [
        ([parameters.logits, parameters.timbre], plan.style_rate),
        (list(parameters.biases.values()), plan.bias_rate),
        ([*parameters.up.values(), *parameters.down.values()], plan.rank_rate),
    ]
    return [{"params": chosen, "lr": rate, "peak": rate} for chosen, rate in groups if chosen]


def _rate(step: int, steps: int) -> float:
    """Return the share of the learning rate: up over the first twentieth, down over the last third."""
    done = step / steps
    return min(1.0, (step + 1) / max(1.0, 0.05 * steps), max(0.05, 3 * (1 - done)))
