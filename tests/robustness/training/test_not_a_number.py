"""A run whose numbers are lost stops with a sentence; the last good checkpoint stays, and nothing dead is saved."""

import importlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import audiorole.cli.main
from audiorole.training.backend import TrainResult
from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.fit.finite import NotFiniteError
from audiorole.training.fit.loop import FitData, FitRun
from audiorole.training.fit.plan import FitPlan
from tests.training.decoder.tiny import tiny_flow
from tests.training.tiny import random_documents, tiny_glm

SIZES = {"rank": 4, "steps": 6, "capacity": 48, "packs_per_step": 2, "save_every": 1, "keep": 2, "warmup": 0.0}


class Figures:
    def add_scalar(self, tag, value, step):
        """Forget it."""

    def flush(self):
        """Nothing is kept."""


def run(folder, method="lora", **plan):
    documents = random_documents((20, 31, 12, 40, 8, 25, 17), 0)
    data = FitData(train=documents[:5], held_out=documents[5:], pad=0, first_audio=200)
    plan = FitPlan(**{**SIZES, "method": method, "learning_rate": 1e-3, **plan})
    return FitRun(tiny_glm(dtype=torch.bfloat16 if method == "full" else torch.float32), data, plan, folder, Figures())


def weights(checkpoint):
    return {key: value for file in checkpoint.glob("*.safetensors") for key, value in load_file(file).items()}


def are_finite(folder):
    found = checkpoints(folder)
    tensors = [value for path in found for value in weights(path).values() if value.is_floating_point()]
    assert tensors
    return all(bool(torch.isfinite(value).all()) for value in tensors)


def break_at(trained, step):
    """Let one weight of a run be lost before the 0-based `step`."""
    real = trained._step

    def broken(number):
        if number == step:
            next(iter(trained.parameters.values())).data[0, 0] = torch.nan
        real(number)

    trained._step = broken


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_weight_that_is_none_stops_before_the_next_step(tmp_path, method):
    trained = run(tmp_path, method)
    break_at(trained, 3)
    with pytest.raises(NotFiniteError, match="is not a number any more at step 4") as told:
        trained.run()
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-000002", "checkpoint-000003"]
    assert str(tmp_path / "checkpoint-000003") in str(told.value)
    assert are_finite(tmp_path)


def test_a_huge_learning_rate_saves_nothing_dead(tmp_path):
    with pytest.raises(NotFiniteError) as told:
        run(tmp_path, learning_rate=1e38, save_every=0).run()
    assert checkpoints(tmp_path) == []
    assert "no checkpoint had been saved" in str(told.value)


def test_a_learning_rate_that_grows_too_far_keeps_what_was_good(tmp_path):
    trained = run(tmp_path, learning_rate=1e-3)
    real = trained._step

    def step(number):
        for group in trained.optimizer.param_groups:
            group["weight_decay"] = -1e30 if number == 2 else 0.0  # the weights grow beyond every number
        real(number)

    trained._step = step
    with pytest.raises(NotFiniteError):
        trained.run()
    assert are_finite(tmp_path)
    assert checkpoints(tmp_path)[-1].name == "checkpoint-000002"


def test_a_good_run_stays_what_it_was(tmp_path):
    result = run(tmp_path).run()
    assert result.steps == 6
    assert are_finite(tmp_path)


def pairs(bad=False):
    random = np.random.default_rng(0)
    found = [
        VoicePair.of(random.integers(0, 128, 8).astype(np.uint16), (0.1 * random.standard_normal(14_000)).astype("f4"))
        for _ in range(4)
    ]
    if bad:
        found[0].mel[:] = torch.nan
    return found


def test_a_voice_that_is_lost_keeps_its_last_good_checkpoint(tmp_path):
    plan = DecoderPlan(steps=2, save_every=1, batch_frames=60, learning_rate=1e-4)
    fit_decoder(tiny_flow(), pairs(), plan, tmp_path)
    good = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "flow.safetensors").unlink()
    longer = DecoderPlan(steps=8, save_every=1, batch_frames=60, learning_rate=1e-4)
    with pytest.raises(NotFiniteError, match=r"checkpoint\.safetensors is kept"):
        fit_decoder(tiny_flow(), pairs(bad=True), longer, tmp_path)
    kept = load_file(tmp_path / "checkpoint.safetensors")
    assert all(bool(torch.isfinite(value).all()) for value in kept.values())
    assert not (tmp_path / "flow.safetensors").exists()
    assert len(good) == (tmp_path / "checkpoint.safetensors").stat().st_size


def test_the_command_ends_with_a_sentence_and_its_code(tmp_path, monkeypatch, capsys):
    class Backend:
        tables = ("train", "fit")

        def train(self, tables, lines, audio, out, progress) -> TrainResult:
            return TrainResult("x", run(out, learning_rate=1e38).run(progress), 1)

    voices = importlib.import_module("audiorole.api.training")
    monkeypatch.setattr(type(voices.TRAINERS), "load", lambda self, name: Backend)
    monkeypatch.setattr(voices, "open_published", lambda path: SimpleNamespace(lines={}, audio=None))
    monkeypatch.setattr(sys, "argv", ["audiorole", "train", str(tmp_path), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        audiorole.cli.main.main()
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "is not a number any more" in said
    assert "Traceback" not in said
