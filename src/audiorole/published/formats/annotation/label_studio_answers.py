"""What annotators answered in Label Studio, out of its JSON export: only what differs from what the task said.

[{"data": {"line": "show/s01e02/u00042", "text": …, "character": …, "start": …, "end": …},
  "annotations": [{"completed_by": …, "created_at": …, "result": [{"from_name": "character", …}, …]}]}]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from audiorole.core.disk import read_regular
from audiorole.errors import InputError
from audiorole.published.formats.annotation.label_studio import NOBODY, REGION, REMOVE, SPAN, TEXT, WHO, WRONG

MOST_BYTES = 1 << 30


class _Value(msgspec.Struct):
    choices: list[str] = []
    text: list[str] | str = []
    labels: list[str] = []
    start: float | None = None
    end: float | None = None


class _Result(msgspec.Struct):
    from_name: str
    value: _Value


class _Person(msgspec.Struct):
    id: int | str = ""
    email: str = ""


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    completed_by: int | str | _Person | None = None
    created_at: str = ""
    updated_at: str = ""
    was_cancelled: bool = False


class _Data(msgspec.Struct):
    line: str
    text: str = ""
    character: str = ""
    start: float = 0.0
    end: float = 0.0


class _Task(msgspec.Struct):
    data: _Data
    annotations: list[_Annotation] = []


@dataclass(frozen=True)
class AnnotatedLine:
    """One annotation of one line. what is None was not changed.

    who: the annotator; at: when, ISO 8601 in UTC, "" where the file does not say; text: as the task showed it;
    character: "" for someone outside the cast; span: seconds of the episode; removed: it is not a line.
    """

    line: str
    who: str
    at: str
    text: str
    character: str | None = None
    corrected: str | None = None
    span: tuple[float, float] | None = None
    removed: bool = False

    @property
    def changes(self) -> bool:
        """Whether it says anything that the task did not."""
        return self.removed or any(value is not None for value in (self.character, self.corrected, self.span))


def read_annotations(path: Path) -> Iterator[AnnotatedLine]:
    """Yield the annotations of an export (“JSON”), task after task. Raises InputError for anything else.

    Cancelled ones are skipped; drafts and predictions are not read.
    """
    try:
        tasks = msgspec.json.decode(read_regular(path, MOST_BYTES), type=list[_Task])
    except msgspec.DecodeError as error:
        form = "an export of Label Studio in the form “JSON” of tasks that audiorole wrote"
        raise InputError(str(path), f"is not {form} ({error})") from error
    for task in tasks:
        for annotation in task.annotations:
            if not annotation.was_cancelled:
                yield _annotated(task.data, annotation)


def _annotated(data: _Data, annotation: _Annotation) -> AnnotatedLine:
    found = {result.from_name: result.value for result in annotation.result}
    return AnnotatedLine(
        data.line,
        _who(annotation.completed_by),
        _moment(annotation.updated_at or annotation.created_at),
        data.text,
        _changed(_character(found.get(WHO)), data.character),
        _changed(_text(found.get(TEXT)), " ".join(data.text.split())),
        _span(found.get(SPAN), data),
        WRONG in (found[REMOVE].choices if REMOVE in found else ()),
    )


def _character(value: _Value | None) -> str | None:
    if value is None or not value.choices:
        return None
    return "" if value.choices[0] == NOBODY else value.choices[0]


def _text(value: _Value | None) -> str | None:
    if value is None or not value.text:
        return None
    text = value.text if isinstance(value.text, str) else " ".join(value.text)
    return " ".join(text.split()) or None


def _changed(now: str | None, before: str) -> str | None:
    return now if now != before else None


def _span(value: _Value | None, data: _Data) -> tuple[float, float] | None:
    """Return the region that was marked in the line's sound, on the episode's clock."""
    if value is None or REGION not in value.labels or value.start is None or value.end is None:
        return None
    span = round(data.start + value.start, 3), round(min(data.start + value.end, data.end), 3)
    return span if span[0] < span[1] and span != (data.start, data.end) else None


def _who(person: int | str | _Person | None) -> str:
    if isinstance(person, _Person):
        return person.email or _who(person.id)
    return f"label-studio-{person}" if isinstance(person, int) else person or ""


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
