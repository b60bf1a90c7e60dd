"""Label Studio: one task a line, with its sound, its text and who speaks; `audiorole decide OUT label-studio FILE`
takes an export of the annotations back.

    tasks.json          import it into a project
    labelling.xml       the project's labelling interface
    audio/<split>/…     what the tasks play: serve the folder as local storage, its root in `LOCAL_FILES_DOCUMENT_ROOT`

What the dataset says stands there as a prediction; an annotation that changes nothing changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from audiorole.published.exporting import Export
from audiorole.published.lines import PublishedLine
from audiorole.published.sound import write_sound

NOBODY = "(someone else)"
"""The choice for a voice outside the cast."""

WHO, TEXT, SPAN, REMOVE = "character", "text", "span", "line"
"""The controls of the interface, by name."""

WRONG, REGION = "not a line", "the line"


def write(export: Export, folder: Path) -> None:
    """Write the tasks, the interface and the sounds."""
    names: dict[str, set[str]] = {}
    first = True
    with (folder / "tasks.json").open("w", encoding="utf-8", newline="\n") as handle:
        for line in export:
            names.setdefault(line.values["series"], set()).add(line.values["character"])
            task = json.dumps(_task(line, write_sound(line, folder)), ensure_ascii=False)
            handle.write(("[\n" if first else ",\n") + task)
            first = False
        handle.write("[]\n" if first else "\n]\n")
    known = sorted({name for own in names.values() for name in own if name})
    (folder / "labelling.xml").write_text(_interface(known), encoding="utf-8", newline="\n")


def _task(line: PublishedLine, audio: str) -> dict[str, object]:
    values = line.values
    data = {
        "audio": f"/data/local-files/?d={quote(audio)}",
        "line": line.id,
        "text": values["text"],
        "character": values["character"],
        "start": values["start"],
        "end": values["end"],
    }
    return {"data": data, "predictions": [{"model_version": "audiorole", "result": _result(line)}]}


def _result(line: PublishedLine) -> list[dict[str, object]]:
    """Return what the dataset says in the words of an annotation."""
    who = {"choices": [line.values["character"] or NOBODY]}
    said = {"text": [line.values["text"]]}
    return [
        {"from_name": WHO, "to_name": "audio", "type": "choices", "value": who},
        {"from_name": TEXT, "to_name": "audio", "type": "textarea", "value": said},
    ]


def _interface(names: list[str]) -> str:
    choices = "\n".join(f"    <Choice value={quoteattr(name)}/>" for name in [*names, NOBODY])
    return f"""<View>
  <Audio name="audio" value="$audio"/>
  <Header value="$line"/>
  <Choices name="{WHO}" toName="audio" choice="single" required="true">
{choices}
  </Choices>
  <TextArea name="{TEXT}" toName="audio" value="$text" editable="true" maxSubmissions="1" rows="2"/>
  <Labels name="{SPAN}" toName="audio">
    <Label value="{REGION}"/>
  </Labels>
  <Choices name="{REMOVE}" toName="audio" choice="single">
    <Choice value="{WRONG}"/>
  </Choices>
</View>
"""
