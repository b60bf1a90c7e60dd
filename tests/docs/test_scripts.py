"""No other test runs every benchmark and tool whole: what they import from each other and from us exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.docs.manual import ROOT

SCRIPTS = sorted(path for folder in ("benchmarks", "tools") for path in (ROOT / folder).rglob("*.py"))
OURS = ("audiorole", "benchmarks", "tools", "tests")


def module_file(module: str, beside: Path) -> Path | None:
    """Return the file of one of our modules, or None for somebody else's."""
    top = module.partition(".")[0]
    if top not in OURS:
        return sibling if (sibling := beside / f"{module}.py").exists() else None
    path = (ROOT / "src" if top == "audiorole" else ROOT) / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def defined(path: Path) -> set[str]:
    """Return the names that a module defines or imports, and the modules of a package."""
    if not path.exists():
        return {one.stem for one in path.parent.iterdir()}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {one.stem for one in path.parent.iterdir()} if path.name == "__init__.py" else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
    return names


def broken(path: Path) -> list[str]:
    """Return the imports of a script that lead nowhere."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and (file := module_file(node.module, path.parent)):
            known = defined(file) if file.exists() or file.name == "__init__.py" else set()
            lazy = {"audiorole"} if "__getattr__" in known else set()
            found += [f"{node.module}.{one.name}" for one in node.names if one.name not in known and not lazy]
        elif isinstance(node, ast.Import):
            names = {one.name for one in node.names} & {script.stem for script in SCRIPTS}
            found += [name for name in names if not (path.parent / f"{name}.py").exists()]
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_import_of_a_script_exists(path):
    assert not broken(path)


def test_an_import_that_leads_nowhere_is_found_out(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from benchmarks.truth import TrueLine, no\nfrom benchmarks.gone import it\nimport truth\n")
    assert broken(script) == ["benchmarks.truth.no", "benchmarks.gone.it", "truth"]
