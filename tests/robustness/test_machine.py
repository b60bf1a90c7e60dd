"""What the machine refuses is a sentence that names the file, on whatever way it comes to the command line."""

from __future__ import annotations

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import audiorole.cli.main as command
from audiorole.core.disk import write_atomic


@pytest.mark.parametrize("name", ["write", "fsync"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT])
def test_a_write_that_fails_names_its_file_and_leaves_nothing(tmp_path, monkeypatch, name, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    (tmp_path / "a.json").write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, name, refuse)
        with pytest.raises(OSError, match=re.escape(os.strerror(number))) as told:
            write_atomic(tmp_path / "a.json", b"new")
    assert told.value.filename == str(tmp_path / "a.json")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("filename", [None, "some/file"])
def test_an_error_of_the_machine_is_a_sentence(monkeypatch, capsys, filename):
    def broken(standalone_mode):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), filename)

    monkeypatch.setattr(command.cli, "main", broken)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"audiorole: {filename or 'a file'}")
    assert said.endswith("No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_an_answer_that_goes_to_a_full_disk_is_a_sentence():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "audiorole", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


def test_files_that_may_not_grow_are_a_sentence(built):
    done = subprocess.run(
        [sys.executable, "-m", "audiorole", "report", str(built / "out")],
        capture_output=True, text=True, timeout=60, preexec_fn=_small_files,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"audiorole: {built / 'out' / 'report.html'}: File too large\n"
