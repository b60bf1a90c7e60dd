"""`audiorole build` as a user meets it: exit codes 0, 1 and 2, one sentence, never a traceback."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys

import pytest

import audiorole.dataset.build
import audiorole.dataset.lines.episode_audio
from audiorole.dataset.stages import STAGES
from audiorole.testing.series import write_series


def test_all_well_is_0_and_says_where_the_report_is(tmp_path, shell):
    write_series(tmp_path / "in")
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    assert f"12 lines in the dataset ({2 * len(STAGES)} stage runs, 0 from before)." in shell.said
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in shell.said
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    assert f"(0 stage runs, {2 * len(STAGES)} from before)" in shell.said


def test_the_report_is_the_same_every_time(tmp_path, shell):
    write_series(tmp_path / "in")
    pages = []
    for name in ("one", "two", "two"):
        shell.build(tmp_path / "in", tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_bytes())
    assert pages[0] == pages[1] == pages[2]


def test_a_quarantined_episode_is_1_and_named(tmp_path, shell):
    write_series(tmp_path / "in")
    (tmp_path / "in" / "Show.S01E03.mkv").write_bytes(b"no film")
    assert shell.build(tmp_path / "in", tmp_path / "out") == 1
    (line,) = (line for line in shell.said.splitlines() if line.startswith("quarantined"))
    assert line.startswith("quarantined show/s01e03 at probe: ")
    assert "Show.S01E03.mkv: not a readable media file" in line
    assert "12 lines in the dataset" in shell.said


def test_what_is_skipped_is_named_and_no_failure(tmp_path, shell):
    write_series(tmp_path / "in")
    (tmp_path / "in" / "Show.S01E03.mkv").symlink_to(tmp_path / "gone.mkv")
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0
    assert "skipped Show.S01E03.mkv: a link to nothing" in shell.said


def test_a_dry_run_writes_nothing(tmp_path, shell):
    write_series(tmp_path / "in")
    assert shell.build(tmp_path / "in", tmp_path / "out", "--dry-run") == 0
    assert shell.said.startswith("2 episodes")
    assert "nothing was written" in shell.said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "segmnt.longest=3"), "Did you mean 'segment'?"),
        (("--set", "segment.longest"), "is not of the form stage.field=value"),
        (("--set", "embed.embedder=wespeeker"), "Did you mean 'wespeaker'?"),
        (("--set", "publish.codec=flak"), "Did you mean 'flac'?"),
        (("--recipe", "nowhere.toml"), "nowhere.toml: cannot be read"),
        (("--runner", "rai"), "Did you mean 'ray'?"),
        (("--workers", "0"), "0 is not in the range x>=1"),
        (("--workers", "many"), "'many' is not a valid integer"),
        (("--label-precision", "95"), "is not in the range"),
        (("--owt", "x"), "No such option"),
    ],
)
def test_a_mistake_is_2_and_one_sentence(tmp_path, shell, words, sentence):
    write_series(tmp_path / "in", 1)
    assert shell.build(tmp_path / "in", tmp_path / "out", *words) == 2
    assert sentence in shell.complained
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_there_are_3_before_any_work(tmp_path, shell, monkeypatch):
    write_series(tmp_path / "in", 1)
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AUDIOROLE_MODELS_DIR", raising=False)
    assert shell.build(tmp_path / "in", tmp_path / "out", "--set", "embed.embedder=wespeaker-fp32") == 3
    assert "audiorole models pull" in shell.complained
    assert len(shell.complained.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("folder", "sentence"), [("empty", "no media files in this folder"), ("gone", "no such file or folder")]
)
def test_nothing_to_build_is_2(tmp_path, shell, folder, sentence):
    (tmp_path / "empty").mkdir()
    assert shell.build(tmp_path / folder, tmp_path / "out") == 2
    assert shell.complained.startswith(f"audiorole: {tmp_path / folder}: {sentence}")
    assert len(shell.complained.splitlines()) == 1


def test_an_out_that_cannot_be_written_is_2(tmp_path, shell):
    write_series(tmp_path / "in", 1)
    (tmp_path / "file").write_text("")
    assert shell.build(tmp_path / "in", tmp_path / "file") == 2
    assert "cannot be written to (File exists); choose another --out" in shell.complained


def test_a_second_build_in_one_folder_is_2(tmp_path, shell):
    write_series(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert shell.build(tmp_path / "in", tmp_path / "out") == 2
    assert "Another build is running in" in shell.complained


def test_a_full_disk_is_2_in_a_worker_and_in_the_end(tmp_path, shell, monkeypatch):
    write_series(tmp_path / "in", 1)
    for module, name in (
        (audiorole.dataset.lines.episode_audio, "decode_to_pcm"),
        (audiorole.dataset.build, "assemble"),
    ):
        with monkeypatch.context() as full:
            full.setattr(module, name, _full)
            assert shell.build(tmp_path / "in", tmp_path / "out") == 2
        assert "full" in shell.complained or "No space left on device" in shell.complained
    assert shell.build(tmp_path / "in", tmp_path / "out") == 0


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "some/file")


def test_ctrl_c_is_130_and_says_that_nothing_is_lost(tmp_path, shell, monkeypatch):
    write_series(tmp_path / "in", 1)
    with monkeypatch.context() as stopped:
        stopped.setattr(audiorole.dataset.build, "assemble", _stop)
        assert shell.build(tmp_path / "in", tmp_path / "out") == 130
    assert "What was finished is kept" in shell.complained
    shell.build(tmp_path / "in", tmp_path / "out")
    assert f"(0 stage runs, {len(STAGES)} from before)" in shell.said


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_help_loads_nothing_heavy_and_names_the_commands():
    program = (
        "import sys, audiorole.cli.main as m; sys.argv = ['audiorole', '--help']\n"
        "try: m.main()\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'numpy', 'av', 'onnxruntime', 'torch', 'pyarrow', 'ray', 'scipy'} & set(sys.modules)\n"
        "print(code, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "build" in done.stdout


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "audiorole", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("audiorole, version")
