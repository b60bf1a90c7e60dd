"""What a run of the base `talker` would do and cost, said before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from audiorole.core.progress import duration_text
from audiorole.models.requirements import absent_weights, missing_sentence
from audiorole.training.backend import Waveform
from audiorole.training.fit.plan import FitPlan
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.together import fit_seconds
from audiorole.training.thinker.options import TalkerOptions
from audiorole.training.thinker.run import TalkerTraining
from audiorole.types import Utterance, spoken_name

TOKENS_PER_LETTER = 0.27
"""SmolLM2's, on dialogues of a development series."""

SPEED = {"cpu": 140.0, "cuda": 40_000.0}
"""Tokens a second that are learned: one core with bf16, one H200 (docs/figures.md)."""

DISK = 330_000_000
"""Bytes: the text model unpacked, two checkpoints with their optimizer."""


def preview(
    options: TalkerOptions, fit: FitPlan, voice: VoicePlan, lines: Sequence[Utterance], out: Path
) -> tuple[str, ...]:
    """Return sentences: who is taught, how many dialogues and steps, how long, how much disk, what is missing."""
    training = TalkerTraining(options, lines, _no_sound, out, make_folder=False)
    examples, dropped = training.examples()
    tokens = round(
        sum(training.letters(example) for example in examples if example.split != options.held_out) * TOKENS_PER_LETTER
    )
    steps = fit.num_steps(max(1, -(-tokens // fit.capacity)))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    seconds = steps * fit.packs_per_step * fit.capacity / SPEED[device]
    where = "on one GPU" if device == "cuda" else "of one core"
    absent = absent_weights(training.weights())
    sentences = (
        f"Taught: {', '.join(spoken_name(name) for name in training.characters())}.",
        f"The text model learns {len(examples):,} conversations (about {tokens:,} tokens an epoch) in {steps:,} steps: "
        f"{duration_text(seconds)} {where}.",
        _voices(voice, device, len(training.characters())) if options.fit_voices else "",
        f"{len(dropped):,} turns are left out." if dropped else "",
        f"Disk: about {DISK / 1e6:.0f} MB in {out}.",
        missing_sentence(absent) if absent else "All weights are here.",
    )
    return tuple(filter(None, sentences))


def _voices(plan: VoicePlan, device: str, count: int) -> str:
    where = "on one GPU" if device == "cuda" else "of one core"
    taken = duration_text(fit_seconds(plan, device, count))
    return f"Voices: {count:,} in {plan.steps:,} steps each: about {taken} {where}."


def _no_sound(line: str) -> Waveform:
    raise KeyError(line)
