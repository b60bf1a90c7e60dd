"""Every public function of the package says what it takes and gives: no `Any` in a signature."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import audiorole

ROOT = Path(audiorole.__file__).parent


def signatures(tree: ast.AST, prefix: str = "", public: bool = True) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield every function that a name without a leading underscore reaches, methods included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from signatures(node, f"{prefix}{node.name}.", public and not node.name.startswith("_"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and public:
            if not node.name.startswith("_") or node.name in ("__init__", "__call__"):
                yield prefix + node.name, node
        elif isinstance(node, ast.If | ast.Try):
            yield from signatures(node, prefix, public)


def open_places(function: ast.FunctionDef) -> list[str]:
    """Return the parameters, and `return`, whose annotation names `Any` anywhere."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    places = [(one.arg, one.annotation) for one in every if one] + [("return", function.returns)]
    return [name for name, annotation in places if annotation is not None and _names_any(annotation)]


def _names_any(annotation: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and "Any" in node.value.split())
        for node in ast.walk(annotation)
    )


def found(source: str) -> list[str]:
    tree = ast.parse(source)
    return [f"{name}({', '.join(places)})" for name, node in signatures(tree) if (places := open_places(node))]


def test_no_public_signature_is_open() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    assert {name: places for name, source in files.items() if (places := found(source))} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x: Any) -> int: ...", ["f(x)"]),
        ("def f(x: dict[str, Any]) -> list[typing.Any]: ...", ["f(x, return)"]),
        ("class A:\n    def m(self, *args: Any, **more: Any) -> None: ...", ["A.m(args, more)"]),
        ("class A:\n    def __init__(self, model: Any) -> None: ...", ["A.__init__(model)"]),
        ("async def f(x: 'Any') -> None: ...", ["f(x)"]),
        ("def _f(x: Any) -> Any: ...\nclass _A:\n    def m(self, x: Any) -> None: ...", []),
        ("def f(x: object) -> Company: ...", []),
    ],
)
def test_the_search_finds_what_is_open(source: str, expected: list[str]) -> None:
    assert found(source) == expected
