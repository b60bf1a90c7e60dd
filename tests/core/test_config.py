"""Recipes and settings."""

from __future__ import annotations

import pytest

from audiorole.core.config import configure, read_recipe, with_settings
from audiorole.errors import ConfigError, InputError, UnknownNameError
from tests.pipeline.toy import Count


def test_settings_win_over_the_recipe(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text("[count]\nscale = 2\n")
    tables = with_settings(read_recipe(recipe), ["count.scale=5", "other.name=abc", "other.list=[1, 2]"])
    assert tables == {"count": {"scale": 5}, "other": {"name": "abc", "list": [1, 2]}}
    assert configure(Count, tables["count"], "count").scale == 5


def test_unknown_field_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'scale'"):
        configure(Count, {"scael": 1}, "count")


def test_wrong_type_is_a_config_error():
    with pytest.raises(ConfigError, match=r"count\.scale = 'many': expected `int`, got `str`\.$"):
        configure(Count, {"scale": "many"}, "count")


@pytest.mark.parametrize("text", ["[count\n", "scale = 1\n"])
def test_bad_recipe_names_the_file(tmp_path, text):
    recipe = tmp_path / "r.toml"
    recipe.write_text(text)
    with pytest.raises(InputError, match=r"r\.toml"):
        read_recipe(recipe)


def test_setting_without_a_field_is_refused():
    with pytest.raises(ConfigError, match=r"stage\.field=value"):
        with_settings({}, ["count=3"])


def test_resolved_recipe_holds_every_default():
    from audiorole.dataset.stages.words.segment import Segment
    from audiorole.pipeline.digest import configuration

    stage = configure(Segment, {"placement": {"floor": 0.3}}, "segment")
    found = configuration(stage)
    assert found["placement"]["floor"] == 0.3
    assert found["placement"]["reach"] == Segment().placement.reach
    assert found["longest"] == Segment().longest
