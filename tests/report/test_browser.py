"""The page in a real browser: its scripts run, and the console stays silent."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --enable-logging=stderr --v=0 --virtual-time-budget=2000 --dump-dom"
)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_scripts_run_without_a_console_message(built, tmp_path):
    page = (built / "report.html").as_uri()
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS.split(), f"--user-data-dir={tmp_path}", page],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert len(re.findall(r'class="ln ', done.stdout)) > 3
    assert len(re.findall(r'class="group" data-who="[^"]*" hidden', done.stdout)) == 6
