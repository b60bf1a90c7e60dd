"""The bundled series, "Lost Property": three short episodes with subtitles, a script, and the truth about them.

A wheel carries them inside the package; in a checkout they lie in `examples/`.
"""

from __future__ import annotations

import filecmp
from pathlib import Path

from audiorole.errors import ConfigError, InputError
from audiorole.pipeline.store import write_atomic

INSIDE = Path(__file__).parent / "examples"
CHECKOUT = Path(__file__).parents[2] / "examples"


def sample_home() -> Path:
    """Return the folder that holds `series/`, `truth/` and `LICENSE`. Raises ConfigError where they were left out."""
    for folder in (INSIDE, CHECKOUT):
        if (folder / "series").is_dir():
            return folder
    raise ConfigError("This installation was made without the sample series; install the wheel of audiorole anew.")


def known_speech() -> tuple[Path, Path]:
    """Return (truth file, media folder) of the first episode. Raises ConfigError as `sample_home` does."""
    home = sample_home()
    return min((home / "truth").glob("*.json")), next(path for path in (home / "series").iterdir() if path.is_dir())


def write_sample(folder: Path) -> tuple[Path, ...]:
    """Write the series and its licence into `folder`, and return their paths; files that are there already stay.

    Raises InputError where another file stands in the way: nothing is written then, and nothing is overwritten.
    """
    home = sample_home()
    copies = [(source, folder / source.relative_to(home / "series")) for source in _files(home / "series")]
    shows = sorted({target.relative_to(folder).parts[0] for _, target in copies})
    copies += [(home / "LICENSE", folder / show / "LICENSE") for show in shows]
    for source, target in copies:
        if target.exists() and not (target.is_file() and filecmp.cmp(source, target, shallow=False)):
            raise InputError(str(target), "is there already and is not the sample's; name an empty folder")
    for source, target in copies:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, source.read_bytes())
    return tuple(target for _, target in copies)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
