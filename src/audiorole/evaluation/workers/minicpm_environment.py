"""Make the environment that MiniCPM-o-2.6 runs in: `python -m audiorole.evaluation.workers.minicpm_environment`.

Its remote code works with transformers 4.44.2 only (the model card's pin), which audiorole cannot share.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = (
    "torch==2.3.1",
    "torchaudio==2.3.1",
    "torchvision==0.18.1",
    "transformers==4.44.2",
    "accelerate",
    "librosa==0.9.0",
    "soundfile==0.12.1",
    "numpy<2",
    "pillow==10.1.0",
    "vector-quantize-pytorch==1.18.5",
    "vocos==0.1.0",
    "decord",
    "moviepy",
    "sentencepiece",
)
"""The pins of the model card of openbmb/MiniCPM-o-2_6 (read 2025-01), the audio and text part of them."""


def default_folder() -> Path:
    """Return where the environment is made: beside the models, under AUDIOROLE_HOME or the user's cache."""
    home = os.environ.get("AUDIOROLE_HOME")
    base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "audiorole"
    return base / "environments" / "minicpm-o-2.6"


def python_of(folder: Path) -> Path:
    """Return the interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def commands(folder: Path) -> list[list[str]]:
    """Return the commands that fill the environment."""
    python = str(python_of(folder))
    return [[python, "-m", "pip", "install", "--upgrade", "pip"], [python, "-m", "pip", "install", *PACKAGES]]


def main() -> int:
    """Make the environment; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--dry-run", action="store_true", help="only print the commands")
    arguments = parser.parse_args()
    if arguments.dry_run:
        sys.stdout.write("\n".join(" ".join(command) for command in commands(arguments.folder)) + "\n")
        return 0
    venv.create(arguments.folder, with_pip=True)
    codes = (subprocess.run(command, check=False).returncode for command in commands(arguments.folder))
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    raise SystemExit(main())
