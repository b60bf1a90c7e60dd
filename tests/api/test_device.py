"""The device of a build: one option for all stages, one field for each, and a place in the digest."""

from __future__ import annotations

import pytest

import audiorole.api.options
from audiorole.api.options import build_options, on_device, on_gpu, runner_named
from audiorole.core.recipes import shipped_recipes
from audiorole.dataset.build import make_plan
from audiorole.errors import ConfigError, UserError


@pytest.fixture
def gpu(monkeypatch):
    """Make one GPU."""
    monkeypatch.setattr(audiorole.api.options, "resolved", lambda asked: "cpu" if asked == "cpu" else "cuda")
    monkeypatch.setattr(audiorole.api.options, "gpu_count", lambda: 2)


def devices(tables, tmp_path):
    plan = make_plan(build_options(tmp_path, tmp_path / "out"), tmp_path)
    return {
        stage.name: tables.get(stage.name, {}).get("device", "cpu") for stage in plan.stages if hasattr(stage, "device")
    }


def test_every_stage_with_models_of_sound_runs_where_it_is_said(gpu, tmp_path):
    found = devices(on_device({}, "cuda"), tmp_path)
    assert set(found) == {"listen", "subtitles", "sync", "validate", "embed", "quality"}
    assert set(found.values()) == {"cuda"}
    assert set(devices(on_device({}, "cpu"), tmp_path).values()) == {"cpu"}


def test_a_stage_of_its_own_mind_wins(gpu, tmp_path):
    found = devices(on_device({"embed": {"device": "cpu"}, "listen": {"device": "auto"}}, "cuda"), tmp_path)
    assert (found["embed"], found["listen"], found["quality"]) == ("cpu", "cuda", "cuda")
    found = devices(on_device({"embed": {"device": "auto"}}, "cpu"), tmp_path)
    assert (found["embed"], found["listen"]) == ("cuda", "cpu")


def test_the_option_wins_over_the_recipe_and_the_recipe_over_auto(gpu, tmp_path):
    recipe = {"build": {"device": "cpu", "stages": ["probe"]}}
    assert on_device(recipe)["build"] == {"stages": ["probe"]}
    assert not on_gpu(build_options(tmp_path, tmp_path / "out", device="cpu"))
    assert on_gpu(build_options(tmp_path, tmp_path / "out"))
    assert set(devices(on_device(recipe), tmp_path).values()) == {"cpu"}
    assert set(devices(on_device(recipe, "cuda"), tmp_path).values()) == {"cuda"}


@pytest.mark.parametrize("name", ["gpu", "best"])
def test_recipes_for_the_gpu_go_by_name(gpu, tmp_path, name):
    assert name in shipped_recipes("build")
    options = build_options(tmp_path, tmp_path / "out", recipe=name)
    make_plan(options, tmp_path)
    assert on_gpu(options)
    assert runner_named("local", 4, gpu=on_gpu(options)).gpus == 2
    assert runner_named("local", 4).gpus == 0


def test_the_device_is_part_of_the_digest(gpu, tmp_path):
    from audiorole.pipeline.digest import stage_digest

    plans = [make_plan(build_options(tmp_path, tmp_path / "out", device=x), tmp_path) for x in ("cpu", "cuda")]
    one, other = (stage_digest(plan.named("embed"), {}, lambda kind, reference: "w") for plan in plans)
    assert one != other


def test_a_wrong_device_is_said(tmp_path):
    with pytest.raises(ConfigError, match="no device 'tpu'"):
        build_options(tmp_path, tmp_path / "out", device="tpu")
    with pytest.raises(UserError, match="no device 'tpu'"):
        make_plan(build_options(tmp_path, tmp_path / "out", settings=["embed.device=tpu"]), tmp_path)
