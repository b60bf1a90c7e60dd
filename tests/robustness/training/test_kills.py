"""A tiny training that is killed at random moments and gone on with gives the same bytes."""

import dataclasses
import multiprocessing
import random
import time

from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.glm.run import GlmTraining, read_options
from tests.training.glm.tiny_parts import audio, lines

from .conftest import PLAN

KILLS = 4
QUIET = dataclasses.replace(PLAN, report_to="none", steps=6, save_every=1, keep=3)
VOICES = DecoderPlan(steps=4, save_every=1, batch_frames=200)


def train(parts, out):
    options = read_options(
        {"weights": parts / "base", "speech_tokenizer": parts / "ears", "decoder": parts / "decoder"}
    )
    GlmTraining(options, lines(), audio, out).run(QUIET, VOICES)


def everything(out):
    """Every file that a run leaves, without its own place in it."""
    files = [path for path in out.rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): path.read_bytes().replace(str(out).encode(), b"OUT") for path in files}


def test_kills_at_random_moments_leave_the_same_bytes(parts, tmp_path):
    begun = time.monotonic()
    train(parts, tmp_path / "whole")
    straight, chance, context = time.monotonic() - begun, random.Random(7), multiprocessing.get_context("fork")
    killed = 0
    for _ in range(KILLS):
        process = context.Process(target=train, args=(parts, tmp_path / "out"))
        process.start()
        process.join(chance.uniform(0, straight))
        killed += process.is_alive()
        process.kill()
        process.join()
    assert killed > KILLS // 2, "most runs had ended before they were killed"
    train(parts, tmp_path / "out")
    first, second = everything(tmp_path / "whole"), everything(tmp_path / "out")
    assert sorted(second) == sorted(first)
    assert [name for name in first if first[name] != second[name]] == []
    assert any(name.endswith("adapter_model.safetensors") for name in first)
