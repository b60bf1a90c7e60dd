"""`audiorole doctor`: known speech comes with the package, OpenVINO's absence is said, an empty store is no failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from audiorole.cli import doctor
from audiorole.models.checkup import Measurement, read_known
from audiorole.sample import known_speech


def test_known_speech_is_cut_at_a_line_end() -> None:
    speech = read_known(*known_speech(), seconds=doctor.SECONDS)
    assert len(speech.waveform) == doctor.SECONDS * 16000
    assert len(speech.lines) >= 12
    assert max(line.end for line in speech.lines) < doctor.SECONDS
    assert len({line.character for line in speech.lines}) >= 3


def test_without_a_weight_it_says_what_to_fetch_once_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(doctor.command, [])
    assert done.exit_code == 0, done.output
    assert "lines in 60 s of known speech" in done.output
    assert done.output.count("whisper                skipped") == 1
    assert "audiorole models pull" in done.output


def test_openvino_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "substitutes", lambda wanted: f"Without OpenVINO: {len(wanted)} models.")
    monkeypatch.setattr(doctor, "_checks", lambda speech, language: [])
    assert "Without OpenVINO: 4 models." in CliRunner().invoke(doctor.command, []).output


def test_a_model_that_does_not_work_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = (Measurement("m", "what", "1", good=value, speed=1.0) for value in (False, True))
    monkeypatch.setattr(doctor, "_checks", lambda speech, language: [("m", lambda: bad), ("n", lambda: good)])
    done = CliRunner().invoke(doctor.command, [])
    assert done.exit_code == 1
    assert "LOOK" in done.output
    assert "ok" in done.output.splitlines()[-1]
