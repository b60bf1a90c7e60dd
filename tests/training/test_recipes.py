from pathlib import Path

import pytest

from audiorole.core.config import configure, read_recipe
from audiorole.training.backend import read_table
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.run import read_options
from audiorole.training.small.codec.config import CodecPlan
from audiorole.training.small.run import SmallOptions

FOLDER = Path(__file__).parents[2] / "recipes"
RECIPES = sorted(path for path in FOLDER.glob("train-*.toml") if path.stem != "train-small")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_training_recipe_is_read(recipe):
    tables = read_recipe(recipe)
    assert configure(FitPlan, tables["fit"], "fit").method == recipe.stem.removeprefix("train-")
    assert set(tables) <= {"train", "fit", "decoder"}
    assert configure(DecoderPlan, tables.get("decoder", {}), "decoder").steps >= 1
    assert read_options(tables["train"]).decoder is not None


def test_the_small_base_has_a_recipe():
    tables = read_recipe(FOLDER / "train-small.toml")
    assert set(tables) == {"train", "codec", "fit"}
    assert tables["train"].pop("backend") == "small"
    assert read_table(tables["train"], SmallOptions).held_out == "validation"
    assert configure(FitPlan, tables["fit"], "fit").method == "lora"
    assert configure(CodecPlan, tables["codec"], "codec").steps > 1


def test_there_is_a_recipe_for_each_method():
    assert [path.stem for path in RECIPES] == ["train-full", "train-lora", "train-qlora"]
