import pytest

from audiorole.core.config import configure, read_recipe
from audiorole.core.recipes import shipped_recipes
from audiorole.training.backend import DEFAULT, TRAINERS, read_table
from audiorole.training.decoder.fit import DecoderPlan
from audiorole.training.fit.plan import FitPlan
from audiorole.training.glm.run import read_options
from audiorole.training.talker.plan import VoicePlan
from audiorole.training.thinker.options import TalkerOptions

RECIPES = list(shipped_recipes("train").values())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_training_recipe_is_read(recipe):
    tables = read_recipe(recipe)
    name = tables["train"].pop("base", DEFAULT)
    assert set(tables) <= set(TRAINERS.load(name)().tables)
    method = configure(FitPlan, tables["fit"], "fit").method
    if name == "talker":
        assert configure(VoicePlan, tables.get("voice", {}), "voice").steps >= 1
        assert read_table(tables["train"], TalkerOptions).held_out == "validation"
        return
    assert method == recipe.stem.removeprefix("train-")
    assert configure(DecoderPlan, tables.get("decoder", {}), "decoder").steps >= 1
    assert read_options(tables["train"]).decoder is not None


def test_there_is_a_recipe_for_each_method_and_base():
    assert [path.stem for path in RECIPES] == ["train-full", "train-lora", "train-qlora", "train-speak", "train-talker"]
