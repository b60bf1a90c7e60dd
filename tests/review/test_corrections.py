"""Corrections end to end: decided and built, no other row differs in a byte; undone, nothing differs at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audiorole.api.deciding import decide, decide_all
from audiorole.dataset.names.decision_file import read_log
from audiorole.errors import UserError
from audiorole.review.checks.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.testing.series import LINES, tiny_build, write_episode
from tests.dataset.conftest import fake_models

__all__ = ["fake_models"]  # a fixture that applies to every test here

LINE = "show/s01e01/u00003"
EPISODE = "show/s01e01"

EDITS = [
    ("edit-text", LINE, "It has been for weeks!", None),
    ("edit-bounds", LINE, "", (3.6, 5.2)),
    ("edit-bounds", LINE, "", (4.0, 4.4)),
    ("mark-overlap", LINE, "yes", None),
    ("remove-line", LINE, "", None),
    ("add-line", EPISODE, "Hush.", (6.5, 6.9)),
    ("add-line", EPISODE, "Before all others.", (0.0, 0.4)),
    ("add-line", EPISODE, "She said: \u201c\u5b89\u9759\u201d.", (9.6, 10.0)),
]
"""(kind, subject, value, span)."""


def build(out: Path, *settings: str):
    return tiny_build(out.parent / "in", out, "curate.min_duration=0.1", *settings)


def rows(out: Path) -> dict[str, dict[str, object]]:
    tables = (pq.read_table(path).to_pylist() for path in sorted((out / "dataset").rglob("*.parquet")))
    return {row["id"]: row for table in tables for row in table}


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "dataset").rglob("*.parquet"))}


def seconds(row: dict[str, object]) -> float:
    import io

    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))  # type: ignore[index]
    return len(samples) / rate


@pytest.mark.parametrize(("kind", "subject", "value", "span"), EDITS)
def test_a_correction_changes_its_line_and_no_other(out, kind, subject, value, span):
    before, bytes_before = rows(out), files(out)
    line = decide(out, kind, subject, value, span=span).decision.subject
    build(out)
    after = rows(out)
    assert {name: row for name, row in after.items() if name != line} == {
        name: row for name, row in before.items() if name != line
    }
    assert after.get(line) != before.get(line)
    other = [name for name in bytes_before if "s01e02" in name]
    assert other
    assert all(files(out)[name] == bytes_before[name] for name in other)
    decide(out, "undo")
    build(out)
    assert files(out) == bytes_before


def test_text_and_bounds_are_what_was_said(out):
    before = rows(out)[LINE]
    decide(out, "edit-text", LINE, "  It has been  for weeks! ")
    decide(out, "edit-bounds", LINE, span=(3.6, 5.25))
    decide(out, "mark-overlap", LINE, "yes")
    build(out)
    after = rows(out)[LINE]
    assert (after["text"], after["normalised"]) == ("It has been for weeks!", "it has been for weeks")
    assert (after["start"], after["end"], after["overlap_share"]) == (3.6, 5.25, 1.0)
    assert after["agreement"] is None
    assert seconds(after) == pytest.approx(1.65, abs=0.01)
    assert (after["character"], after["probability"]) == (before["character"], before["probability"])
    assert after["snr_db"] is not None


def test_an_added_line_has_sound_a_place_and_a_speaker(out):
    line = decide(out, "add-line", EPISODE, "Quite so.", span=(5.1, 5.4)).decision.subject
    decide(out, "label-line", line, "Ben")
    before = rows(out)
    build(out)
    after = rows(out)
    own = after.pop(line)
    assert {name: row["context"] for name, row in after.items()} == {name: r["context"] for name, r in before.items()}
    assert (own["character"], own["probability"], own["text"]) == ("Ben", 1.0, "Quite so.")
    assert own["scene"] == after[LINE]["scene"]
    assert LINE in own["context"]
    assert seconds(own) == pytest.approx(0.3, abs=0.01)
    starts = [row["start"] for row in rows(out).values() if row["episode"] == EPISODE]
    assert starts == sorted(starts)
    decide(out, "edit-text", line, "Quite so!")
    build(out)
    assert rows(out)[line]["text"] == "Quite so!"
    decide(out, "remove-line", line)
    build(out)
    assert line not in rows(out)


def test_a_new_name_on_an_added_line_touches_nobody(out):
    before = rows(out)
    line = decide(out, "add-line", EPISODE, "Who am I?", span=(5.1, 5.4)).decision.subject
    decide(out, "label-line", line, "Zebulon")
    build(out)
    after = rows(out)
    assert after.pop(line)["character"] == "Zebulon"
    assert after == before


def test_a_removed_line_is_counted_and_its_reason_said(out):
    decide(out, "remove-line", LINE, who="ann")
    build(out)
    (dropped,) = (out / "run").glob("*-correct/dropped/show/s01e01.jsonl")
    assert '"reason":"removed"' in dropped.read_text()
    assert "decided by ann" in dropped.read_text()
    assert LINE not in rows(out)


@pytest.mark.parametrize("change", ["another text", "gone"])
def test_a_correction_of_a_line_that_is_another_now_is_said_and_not_applied(out, change):
    decide(out, "edit-text", LINE, "Corrected.", who="ann")
    lines = list(LINES)
    if change == "gone":
        lines = lines[:2]
    else:
        lines[2] = (3.8, 5.0, "ANNA", "Something new was said here.")
    write_episode(out.parent / "in", "Show.S01E01.flac", lines, seed=1)
    build(out)
    assert all(row["text"] != "Corrected." for row in rows(out).values())
    (dropped,) = (out / "run").glob("*-correct/dropped/show/s01e01.jsonl")
    assert '"reason":"stale_decision"' in dropped.read_text()


def test_a_recipe_without_the_stage_says_that_corrections_stay_out(out):
    decide(out, "edit-text", LINE, "Corrected.")
    stages = "probe listen subtitles sync segment validate script language embed quality enhance faces dedup name"
    named = ", ".join(f'"{stage}"' for stage in [*stages.split(), "converse", "curate", "publish"])
    result = build(out, f"build.stages=[{named}]")
    assert any("leaves out 'correct'" in note for note in result.notes)


WRONG = [
    ("edit_text", LINE, "", None, "the text is empty"),
    ("edit_text", LINE, "x" * 3000, None, "at most 2,000 letters"),
    ("edit_text", LINE, "a\x00b", None, "control character"),
    ("edit_text", "show/s01e01/u99999", "Hm.", None, "There is no line"),
    ("edit_bounds", LINE, "", None, "where the line begins and ends"),
    ("edit_bounds", LINE, "", (5.0, 4.0), "does not"),
    ("edit_bounds", LINE, "", (-1.0, 4.0), "not within the episode"),
    ("edit_bounds", LINE, "", (9.0, 40.0), "not within the episode"),
    ("edit_bounds", LINE, "", (float("nan"), 4.0), "must be numbers"),
    ("edit_bounds", LINE, "", (4.0, float("inf")), "must be numbers"),
    ("mark_overlap", LINE, "perhaps", None, "Say 'yes'"),
    ("remove_line", "nothing", "", None, "There is no line"),
    ("add_line", "show/s01e09", "Hm.", (1.0, 2.0), "There is no episode"),
    ("add_line", EPISODE, "Hm.", None, "where the line begins and ends"),
    ("add_line", EPISODE, "", (1.0, 2.0), "the text is empty"),
]


@pytest.mark.parametrize(("kind", "subject", "value", "span", "sentence"), WRONG)
def test_what_cannot_be_is_refused_in_a_sentence(out, kind, subject, value, span, sentence):
    with pytest.raises(UserError, match=sentence):
        decide(out, kind.replace("_", "-"), subject, value, span=span)
    with pytest.raises(UserError, match=sentence):
        ReviewSession(out).decide(Answer(kind, subject, value, span=span))
    assert read_log(out) == []


def test_many_decisions_see_one_another(out):
    answers = [
        Answer("add_line", EPISODE, "Hush.", span=(6.5, 6.9)),
        Answer("remove_line", LINE),
        Answer("edit_text", LINE, "Too late."),
    ]
    with pytest.raises(UserError, match="There is no line"):
        decide_all(out, answers, "ann")
    assert [decision.kind for decision in read_log(out)] == ["add_line", "remove_line"]
    with pytest.raises(UserError, match="already"):
        decide_all(out, answers[:1], "ann")
    new = read_log(out)[0].subject
    assert decide_all(out, [Answer("edit_text", new, "Hush now.")], "ben")[0].who == "ben"


def test_enhanced_samples_of_the_old_bounds_are_not_published(out):
    from audiorole.dataset.stages.series.publish import Publish
    from audiorole.testing.desk import line
    from audiorole.types import Quality

    class Tape:
        sample_rate = 16_000

        def read(self, start: float, end: float):
            return np.zeros(round((end - start) * 16_000), np.float32)

    old = {3: np.full(16_000, 99, np.int16)}
    corrected = line(3, 1.0, 1.5, quality=Quality("A", enhanced=False))
    kept = line(3, 1.0, 2.0, quality=Quality("A", enhanced=True))
    lengths = [seconds({"audio": {"bytes": Publish()._audio(one, Tape(), old)}}) for one in (corrected, kept)]
    assert lengths == [0.5, 1.0]
