"""A folder of replies: `<item id>[.<seed>].<wav|flac|ogg|mp3>`, with the text in a `.txt` beside it if there is one."""

from __future__ import annotations

from pathlib import Path

from audiorole.errors import ConfigError
from audiorole.evaluation.systems.base import NoReplyError, Prompt, Reply
from audiorole.evaluation.systems.sound import read_audio

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


class FolderSystem:
    """Replies made elsewhere. `show/s01e02/u00042.1.wav` is seed 1's; without a number the file serves every seed.

    Slashes of the id are folders; a flat folder may write them as `__`.
    """

    sample_rate = 0

    def __init__(self, location: str | None = None) -> None:
        if not location or not Path(location).is_dir():
            raise ConfigError(f"System 'folder' wants a folder of replies: folder@replies/. {location!r} is none.")
        self.folder = Path(location)

    def respond(self, prompt: Prompt) -> Reply:
        """Return the reply's file. Raises NoReplyError where there is none."""
        path = self._find(prompt)
        audio, rate = read_audio(path)
        text = path.with_suffix(".txt")
        return Reply(audio, rate, text.read_text(encoding="utf-8").strip() if text.is_file() else None)

    def close(self) -> None:
        """Nothing is held."""

    def _find(self, prompt: Prompt) -> Path:
        stems = [
            stem for name in (prompt.item, prompt.item.replace("/", "__")) for stem in (f"{name}.{prompt.seed}", name)
        ]
        for stem in stems:
            for suffix in SUFFIXES:
                if (path := self.folder / f"{stem}{suffix}").is_file():
                    return path
        raise NoReplyError(f"no file {prompt.item}.{prompt.seed}.wav or {prompt.item}.wav in {self.folder}")
