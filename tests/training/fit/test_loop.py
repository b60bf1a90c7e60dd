import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from audiorole.errors import ConfigError
from audiorole.training.fit.checkpoint import checkpoints
from audiorole.training.fit.loop import FitData, FitRun
from audiorole.training.fit.packed_glm import Batch, PackedGlm
from audiorole.training.fit.parameters import base_of
from audiorole.training.fit.plan import FitPlan
from audiorole.training.tokens.packing import IGNORED, Document, build_pack

from ..tiny import random_documents, tiny_glm

PLAN = FitPlan(rank=4, alpha=8, learning_rate=3e-3, steps=6, capacity=48, packs_per_step=2, seed=3)


class Figures:
    """A writer that remembers."""

    def __init__(self):
        self.values = {}

    def add_scalar(self, tag, value, step):
        self.values[tag, step] = value

    def flush(self):
        pass


def data(seed=0):
    documents = random_documents((20, 31, 12, 40, 8, 25, 17), seed)
    return FitData(train=documents[:5], held_out=documents[5:], pad=0, first_audio=200)


def run(folder, plan=PLAN, model=None, seed=0, **options):
    model = model or tiny_glm(dtype=torch.bfloat16 if plan.method == "full" else torch.float32)
    return FitRun(model, data(seed), plan, folder, Figures(), **options)


def weights(checkpoint):
    return {key: tensor for file in sorted(checkpoint.glob("*.safetensors")) for key, tensor in load_file(file).items()}


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_a_killed_run_continues_bit_equal(tmp_path, method):
    plan = FitPlan(**{**PLAN.__dict__, "method": method, "save_every": 2, "dropout": 0.1 if method == "lora" else 0.0})
    straight = run(tmp_path / "straight", plan).run()
    context = multiprocessing.get_context("fork")

    def train_and_hang():
        interrupted = run(tmp_path / "killed", plan)
        step = interrupted._step
        interrupted._step = lambda number: time.sleep(60) if number == 5 else step(number)
        interrupted.run()

    process = context.Process(target=train_and_hang)
    process.start()
    deadline = time.monotonic() + 60
    while len(checkpoints(tmp_path / "killed")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert [path.name for path in checkpoints(tmp_path / "killed")] == ["checkpoint-000002", "checkpoint-000004"]
    resumed = run(tmp_path / "killed", plan).run()
    before, after = weights(straight.checkpoint), weights(resumed.checkpoint)
    assert before.keys() == after.keys()
    assert len(before) > 20
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert resumed.perplexity == straight.perplexity


def test_another_plan_or_other_data_do_not_resume(tmp_path):
    run(tmp_path, FitPlan(**{**PLAN.__dict__, "steps": 1})).run()
    with pytest.raises(ConfigError, match="another plan or other data"):
        run(tmp_path).run()
    with pytest.raises(ConfigError, match="another plan or other data"):
        run(tmp_path, FitPlan(**{**PLAN.__dict__, "steps": 1}), seed=1).run()


def test_one_step_of_two_packs_equals_one_big_pack(tmp_path):
    """Accumulated gradients weigh every labelled token the same, whatever pack it is in."""
    two = FitPlan(**{**PLAN.__dict__, "steps": 1, "capacity": 64, "packs_per_step": 2, "max_grad_norm": 1e9})
    one = FitPlan(**{**two.__dict__, "capacity": 128, "packs_per_step": 1})
    first, second = run(tmp_path / "two", two), run(tmp_path / "one", one)
    assert (first.stream.packs_per_epoch, second.stream.packs_per_epoch) == (2, 1)
    a, b = weights(first.run().checkpoint), weights(second.run().checkpoint)
    for key in a:
        torch.testing.assert_close(a[key], b[key], rtol=1e-4, atol=1e-6)


def test_figures_are_written_per_character_and_modality(tmp_path):
    trained = run(tmp_path, FitPlan(**{**PLAN.__dict__, "evaluate_every": 3}))
    result = trained.run()
    tags = {tag for tag, _ in trained.writer.values}
    assert {"train/nll", "train/tokens_per_second", "perplexity/Rico/audio", "perplexity/all/text"} <= tags
    assert {step for tag, step in trained.writer.values if tag == "perplexity/all/text"} == {3, 6}
    assert result.perplexity["all/audio"] == trained.writer.values["perplexity/all/audio", 6]


def test_perplexity_is_exp_of_the_mean_nll(tmp_path):
    trained = run(tmp_path)
    held_out = trained.data.held_out
    nll = PackedGlm(base_of(trained.model))(Batch.of(build_pack(held_out, 48, pad=0), "cpu")).nll
    targets = np.concatenate([document.labels[1:] for document in held_out])
    targets = targets[targets != IGNORED]
    expected = float(torch.exp(nll[torch.from_numpy(targets >= 200)].mean()))
    assert trained.evaluate(0)["all/audio"] == pytest.approx(expected, rel=1e-5)


def test_one_example_is_learned_by_heart_and_its_codes_come_back(tmp_path):
    ids = np.random.default_rng(1).integers(2, 320, 40)
    labels = np.where(np.arange(40) >= 10, ids, IGNORED)
    plan = FitPlan(method="full", learning_rate=5e-3, steps=60, capacity=40, packs_per_step=1, warmup=0.1)
    model = tiny_glm(std=0.05)
    FitRun(model, FitData([Document("a", ids, labels)], [], 0, 200), plan, tmp_path, Figures()).run()
    prompt = torch.from_numpy(ids[:10])[None]
    with torch.inference_mode():
        answer = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=30,
            do_sample=False,
            eos_token_id=None,
        )
    assert answer[0, 10:].tolist() == ids[10:].tolist()


def test_audio_is_hidden_in_training_and_nowhere_else(tmp_path):
    hiding = run(tmp_path, FitPlan(**{**PLAN.__dict__, "audio_hidden": 0.5}))
    batch = hiding._batch(hiding.stream[0])
    torch.manual_seed(0)
    seen = hiding._hide(batch).ids
    audio = batch.ids >= 200
    assert torch.equal(seen[~audio], batch.ids[~audio])
    assert set(seen[audio].tolist()) - set(batch.ids.tolist()) <= {199}
    assert 0.2 < (seen[audio] == 199).float().mean() < 0.8
    assert hiding.evaluate(0) == run(tmp_path).evaluate(0)


def test_the_learning_rate_rises_and_falls():
    plan = FitPlan(learning_rate=1.0, warmup=0.1)
    rates = [plan.learning_rate_at(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("field", "value"), [("method", "loora"), ("capacity", 0), ("epochs", 0)])
def test_a_plan_that_cannot_be_is_refused(field, value):
    with pytest.raises(ConfigError):
        FitPlan(**{field: value})
