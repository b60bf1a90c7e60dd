"""A conversation as the row that ms-swift and LLaMA-Factory both read."""

from __future__ import annotations

from pathlib import Path

from audiorole.published.formats.chat.conversation import ChatExample
from audiorole.published.sound import write_sound


def write_sounds(each: ChatExample, folder: Path, written: set[str]) -> None:
    """Write the sounds that are heard in a conversation and are not among `written` yet."""
    for line in each.heard:
        if line.id not in written:
            written.add(line.id)
            write_sound(line, folder)


def chat_row(each: ChatExample) -> dict[str, object]:
    """Return `messages`, and `audios` where something is heard: as many as there are `<audio>` in the messages."""
    said = [
        {"role": message.role, "content": "<audio>" * len(message.lines) * (message.role == "user") + message.text}
        for message in each.messages
    ]
    row: dict[str, object] = {"messages": [{"role": "system", "content": each.system}, *said]}
    if each.heard:
        row["audios"] = [f"audio/{line.split}/{line.name}.{line.suffix}" for line in each.heard]
    return row


def file_stem(each: ChatExample) -> str:
    """Return the name of the file that a conversation belongs in: by split, and apart where nothing is heard."""
    return each.split if each.heard else f"{each.split}-without-audio"
