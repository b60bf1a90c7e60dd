"""The loop of a fit on tiny models: what it chooses, what it leaves alone, and that it goes on where it stopped."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from audiorole.errors import ConfigError, InputError
from audiorole.models.talker.voice import load_voice, save_voice
from audiorole.training.fit.finite import NotFiniteError
from audiorole.training.talker.fit import VoiceStep, fit_voice
from audiorole.training.talker.judge import VoiceVerdict, word_error_rate
from audiorole.training.talker.learner import Learner
from audiorole.training.talker.parameters import VoiceParameters
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.talker.start import aim_at
from tests.training.talker.tiny import PLAN, TEXTS, ScriptedEar, said_by, tiny_models, tiny_voice

LINES = said_by(tiny_voice("true", 9, rows=60))


LOUD = dataclasses.replace(PLAN, bias_rate=0.3, steps=2)
"""Steps so large that every share of the way is likelier than the start."""
BIAS = "decoder.encode.norm1.fc.bias"


class Killed(Exception):
    """What stops a fit in the middle."""


def test_steps_bring_the_voice_nearer_to_the_aim() -> None:
    models = tiny_models()
    plan = dataclasses.replace(PLAN, steps=8, batch=2, spectrum=0.0, tether=0.0)
    learned = [line for line in LINES if not line.validation]
    aim = aim_at(learned, models)
    packs = torch.stack([torch.from_numpy(voice.style) for voice in models.stock[:2]])
    learner = Learner(VoiceParameters(models.talker.network, packs, plan), learned, plan, aim, models)

    def loss() -> float:
        draw = torch.Generator().manual_seed(99)
        with torch.no_grad():
            return float(learner._loss(*learner._pieces(draw), draw))

    before = loss()
    for step in range(plan.steps):
        learner.step(step)
    assert loss() < 0.97 * before


def test_the_file_of_a_fit_holds_what_it_returns(tmp_path: Path) -> None:
    fitted = fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models())
    loaded = load_voice(fitted.path)
    assert np.array_equal(loaded.style, fitted.voice.style)
    assert loaded.name == "Ada"
    assert loaded.provenance["judge"] == PLAN.judge
    assert fitted.path.stat().st_size < 1_000_000
    assert fitted.report.lines == sum(not line.validation for line in LINES)
    assert [step for step, _, _ in fitted.report.history] == [0, 2, 4]


def test_fitting_leaves_the_base_and_every_other_voice_byte_identical(tmp_path: Path) -> None:
    models = tiny_models()
    weights = {name: value.clone() for name, value in models.talker.network.state_dict().items()}
    before = [models.talker.speak(TEXTS[0], voice) for voice in models.stock]
    first = fit_voice("Ada", LINES, PLAN, tmp_path / "ada", models)
    heard = models.talker.speak(TEXTS[0], first.voice)
    fit_voice("Bo", said_by(tiny_voice("bo", 5, rows=60)), PLAN, tmp_path / "bo", models)
    assert all(torch.equal(weights[name], value) for name, value in models.talker.network.state_dict().items())
    assert all(
        np.array_equal(one, models.talker.speak(TEXTS[0], voice))
        for one, voice in zip(before, models.stock, strict=True)
    )
    assert np.array_equal(heard, models.talker.speak(TEXTS[0], first.voice))
    assert not any(parameter.requires_grad for parameter in models.talker.network.parameters())


@pytest.mark.parametrize("stop_at", [1, 3, 4])
def test_a_fit_that_was_stopped_anywhere_ends_with_the_same_bytes(tmp_path: Path, stop_at: int) -> None:
    def kill(step: VoiceStep) -> None:
        if step.step == stop_at:
            raise Killed

    whole = fit_voice("Ada", LINES, PLAN, tmp_path / "whole", tiny_models())
    with pytest.raises(Killed):
        fit_voice("Ada", LINES, PLAN, tmp_path / "parts", tiny_models(), kill)
    resumed = fit_voice("Ada", LINES, PLAN, tmp_path / "parts", tiny_models())
    assert resumed.path.read_bytes() == whole.path.read_bytes()
    assert resumed.report == whole.report


def test_a_finished_fit_is_not_done_again(tmp_path: Path) -> None:
    first = fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models())
    steps: list[VoiceStep] = []
    again = fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models(), steps.append)
    assert steps == []
    assert again.report == first.report


@pytest.mark.parametrize("change", ["plan", "lines", "name"])
def test_another_fit_in_the_same_folder_is_refused(tmp_path: Path, change: str) -> None:
    fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models())
    plan = dataclasses.replace(PLAN, seed=1) if change == "plan" else PLAN
    lines = LINES[1:] if change == "lines" else LINES
    with pytest.raises(ConfigError, match="another"):
        fit_voice("Bo" if change == "name" else "Ada", lines, plan, tmp_path, tiny_models())


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="damaged"):
        fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models())


@pytest.mark.parametrize(("deaf_from", "chosen"), [(3, {0}), (4, {0, 2})])
def test_a_step_whose_words_are_lost_is_never_chosen(tmp_path: Path, deaf_from: int, chosen: set[int]) -> None:
    ear = ScriptedEar(["the same words"] * 9, deaf_from)
    fitted = fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models(transcriber=ear))
    assert fitted.report.chosen in chosen
    assert fitted.report.end.understood(fitted.report.start, PLAN.word_slack)
    assert fitted.report.refused == sum(wer > 0 for _, _, wer in fitted.report.history)


@pytest.mark.parametrize(("deaf_to", "share"), [(3, 0.8), (4, 0.65), (7, 0.2), (8, 1.0)])
def test_where_the_last_step_is_refused_the_way_to_it_is_searched(tmp_path: Path, deaf_to: int, share: float) -> None:
    """The ear is asked twice at the start, at step 2, then at shares of the way to it."""
    ear = ScriptedEar(["the same words"] * 9, deaf_from=3, deaf_to=deaf_to)
    fitted = fit_voice("Ada", LINES, LOUD, tmp_path, tiny_models(transcriber=ear))
    assert (fitted.report.chosen, fitted.report.share) == ((2, share) if share < 1 else (0, 1.0))
    assert fitted.report.end.understood(fitted.report.start, PLAN.word_slack)
    end = fit_voice("Ada", LINES, LOUD, tmp_path / "end", tiny_models()).voice
    moved = [float(np.abs(one.changes[BIAS]).max()) for one in (fitted.voice, end)]
    assert moved[0] == pytest.approx(share * moved[1] if share < 1 else 0.0, rel=2e-3)


def test_a_fit_that_was_stopped_while_it_searched_the_way_ends_with_the_same_bytes(tmp_path: Path) -> None:
    seen: list[VoiceStep] = []

    def kill(step: VoiceStep) -> None:
        seen.append(step)
        if len([one for one in seen if one.verdict is not None]) == 3:
            raise Killed

    def ear(asked: int, deaf_to: int) -> ScriptedEar:
        made = ScriptedEar(["the same words"] * 9, 3, deaf_to)
        made.asked = asked
        return made

    whole = fit_voice("Ada", LINES, LOUD, tmp_path / "whole", tiny_models(transcriber=ear(0, 5)))
    with pytest.raises(Killed):
        fit_voice("Ada", LINES, LOUD, tmp_path / "parts", tiny_models(transcriber=ear(0, 5)), kill)
    resumed = fit_voice("Ada", LINES, LOUD, tmp_path / "parts", tiny_models(transcriber=ear(3, 5)))
    assert resumed.path.read_bytes() == whole.path.read_bytes()
    assert resumed.report == whole.report


def test_words_are_counted_on_sentences_too_and_likeness_is_not(tmp_path: Path) -> None:
    read = [dataclasses.replace(line, text="other words of it") for line in LINES[:2]]
    plain, models = tiny_models(), tiny_models(sentences=read)
    first = fit_voice("Ada", LINES, PLAN, tmp_path / "plain", plain).report
    second = fit_voice("Ada", LINES, PLAN, tmp_path / "read", models).report
    assert second.end.words == first.end.words + 8
    assert second.end.wer > first.end.wer
    assert second.end.likeness == first.end.likeness
    assert second.pace == first.pace


def test_a_fit_ends_when_nothing_gets_better(tmp_path: Path) -> None:
    plan = dataclasses.replace(PLAN, steps=40, patience=2, validate_every=1)
    ear = ScriptedEar(["the same words"] * 9, deaf_from=3)
    fitted = fit_voice("Ada", LINES, plan, tmp_path, tiny_models(transcriber=ear))
    assert fitted.report.steps == 2 * plan.validate_every


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    models = tiny_models()
    kept: list[bytes] = []

    def poison(step: VoiceStep) -> None:
        if step.step == 2 and step.verdict is not None:
            kept.append((tmp_path / "checkpoint.safetensors").read_bytes())
            models.encoders[0].matrix.fill_(float("nan"))

    with pytest.raises(NotFiniteError, match="step 3"):
        fit_voice("Ada", LINES, PLAN, tmp_path, models, poison)
    assert not (tmp_path / "voice.safetensors").exists()
    resumed = fit_voice("Ada", LINES, PLAN, tmp_path, tiny_models())
    whole = fit_voice("Ada", LINES, PLAN, tmp_path / "whole", tiny_models())
    assert resumed.path.read_bytes() == whole.path.read_bytes()


@pytest.mark.parametrize("lines", [[], LINES[:3], LINES[:7]])
def test_too_few_lines_are_an_input_error(tmp_path: Path, lines: list) -> None:
    with pytest.raises(InputError, match="to learn from"):
        fit_voice("Ada", lines, PLAN, tmp_path, tiny_models())


@pytest.mark.parametrize(
    "fields", [{"judge": "spectrum"}, {"encoders": ()}, {"steps": 0}, {"batch": 0}, {"most_validated": 1}]
)
def test_a_plan_that_would_fool_itself_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        dataclasses.replace(PLAN, **fields)


def test_ways_of_a_fit_change_what_their_name_says(tmp_path: Path) -> None:
    ways = {"style": {"biases": False, "rank": 0}, "biases": {"rank": 0}, "both": {}}
    kinds = {}
    for way, fields in ways.items():
        plan: VoicePlan = dataclasses.replace(PLAN, steps=2, prosody_steps=0, **fields)
        fitted = fit_voice("Ada", LINES, plan, tmp_path / way, tiny_models())
        kinds[way] = {"factors" if name.endswith((".up", ".down")) else "biases" for name in fitted.voice.changes}
    assert kinds == {"style": set(), "biases": {"biases"}, "both": {"biases", "factors"}}


def test_a_voice_file_of_a_fit_sounds_as_the_voice_that_was_judged(tmp_path: Path) -> None:
    models = tiny_models()
    fitted = fit_voice("Ada", LINES, PLAN, tmp_path, models)
    save_voice(tmp_path / "again", fitted.voice)
    heard = [models.talker.speak(TEXTS[1], load_voice(path)) for path in (fitted.path, tmp_path / "again")]
    assert np.array_equal(heard[0], heard[1])


@pytest.mark.parametrize(
    ("reference", "heard", "rate"),
    [("Don't go!", "dont go", 0.0), ("one two", "one", 0.5), ("one", "one two three", 2.0), ("", "", 0.0)],
)
def test_word_error_rate(reference: str, heard: str, rate: float) -> None:
    assert word_error_rate([reference], [heard]) == rate


@pytest.mark.parametrize(
    ("start", "end", "words", "understood"),
    [(0.0, 0.0, 100, True), (0.0, 0.02, 100, False), (0.05, 0.07, 100, True), (0.05, 0.08, 100, False),
     (0.05, 0.06, 1000, True), (0.05, 0.07, 1000, False), (0.0, 0.012, 160, True), (0.4, 0.42, 40, True),
     (0.4, 0.45, 40, False), (1.0, 1.0, 9, True), (0.0, 0.0, 0, True)],
)  # fmt: skip
def test_words_may_be_lost_as_often_as_chance_would_have_it(
    start: float, end: float, words: int, understood: bool
) -> None:
    assert VoiceVerdict(0.9, end, words).understood(VoiceVerdict(0.5, start, words), 1.0) is understood
