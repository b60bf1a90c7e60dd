"""`import audiorole`: what it names, what it costs, and that each name does its work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import audiorole
from audiorole.testing.series import SETTINGS, write_series

FACE = [
    "AudioroleError", "Build", "Character", "Dialogue", "Exported", "Progress", "Selection", "SpokenReply", "UserError",
    "Utterance", "Voice", "__version__", "build", "compare", "decide", "diff", "evaluate", "explain", "export",
    "export_forms", "load_voice", "name", "open_build", "pack", "plan", "preview_training", "pushing", "rebuild",
    "shipped_recipes", "suggest_cast", "train",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("face")
    write_series(root / "in")
    return root


@pytest.fixture
def built(folder: Path, fake_models: None) -> audiorole.Build:
    result = audiorole.build(folder / "in", folder / "out", settings=SETTINGS, workers=1)
    assert result.exit_code == 0
    return audiorole.open_build(folder / "out")


def test_the_face_is_what_it_says():
    assert sorted(audiorole.__all__) == sorted(FACE)
    assert all(getattr(audiorole, name) is not None for name in FACE)
    assert set(FACE) <= set(dir(audiorole))
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        _ = audiorole.biuld


def test_importing_it_loads_nothing_heavy():
    program = "import sys, audiorole; print(sorted({'numpy', 'av', 'torch', 'pyarrow', 'msgspec'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plan_writes_nothing(folder):
    found = audiorole.plan(folder / "in", folder / "planned", settings=SETTINGS)
    assert found.episodes == 2
    assert not (folder / "planned").exists()


def test_a_build_is_opened_and_looked_at(built):
    lines = list(built.lines())
    assert len(lines) == built.summary.lines == 12
    anna = list(built.lines("Anna"))
    assert {line.character for line in anna} == {"Anna"}
    assert sum(count.lines for count in built.characters) == 12
    waveform = built.audio(anna[0])
    assert waveform.dtype == np.float32
    assert len(waveform) == pytest.approx(anna[0].duration * 16000, abs=2)
    assert built.line(anna[0].id) == anna[0]
    assert "Anna with probability" in built.explain(anna[0])
    assert audiorole.explain(built.folder, anna[0].id) == built.explain(anna[0])
    with pytest.raises(audiorole.UserError, match="no line"):
        built.line("show/s01e01/u99999")


def test_a_decision_changes_the_names_that_follow(built):
    line = next(built.lines("Ben"))
    audiorole.decide(built.folder, "label-line", line.id, "Cora")
    assert audiorole.name(built.folder)[line.id][0] == "Cora"
    audiorole.decide(built.folder, "undo")
    assert audiorole.name(built.folder)[line.id][0] == "Ben"


def test_what_a_folder_holds_is_passed_on(built, tmp_path):
    assert audiorole.export_forms(built.folder) == audiorole.export_forms(built.folder / "dataset")
    done = audiorole.export(built.folder, "rttm", tmp_path / "rttm")
    assert done.report is not None
    assert (done.report.lines, done.report.dropped) == (12, {"repeats_another_split": 2})  # the same recording again
    assert done.number == sum(len(path.read_text().splitlines()) for path in done.folder.glob("**/*.rttm")) == 10
    same = audiorole.export(built.folder / "dataset", "rttm", tmp_path / "again")
    assert same.report == done.report
    with pytest.raises(audiorole.UserError, match="Did you mean 'rttm'"):
        audiorole.export(built.folder, "rtm", tmp_path / "x")
    with pytest.raises(audiorole.UserError, match="nothing to pass on"):
        audiorole.export(tmp_path / "nowhere", "rttm")


def test_a_dataset_speaks_with_its_own_lines(built):
    voice = audiorole.load_voice(built.folder)
    reply = voice.reply("Is it morning already?", voice.characters[0])
    assert reply.text
    assert len(reply.samples) > 0.5 * reply.sample_rate
    with pytest.raises(audiorole.UserError, match="character"):
        voice.reply("Hello?", "Nobody")


def test_a_folder_suggests_its_cast(folder):
    (found,) = audiorole.suggest_cast(folder / "in")
    assert {one.name: one.subtitles for one in found.names} == {"Anna": 4, "Ben": 4, "Cora": 4}
    assert found.toml.count("[[character]]") == 3
