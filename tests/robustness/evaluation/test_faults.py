"""Writes that fail, kills and flipped bits over an evaluation: what goes on gives the same bytes."""

from __future__ import annotations

import errno
import json
import multiprocessing
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audiorole.errors import UserError
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.testing.failing_disk import FailingDisk

POINTS = 8
"""Of the places where a write can fail, how many are tried here; benchmarks/evaluation/faults.py tries all."""

KILLS = 12
FLIPS = 24


def echo(turns: Any, character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer with the reference clip's first seconds."""
    return {"audio": reference[:16000], "sample_rate": 16000, "text": character}


def quiet(*_: Any) -> None:
    """Say nothing."""


CHOSEN = [Entrant("gold", "anchor:gold"), Entrant("echo", "callable@x:echo"), Entrant("quiet", "callable@x:quiet")]


def run(evaluation: Evaluation, out: Path) -> Results:
    opened: dict[str, SpeechSystem] = {"echo": FunctionSystem.of(echo), "quiet": FunctionSystem.of(quiet)}
    evaluate(evaluation, CHOSEN, out, opened=opened)
    return summarise(evaluation, CHOSEN, out)


def everything(out: Path) -> dict[str, bytes]:
    """Return all that does not depend on the clock, and holds something."""
    files = [path for path in out.rglob("*") if path.is_file() and "timing" not in path.parts and path.stat().st_size]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(files)}


@pytest.fixture(scope="module")
def whole(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """What an undisturbed run leaves, and how many times it wrote."""
    out = tmp_path_factory.mktemp("whole") / "out"
    with FailingDisk(out) as disk:
        run(evaluation, out)
    return everything(out), len(disk.operations)


@pytest.mark.parametrize("point", range(POINTS))
@pytest.mark.parametrize(("stays", "number"), [(False, errno.EIO), (True, errno.ENOSPC)], ids=["once", "full"])
def test_a_write_that_fails_is_gone_on_from(
    evaluation: Evaluation, whole: tuple[dict[str, bytes], int], tmp_path: Path, point: int, stays: bool, number: int
) -> None:
    expected, count = whole
    assert count > 50
    out, at = tmp_path / "out", 1 + point * (count - 1) // (POINTS - 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("not ours")
    with pytest.raises(OSError) as told, FailingDisk(out, at, stays, number):
        run(evaluation, out)
    assert told.value.errno == number
    assert told.value.filename, "a sentence can name the file"
    run(evaluation, out)
    assert (out / "mine.txt").read_text() == "not ours"
    (out / "mine.txt").unlink()
    assert everything(out) == expected


def test_kills_at_random_moments_leave_the_same_bytes(
    evaluation: Evaluation, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    chance, out, context = random.Random(5), tmp_path / "out", multiprocessing.get_context("fork")
    killed = 0
    for _ in range(KILLS):
        process = context.Process(target=run, args=(evaluation, out))
        process.start()
        wanted, deadline = chance.uniform(0, len(whole[0])), time.monotonic() + 60
        while process.is_alive() and len(list(out.rglob("*.*"))) < wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        killed += process.is_alive()
        process.kill()
        process.join()
    assert killed > KILLS // 2, "most runs had ended before they were killed"
    run(evaluation, out)
    assert everything(out) == whole[0]


def test_what_a_killed_run_left_half_written_goes_and_nothing_else(
    evaluation: Evaluation, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    run(evaluation, tmp_path)
    folder = tmp_path / "systems" / "echo"
    left = [folder / "rows" / "00000.jsonl.77.audiorole-partial", folder / "rows" / "00000.sha256.77.audiorole-partial"]
    left += [each / "system.json.77.audiorole-partial" for each in (folder, tmp_path / "systems" / "never begun")]
    left[-1].parent.mkdir()
    left += [path.with_name(f"{path.name}.77.audiorole-partial") for path in (folder / "replies").rglob("*.flac")]
    for path in left:
        path.write_bytes(b"half")
    mine = folder / "replies" / "notes.1.partial"
    mine.write_text("mine")
    run(evaluation, tmp_path)
    assert mine.read_text() == "mine"
    mine.unlink()
    assert not [path for path in left if path.exists()]
    assert everything(tmp_path) == whole[0]


def test_two_runs_do_not_share_a_folder(evaluation: Evaluation, tmp_path: Path) -> None:
    def meanwhile(*_: Any) -> None:
        with pytest.raises(UserError, match="Another evaluation is running"):
            run(evaluation, tmp_path)

    evaluate(evaluation, CHOSEN[2:], tmp_path, opened={"quiet": FunctionSystem.of(meanwhile)})
    run(evaluation, tmp_path)


def test_a_flipped_bit_is_healed_or_refused_and_never_published(
    evaluation: Evaluation, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    """Every stored file in turn, as a run finds it that asks for one system more."""
    expected, chance = whole[0], random.Random(3)
    run(evaluation, tmp_path)
    names = sorted(expected)
    refused = 0
    for _ in range(FLIPS):
        name = chance.choice(names)
        flip(tmp_path / name, chance)
        if sentence := refusal(evaluation, tmp_path):
            refused += 1
            assert "\n" not in sentence
            (tmp_path / name).write_bytes(expected[name])
            continue
        healed = everything(tmp_path)
        if healed != expected:  # a reply of which nobody asked again, since its rows are whole: asked for, it is
            assert set(healed) == set(expected)
            assert [each for each in expected if healed[each] != expected[each]] == [name]
            assert "/replies/" in name
            ask_again(evaluation, tmp_path, name)
            assert everything(tmp_path) == expected
    assert refused < FLIPS


def refusal(evaluation: Evaluation, out: Path) -> str:
    """Run, and return the sentence of a run that is refused; "" where it went on."""
    try:
        run(evaluation, out)
    except UserError as error:
        return str(error)
    return ""


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(data))


def ask_again(evaluation: Evaluation, out: Path, name: str) -> None:
    """Let a run need the replies: its rows are gone."""
    for rows in (out / "systems" / name.split("/")[1] / "rows").iterdir():
        rows.unlink()
    run(evaluation, out)


def lines_damaged(store: Path, change: Callable[[bytes], bytes]) -> None:
    store.write_bytes(change(store.read_bytes()))


@pytest.mark.parametrize("change", [lambda data: data[:100], lambda data: b"x" * len(data), lambda data: data[:-3000]])
def test_a_damaged_store_of_what_was_heard_costs_time_and_nothing_else(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    from audiorole.evaluation.hearing.store import HearingStore

    path = tmp_path / "heard.sqlite"
    store = HearingStore(path)
    for at in range(200):
        store.put("model", f"clip {at}", json.dumps(at).encode() * 100)
    store.close()
    lines_damaged(path, change)
    again = HearingStore(path)
    for at in range(200):
        assert again.get("model", f"clip {at}") in (None, json.dumps(at).encode() * 100)
        again.put("model", f"clip {at}", b"new")
    again.close()


def test_a_fact_that_was_altered_is_not_believed(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    from audiorole.evaluation.hearing.store import HearingStore

    store = HearingStore(tmp_path / "heard.sqlite")
    store.put("model", "clip", b"right")
    store.close()
    with closing(sqlite3.connect(tmp_path / "heard.sqlite")) as database, database:
        database.execute("UPDATE facts SET fact = ?", (b"wrong",))
    again = HearingStore(tmp_path / "heard.sqlite")
    assert again.get("model", "clip") is None
    again.close()
