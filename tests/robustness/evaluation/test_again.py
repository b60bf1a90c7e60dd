"""`--again` takes a system's label, and only what runs wrote under it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.forget import forget
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.function import FunctionSystem

from .conftest import TONE


def tone(*_: Any) -> dict[str, Any]:
    return {"audio": TONE, "sample_rate": 16_000}


@pytest.fixture
def out(evaluation: Evaluation, tmp_path: Path) -> Path:
    names = ("one", "two")
    evaluate(
        evaluation, [Entrant(name, f"callable@x:{name}") for name in names], tmp_path / "out",
        opened={name: FunctionSystem.of(tone) for name in names},
    )  # fmt: skip
    return tmp_path / "out"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "label",
    ["", ".", "..", "../..", "../../precious", "{precious}", "/", "systems/one", "one/", "./one", "one/..", "x"],
)
def test_a_path_is_no_label_and_nothing_goes(out: Path, label: str) -> None:
    precious = out.parent / "precious"
    precious.mkdir()
    (precious / "novel.txt").write_text("ten years")
    before = everything(out.parent)
    for labels in ((label.format(precious=precious),), ("one", label.format(precious=precious))):
        with pytest.raises(ConfigError, match="it holds: one, two"):
            forget(out, *labels)
    assert everything(out.parent) == before


def test_a_link_is_no_system(out: Path) -> None:
    precious = out.parent / "precious"
    precious.mkdir()
    (precious / "system.json").write_text("{}")
    (out / "systems" / "linked").symlink_to(precious, target_is_directory=True)
    with pytest.raises(ConfigError, match="no system 'linked'"):
        forget(out, "linked")
    (out / "systems").rename(out / "moved")
    (out / "systems").symlink_to(out / "moved", target_is_directory=True)
    with pytest.raises(ConfigError, match="it holds: none"):
        forget(out, "one")
    assert (precious / "system.json").is_file()


def test_a_folder_that_no_run_made_is_no_system(out: Path) -> None:
    (out / "systems" / "mine").mkdir()
    (out / "systems" / "mine" / "novel.txt").write_text("ten years")
    with pytest.raises(ConfigError, match="no system 'mine'"):
        forget(out, "mine")


def test_only_what_a_run_wrote_goes(out: Path) -> None:
    folder, precious = out / "systems" / "one", out.parent / "precious"
    precious.mkdir()
    (precious / "a.0.flac").write_text("not ours")
    (folder / "replies" / "notes.txt").write_text("mine")
    (folder / "replies" / "linked").symlink_to(precious, target_is_directory=True)
    (folder / "rows" / "00000.xlsx").write_text("mine")
    two = everything(out / "systems" / "two")
    forget(out, "one")
    assert everything(folder) == {"replies/notes.txt": b"mine", "rows/00000.xlsx": b"mine"}
    assert (precious / "a.0.flac").read_text() == "not ours"
    assert everything(out / "systems" / "two") == two
    forget(out, "two")
    assert not (out / "systems" / "two").exists()


def test_a_damaged_claim_says_the_way_out(out: Path, evaluation: Evaluation) -> None:
    (out / "systems" / "one" / "system.json").write_bytes(b"{\xff")
    with pytest.raises(InputError, match="--again one"):
        evaluate(evaluation, [Entrant("one", "callable@x:one")], out, opened={"one": FunctionSystem.of(tone)})
    forget(out, "one")
    evaluate(evaluation, [Entrant("one", "callable@x:one")], out, opened={"one": FunctionSystem.of(tone)})
