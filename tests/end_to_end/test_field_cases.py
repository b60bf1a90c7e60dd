"""Folders as people have them: the units always, three of the builds here, all of them by benchmarks/field_cases.py."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from audiorole.models import missing_weights

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "field_cases"
BUILDS = ("10-subs-folder-languages", "15-two-part-files", "48-first-file-wrong-second-right")
"""Half a minute each: a subtitle by language, parts of an episode, a second try."""

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="wants ../shared/data/field_cases"),
]


@pytest.fixture
def field(monkeypatch):
    """Return the benchmark as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("field_cases")


def test_every_unit_case_is_right(field):
    cases = [case for case in field.read_cases(DATA) if case.how != "build"]
    verdicts = {case.name: field.tried(case, DATA) for case in cases}
    assert len(cases) >= 14
    assert [f"{name}: {verdict.got}" for name, verdict in verdicts.items() if not verdict.right] == []


@pytest.mark.models
@pytest.mark.parametrize("name", BUILDS)
def test_a_build_of_the_folder_is_right(field, tmp_path, name):
    if lacking := missing_weights("transcriber", "whisper") or missing_weights("speaker-embedder", "wespeaker"):
        pytest.skip(f"weights are not pulled: {lacking}")
    (case,) = [case for case in field.read_cases(DATA) if case.name == name]
    verdict = field.tried(case, DATA, tmp_path)
    assert verdict.right, verdict.got


def test_the_verdict_is_not_right_whatever_comes_out(field, tmp_path):
    builds = importlib.import_module("field_builds")
    truth = builds.read_control(DATA / field.CONTROL / "in")
    assert len(truth) == 27
    empty = builds.Build(tmp_path, 0, "", "")
    checks = [builds.Named(), *builds.BUILDS.values()]
    assert not any(check.judged(empty, truth).right for check in checks)
