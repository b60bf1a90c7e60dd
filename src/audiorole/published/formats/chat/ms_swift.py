"""ms-swift: conversations as JSON lines, `<audio>` for each sound that is heard; audio files beside them.

Rows without a sound have files of their own, as ms-swift wants. Paths are relative to the folder: start it there.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.formats.chat.conversation import conversations
from audiorole.published.formats.chat.rows import chat_row, file_stem, write_sounds


def write(export: Export, folder: Path) -> None:
    """Write `<split>.jsonl` and, for answers that nothing was heard before, `<split>-without-audio.jsonl`."""
    written: set[str] = set()
    for each in conversations(export):
        write_sounds(each, folder, written)
        with (folder / f"{file_stem(each)}.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(chat_row(each), ensure_ascii=False) + "\n")
