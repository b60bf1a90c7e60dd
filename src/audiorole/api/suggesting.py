"""Before a build: the cast that a folder suggests."""

from __future__ import annotations

from pathlib import Path

from audiorole.dataset.input.suggest import SeriesSuggestion, suggest


def suggest_cast(folder: str | Path) -> list[SeriesSuggestion]:
    """Return, for each series in `folder`, the names in its subtitles and scripts, how often, and a `cast.toml`.

    Nothing is written. Raises InputError where the folder holds no episodes.
    """
    return suggest(Path(folder))
