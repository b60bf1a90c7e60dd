"""Voices fitted beside each other are those that are fitted one by one; the first that goes wrong says so."""

from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.training.fit.finite import NotFiniteError
from audiorole.training.talker import together
from audiorole.training.talker.fit import FittedVoice, fit_voice
from audiorole.training.talker.together import FitJob, fit_seconds, fit_together, fits_at_once
from tests.training.talker.tiny import PLAN, said_by, tiny_models, tiny_voice

LINES = {name: said_by(tiny_voice(name, seed, rows=60)) for seed, name in enumerate(("Ada", "Bo", "Cy"), 5)}


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(together, "_models", lambda plan, device, threads: tiny_models())


def from_a_process(found):
    """Return what comes out of a process that made `found`."""
    return pickle.loads(pickle.dumps(found))  # noqa: S301


def jobs(folder: Path, **lines: list) -> list[FitJob]:
    return [FitJob(name, lines.get(name, given), folder / name) for name, given in LINES.items()]


def test_voices_are_those_that_are_fitted_alone(tmp_path: Path, tiny: None) -> None:
    found = {job.name: voice for job, voice in fit_together(jobs(tmp_path), PLAN, "cuda", 1, ThreadPoolExecutor)}
    for name, voice in found.items():
        assert isinstance(voice, FittedVoice)
        alone = fit_voice(name, LINES[name], PLAN, tmp_path / "alone" / name, tiny_models())
        assert voice.path.read_bytes() == alone.path.read_bytes()
        assert from_a_process(voice).report == voice.report
    assert sorted(found) == sorted(LINES)


def test_too_few_lines_of_one_are_told_and_the_others_are_made(tmp_path: Path, tiny: None) -> None:
    given = jobs(tmp_path, Bo=LINES["Bo"][:3])
    found = {job.name: voice for job, voice in fit_together(given, PLAN, "cuda", 2, ThreadPoolExecutor)}
    assert isinstance(found["Bo"], InputError)
    assert "to learn from" in str(from_a_process(found["Bo"]))
    assert all(isinstance(found[name], FittedVoice) for name in ("Ada", "Cy"))


def test_another_fault_is_raised(tmp_path: Path, tiny: None) -> None:
    (tmp_path / "Bo").mkdir()
    (tmp_path / "Bo" / "checkpoint.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="damaged"):
        list(fit_together(jobs(tmp_path), PLAN, "cuda", 1, ThreadPoolExecutor))


def test_a_loss_that_is_no_number_comes_out_of_a_process(tmp_path: Path) -> None:
    error = from_a_process(NotFiniteError("The loss", 3, tmp_path / "checkpoint.safetensors"))
    assert "step 3" in str(error)


def test_more_steps_lines_and_voices_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    least = fit_seconds(PLAN, "cpu", 1)
    assert fit_seconds(PLAN, "cpu", 6) == 6 * least
    assert fit_seconds(dataclasses.replace(PLAN, steps=40, validate_every=40), "cpu", 1) > least
    assert fit_seconds(dataclasses.replace(PLAN, most_read=20), "cpu", 1) > least
    assert fit_seconds(PLAN, "cuda", 6) == fit_seconds(PLAN, "cuda", 1) < least


@pytest.mark.parametrize(
    ("device", "cores", "jobs_", "count"),
    [
        ("cpu", 64, 6, 1),
        ("cuda", 16, 6, 6),
        ("cuda", 4, 6, 2),
        ("cuda", 1, 6, 1),
        ("cuda", 64, 20, 8),
        ("cuda", 16, 1, 1),
    ],
)
def test_a_gpu_gets_as_many_fits_as_the_cores_feed(
    monkeypatch: pytest.MonkeyPatch, device: str, cores: int, jobs_: int, count: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert fits_at_once(device, jobs_) == count
