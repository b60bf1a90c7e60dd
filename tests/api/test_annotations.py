"""Label Studio, there and back: what annotators change becomes decisions that the next build follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiorole.api.annotations import take_annotations
from audiorole.dataset.names.decision_file import read_log
from audiorole.errors import InputError
from audiorole.published.exporting import export_lines
from audiorole.published.formats.annotation.label_studio import NOBODY, REGION, WRONG
from audiorole.published.lines import published_lines
from audiorole.testing.series import tiny_build, write_series


@pytest.fixture
def out(tmp_path: Path, fake_models) -> Path:
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    return tmp_path / "out"


def exported(out: Path) -> list[dict]:
    export_lines(out, "label-studio", out.parent / "ls")
    return json.loads((out.parent / "ls" / "tasks.json").read_text(encoding="utf-8"))


def annotated(task: dict, result: list[dict], who: object = 7, at: str = "2026-01-02T03:04:05.678Z", **more) -> dict:
    """Return the task as Label Studio exports it."""
    annotation = {"id": 1, "completed_by": who, "created_at": at, "result": result, "lead_time": 3.2, **more}
    return {"id": 5, "data": task["data"], "annotations": [annotation], "predictions": [], "file_upload": "tasks.json"}


def chosen(name: str) -> dict:
    return {"id": "a", "from_name": "character", "to_name": "audio", "type": "choices", "origin": "manual",
            "value": {"choices": [name]}}  # fmt: skip


def typed(text: str) -> dict:
    return {"from_name": "text", "to_name": "audio", "type": "textarea", "value": {"text": [text]}}


def marked(start: float, end: float) -> dict:
    value = {"start": start, "end": end, "channel": 0, "labels": [REGION]}
    return {"from_name": "span", "to_name": "audio", "type": "labels", "value": value}


def write(out: Path, tasks: list[dict]) -> Path:
    path = out.parent / "annotations.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_an_annotation_that_repeats_the_prediction_changes_nothing(out):
    tasks = exported(out)
    path = write(out, [annotated(task, task["predictions"][0]["result"]) for task in tasks])
    taken = take_annotations(out, path)
    assert (taken.annotations, taken.unchanged, taken.decisions) == (len(tasks), len(tasks), 0)
    assert not (out / "decisions.jsonl").exists()


def test_changes_come_back_with_the_next_build_and_touch_no_other_line(out):
    before = {line.id: line.values for line in published_lines(out)}
    tasks = exported(out)
    who, text, bounds, gone = (task for task in tasks[:4])
    start = bounds["data"]["start"]
    other = next(name for name in ("Anna", "Ben", "Cora") if name != who["data"]["character"])
    path = write(
        out,
        [
            annotated(who, [chosen(other)]),
            annotated(text, [typed("Something else was said.")], {"id": 3, "email": "b@example.org"}),
            annotated(bounds, [marked(0.1, bounds["data"]["end"] - start)]),
            annotated(gone, [{"from_name": "line", "value": {"choices": [WRONG]}}]),
        ],
    )
    taken = take_annotations(out, path)
    assert (taken.taken, taken.decisions, taken.left_out) == (4, 4, {})
    assert {one.who for one in read_log(out)} == {"label-studio-7", "b@example.org"}
    tiny_build(out.parent / "in", out)
    after = {line.id: line.values for line in published_lines(out)}
    assert after[who["data"]["line"]]["character"] == other
    assert after[text["data"]["line"]]["text"] == "Something else was said."
    assert after[bounds["data"]["line"]]["start"] == pytest.approx(start + 0.1)
    assert gone["data"]["line"] not in after
    touched = {task["data"]["line"] for task in (who, text, bounds, gone)}
    spoken = ("text", "start", "end", "episode")
    for name in set(after) - touched:
        assert [after[name][column] for column in spoken] == [before[name][column] for column in spoken]


def test_a_file_that_is_taken_twice_counts_once(out):
    path = write(out, [annotated(exported(out)[0], [typed("Other words.")])])
    assert take_annotations(out, path).decisions == 1
    log = (out / "decisions.jsonl").read_bytes()
    assert take_annotations(out, path).decisions == 0
    assert (out / "decisions.jsonl").read_bytes() == log


def test_two_annotators_who_differ_are_a_conflict_that_is_said(out):
    task = exported(out)[0]
    one = annotated(task, [chosen("Ben")], 1, "2026-01-02T00:00:00Z")
    one["annotations"] += annotated(task, [chosen("Cora")], 2, "2026-01-03T00:00:00Z")["annotations"]
    taken = take_annotations(out, write(out, [one]))
    assert taken.decisions == len({"Ben", "Cora"} - {task["data"]["character"]})
    if taken.decisions == 2:
        assert len(taken.conflicts) == 1


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        ([chosen(NOBODY)], 1),
        ([], 0),
        ([typed("   ")], 0),
        ([marked(0.5, 0.2)], 0),
        ([{"from_name": "somebody else's control", "value": {"rating": 4}}], 0),
    ],
    ids=["someone else", "empty", "blanks", "backwards", "unknown control"],
)
def test_odd_annotations_do_what_they_say_or_nothing(result, kept, out):
    task = next(task for task in exported(out) if task["data"]["character"])
    assert take_annotations(out, write(out, [annotated(task, result)])).decisions == kept


def test_cancelled_and_foreign_lines_are_counted(out):
    task = exported(out)[0]
    foreign = {"data": {**task["data"], "line": "show/s09e09/u00001"}}
    tasks = [annotated(task, [typed("x")], was_cancelled=True), annotated(foreign, [typed("Other words.")])]
    taken = take_annotations(out, write(out, tasks))
    assert (taken.annotations, taken.decisions, sum(taken.left_out.values())) == (1, 0, 1)


@pytest.mark.parametrize("content", ["", "{", "[]]", '{"a": 1}', '[{"data": {}}]', '[{"data": {"line": 3}}]', "\x00"])
def test_another_file_is_one_sentence(content, out):
    (out.parent / "x.json").write_text(content)
    with pytest.raises(InputError, match="is not an export of Label Studio"):
        take_annotations(out, out.parent / "x.json")
    with pytest.raises(InputError):
        take_annotations(out, out.parent / "nowhere.json")
