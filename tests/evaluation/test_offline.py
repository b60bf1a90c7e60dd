"""Items exported for another machine, answered there, scored here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
import soundfile

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.offline import answer_items, write_items
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.files import read_rows, read_timings
from audiorole.evaluation.run.forget import forget
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import Prompt, Reply
from audiorole.evaluation.systems.folder import FolderSystem
from audiorole.evaluation.systems.function import FunctionSystem

Turns = list[dict[str, Any]]


def mumble(turns: Turns, character: str, reference: np.ndarray, seed: int) -> dict[str, Any] | None:
    """Answer backwards; a prompt that ends in zero is not answered, one about a storm crashes."""
    if turns[-1]["text"].endswith("zero."):
        return None
    if "storm" in turns[-1]["text"]:
        raise RuntimeError("out of memory")
    return {"audio": reference[: 16000 * (2 + seed)][::-1], "sample_rate": 16000, "text": f"said {seed}"}


@pytest.fixture
def folder(evaluation: Evaluation, tmp_path: Path) -> Path:
    write_items(evaluation.corpus, evaluation.suite, evaluation.items, tmp_path / "items")
    return tmp_path / "items"


def test_the_folder_holds_contexts_and_voices_and_no_target(evaluation: Evaluation, folder: Path) -> None:
    rows = [msgspec.json.decode(line) for line in (folder / "items.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in rows] == [item.id for item in evaluation.items.items]
    text = (folder / "items.jsonl").read_text()
    contexts = {turn.text for item in evaluation.items.items for turn in item.context}
    assert not [
        item for item in evaluation.items.items if item.target.text in text and item.target.text not in contexts
    ]
    wave, rate = soundfile.read(folder / rows[0]["turns"][-1]["audio"][0])
    assert (rate, wave.ndim) == (16000, 1)
    reference, _ = soundfile.read(folder / rows[0]["reference_audio"])
    assert 5 <= len(reference) / 16000 <= 15


def test_replies_given_elsewhere_score_as_if_given_here(evaluation: Evaluation, folder: Path, tmp_path: Path) -> None:
    """Text, crashes and silences come along; only the time they took does not."""
    notes = list(answer_items(folder, FunctionSystem.of(mumble), "mine"))
    assert {note.status for note in notes} >= {"ok", "error"}
    assert len(notes) == len(evaluation.items.items) * evaluation.suite.seeds
    here, there = Entrant("mine", "callable@x:mumble"), Entrant("mine", f"folder@{folder / 'replies' / 'mine'}")
    evaluate(evaluation, [here], tmp_path / "here", opened={"mine": FunctionSystem.of(mumble)})
    evaluate(evaluation, [there], tmp_path / "there")
    rows, found = (list(read_rows(tmp_path / where, "mine")) for where in ("here", "there"))
    assert [(row.item, row.seed, row.status, row.text) for row in found] == [
        (row.item, row.seed, row.status, row.text) for row in rows
    ]
    assert [row.detail.rpartition(": ")[2] for row in found] == [row.detail.rpartition(": ")[2] for row in rows]
    for row, other in zip(rows, found, strict=True):  # a WAV file holds 16 bits, the corpus here more
        assert row.scores["ap"].value == pytest.approx(other.scores["ap"].value, abs=1e-3)
    assert list(read_timings(tmp_path / "there", "mine")) == []


def test_answering_goes_on_where_it_was(folder: Path) -> None:
    asked: list[int] = []

    def counting(*arguments: Any) -> dict[str, Any] | None:
        asked.append(1)
        return mumble(*arguments)

    notes = answer_items(folder, FunctionSystem.of(counting), "mine")
    first = [next(notes) for _ in range(5)]
    assert [note.status for note in answer_items(folder, FunctionSystem.of(counting), "mine")][:5] == [
        note.status for note in first
    ]
    assert len(asked) == len(list(answer_items(folder, FunctionSystem.of(counting), "mine")))


def test_replies_to_another_suites_items_are_refused(evaluation: Evaluation, folder: Path, tmp_path: Path) -> None:
    about = msgspec.json.decode((folder / "items.json").read_bytes())
    (folder / "items.json").write_bytes(msgspec.json.encode(about | {"suite": "other#1234"}))
    (folder / "replies" / "mine").mkdir(parents=True)
    with pytest.raises(ConfigError, match="answer to items of suite other#1234"):
        evaluate(evaluation, [Entrant("mine", f"folder@{folder / 'replies' / 'mine'}")], tmp_path / "out")


def test_the_folder_of_items_is_no_folder_of_replies(folder: Path) -> None:
    with pytest.raises(ConfigError, match="replies of one system are in a folder of"):
        FolderSystem(str(folder))


def test_an_item_cannot_lead_out_of_the_folder(folder: Path) -> None:
    text = (folder / "items.jsonl").read_text().replace("voices/000.wav", "../../secret.wav")
    (folder / "items.jsonl").write_text(text)
    with pytest.raises(InputError, match="outside the folder"):
        list(answer_items(folder, FunctionSystem.of(mumble), "mine"))


def test_changed_replies_are_not_scored_under_the_old_name(evaluation: Evaluation, tmp_path: Path) -> None:
    replies, item = tmp_path / "replies", evaluation.items.items[0]
    path = replies / f"{item.id}.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, evaluation.gallery.reference_clip(item.target.character)[:32000], 16000)
    entrant, out = Entrant("mine", f"folder@{replies}"), tmp_path / "out"
    evaluate(evaluation, [entrant], out)
    evaluate(evaluation, [entrant], out)
    path.with_suffix(".txt").write_text("now with a text")
    with pytest.raises(ConfigError, match=r"other files.*--again mine"):
        evaluate(evaluation, [entrant], out)
    forget(out, "mine")
    evaluate(evaluation, [entrant], out)
    assert "now with a text" in [row.text for row in read_rows(out, "mine")]
    with pytest.raises(ConfigError, match="no system 'nobody'"):
        forget(out, "nobody")


def test_a_system_that_can_is_asked_many_prompts_at_once(evaluation: Evaluation, folder: Path) -> None:
    class Many:
        sample_rate, at_once = 16_000, 3
        blocks: ClassVar[list[int]] = []

        def respond(self, prompt: Prompt) -> Reply:
            return self.respond_all([prompt])[0]

        def respond_all(self, prompts: Sequence[Prompt]) -> list[Reply]:
            self.blocks.append(len(prompts))
            return [Reply(np.full(1600, 0.1, np.float32), 16_000, prompt.item) for prompt in prompts]

        def close(self) -> None:
            pass

    wanted = len(evaluation.items.items) * evaluation.suite.seeds
    notes = list(answer_items(folder, Many(), "many"))
    assert [note.text for note in notes[:: evaluation.suite.seeds]] == [item.id for item in evaluation.items.items]
    assert (Many.blocks[0], sum(Many.blocks), len(notes)) == (3, wanted, wanted)
    list(answer_items(folder, Many(), "many"))
    assert sum(Many.blocks) == wanted
