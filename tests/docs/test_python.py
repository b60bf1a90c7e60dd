"""The Python of the manual: it parses, what it names exists, its calls fit, and the first page of it runs."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

import audiorole
from audiorole.core.extras import EXTRAS
from audiorole.testing.series import SETTINGS, write_series
from tests.docs.manual import GUIDE, ROOT, blocks, pages, table

SNIPPETS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}:{number}")
    for page in pages()
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "python"), start=1)
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_what_a_snippet_names_exists(snippet):
    tree = ast.parse(snippet)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("audiorole"):
            module = imported(node.module or "")
            assert all(hasattr(module, name.name) for name in node.names), ast.unparse(node)
    for call in calls(tree):
        function = getattr(audiorole, call.func.attr)
        given = {word.arg: None for word in call.keywords if word.arg}
        inspect.signature(function).bind(*call.args, **given)


def imported(name: str) -> ModuleType:
    """Return a module of ours; skip where it needs an extra that is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS:
            raise
        pytest.skip(f"needs the extra {EXTRAS[(error.name or '').partition('.')[0]]}")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of the face: `audiorole.build(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "audiorole":
                yield node


def test_every_name_of_the_face_is_on_the_page():
    text = (GUIDE / "from-python.md").read_text(encoding="utf-8")
    functions = {name for name in audiorole.__all__ if name[0].islower() and name != "__version__"}
    assert {name for name in functions if f"audiorole.{name}(" in text} == functions
    for row in table(text, "you want to"):
        for call in row[1].split("`")[1::2]:
            if call.startswith("audiorole."):
                assert hasattr(audiorole, call.removeprefix("audiorole.").partition("(")[0])


def test_the_first_snippet_of_the_page_runs(tmp_path, fake_models, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_series(tmp_path / "episodes")
    build = audiorole.build
    quick = {"settings": SETTINGS, "workers": 1}
    monkeypatch.setattr(audiorole, "build", lambda folder, out, **given: build(folder, out, **{**given, **quick}))
    snippet, *_ = blocks((GUIDE / "from-python.md").read_text(encoding="utf-8"), "python")
    exec(compile(snippet.replace('"Gus"', '"Anna"'), "from-python.md", "exec"), {})
    said = capsys.readouterr().out
    assert "12 lines" in said
    assert "show/s01e01/u00001" in said
