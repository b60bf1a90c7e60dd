"""LLaMA-Factory: conversations as ShareGPT lists, `dataset_info.json` beside them; audio files in `audio`.

Set `dataset_dir` and `media_dir` to the folder. Rows without a sound are lists of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.published.exporting import Export
from audiorole.published.formats.chat.conversation import conversations
from audiorole.published.formats.chat.rows import chat_row, file_stem, write_sounds

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def write(export: Export, folder: Path) -> None:
    """Write `<split>.json`, `<split>-without-audio.json` and `dataset_info.json`."""
    lists: dict[str, bool] = {}
    written: set[str] = set()
    for each in conversations(export):
        write_sounds(each, folder, written)
        name = file_stem(each)
        with (folder / f"{name}.json").open("a", encoding="utf-8") as handle:
            handle.write((",\n" if name in lists else "[\n") + json.dumps(chat_row(each), ensure_ascii=False))
        lists[name] = bool(each.heard)
    for name in lists:
        with (folder / f"{name}.json").open("a", encoding="utf-8") as handle:
            handle.write("\n]\n")
    info = {f"audiorole_{name.replace('-', '_')}": _info(name, lists[name]) for name in sorted(lists)}
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


def _info(name: str, heard: bool) -> dict[str, object]:
    columns = {"messages": "messages", "audios": "audios"} if heard else {"messages": "messages"}
    return {"file_name": f"{name}.json", "formatting": "sharegpt", "columns": columns, "tags": TAGS}
