"""Exports: every format keeps and drops what it is asked to, in one step, and touches nobody's files."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from audiorole.errors import AmbiguousCharacterError, ConfigError, InputError, UnknownNameError, UserError
from audiorole.pipeline.store import hash_file
from audiorole.published.exporting import Export, ExportReport, export_lines
from audiorole.published.formats import FORMATS
from audiorole.published.lines import published_lines
from audiorole.published.selection import Selection
from tests.published.tiny import SPLITS, publish

NAMES = FORMATS.names()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return publish(tmp_path / "out")


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hash_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_dataset_gives_the_same_bytes_from_the_build_and_from_its_dataset(name, out, tmp_path):
    first = export_lines(out, name, tmp_path / "one")
    second = export_lines(out / "dataset", name, tmp_path / "two")
    assert first == second
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) > 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_and_what_is_dropped_add_up_and_stand_in_the_folder(name, out, tmp_path):
    selection = Selection(characters=("show/Gus",), shortest=1.0)
    report = export_lines(out, name, tmp_path / "e", selection)
    assert report.kept + sum(report.dropped.values()) == report.lines == 18
    assert report.dropped["other_character"] == 12
    assert msgspec.json.decode((tmp_path / "e" / "export.json").read_bytes(), type=ExportReport) == report


def chosen(out: Path, **filters: object) -> list[str]:
    found: list[str] = []

    def write(export: Export, folder: Path) -> None:
        found.extend(line.id for line in export)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FORMATS, "load", lambda name: write)
        export_lines(out, "probe", out.parent / f"probe-{len(list(out.parent.iterdir()))}", Selection(**filters))
    return found


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({}, lambda v: True),
        ({"characters": ("show/Gus",)}, lambda v: (v["series"], v["character"]) == ("show", "Gus")),
        ({"tiers": ("A", "B")}, lambda v: v["tier"] in "AB"),
        ({"least_probability": 0.85}, lambda v: v["probability"] >= 0.85),
        ({"shortest": 1.2, "longest": 1.4}, lambda v: 1.2 <= v["duration"] <= 1.4),
        ({"splits": ("test",), "tiers": ("C",)}, lambda v: v["episode"] == "show/s01e02" and v["tier"] == "C"),
    ],
    ids=["all", "character", "tier", "probability", "duration", "split"],
)
def test_each_filter_keeps_what_it_says(filters, kept, out):
    wanted = [line.id for line in published_lines(out) if kept(line.values)]
    assert wanted
    assert chosen(out, **filters) == wanted


def test_a_name_that_two_series_have_is_asked_back(out):
    with pytest.raises(AmbiguousCharacterError, match="other/Gus, show/Gus"):
        chosen(out, characters=("Gus",))
    with pytest.raises(UnknownNameError, match="Did you mean"):
        chosen(out, characters=("show/Gos",))


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"tiers": ("D",)}, "Unknown tier"),
        ({"splits": ("dev",)}, "Unknown split"),
        ({"least_probability": 1.5}, "between 0 and 1"),
        ({"shortest": 3.0, "longest": 2.0}, "No line is longer"),
        ({"balance": -1.0}, "not negative"),
        ({"shortest": 60.0}, "No line is left: 0 of 18 lines kept; left out: 18 too_short"),
    ],
)
def test_filters_that_can_keep_nothing_are_one_sentence(filters, error, out):
    with pytest.raises(UserError, match=error):
        export_lines(out, "rttm", out.parent / "r", Selection(**filters))
    assert sorted(path.name for path in out.parent.iterdir()) == ["out"]


def test_the_balance_caps_each_character_of_each_split(out, tmp_path):
    kept = chosen(out, balance=2.7 / 60)
    seconds: Counter[tuple[str, str]] = Counter()
    for line in published_lines(out):
        if line.id in kept:
            seconds[line.split, line.voice] += line.values["duration"]
    assert max(seconds.values()) <= 2.7
    assert len(seconds) == len({(line.split, line.voice) for line in published_lines(out)})
    assert kept == chosen(out, balance=2.7 / 60)  # the same draw again
    assert len(kept) < 18


def test_an_episode_in_two_splits_is_refused(tmp_path):
    out = publish(tmp_path / "out")
    (out / "dataset" / "validation").mkdir()
    shutil.copy(out / "dataset" / "train" / "show-s01e01.parquet", out / "dataset" / "validation")
    with pytest.raises(InputError, match=r"show/s01e01.*two splits"):
        export_lines(out, "rttm", tmp_path / "r")


def test_what_repeats_a_line_of_another_split_stays_out(tmp_path, monkeypatch):
    from tests.published import tiny

    def repeats(episode, number, line=tiny.line):
        original = "show/s01e01/u00001" if number == 2 else ""
        return msgspec.structs.replace(line(episode, number), duplicate_of=original)

    monkeypatch.setattr(tiny, "line", repeats)
    out = publish(tmp_path / "out")
    report = export_lines(out, "rttm", tmp_path / "r")
    assert report.dropped == {"repeats_another_split": 1}  # of the test episode; those of train repeat their own


def test_episodes_that_fold_to_one_name_have_two_files(tmp_path):
    out = publish(tmp_path / "out", {"a-b/c": "train", "a/b-c": "test"})
    for path in (out / "dataset").glob("*/*.parquet"):
        assert path.name == "a-b-c.parquet"
    export_lines(out, "rttm", tmp_path / "r")
    export_lines(out, "nemo", tmp_path / "n")
    assert len(list((tmp_path / "r").glob("*.rttm"))) == 2
    assert len({path.name for path in (tmp_path / "n").rglob("*.flac")}) == 12


def test_nothing_is_overwritten_and_nothing_half_written_stays(out, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("mine", "link"):
        with pytest.raises(InputError, match="already there"):
            export_lines(out, "rttm", tmp_path / name)
    with pytest.raises(InputError, match="no published dataset"):
        export_lines(tmp_path / "mine", "rttm", tmp_path / "new")
    with pytest.raises(UnknownNameError, match="Did you mean 'nemo'"):
        export_lines(out, "nemoo", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "mine", "out"]


def test_a_folder_of_somebody_in_the_way_is_left_as_it_is(out, tmp_path):
    (tmp_path / ".r.audiorole-partial").mkdir()
    (tmp_path / ".r.audiorole-partial" / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="not made by audiorole"):
        export_lines(out, "rttm", tmp_path / "r")
    assert (tmp_path / ".r.audiorole-partial" / "diary.txt").read_text() == "mine"


def _killed(out: Path, target: Path, at: int) -> None:
    def write(export: Export, folder: Path) -> None:
        for number, line in enumerate(export):
            (folder / line.name).write_text("half")
            if number == at:
                os.kill(os.getpid(), signal.SIGKILL)

    FORMATS.load = lambda name: write  # type: ignore[method-assign]
    export_lines(out, "rttm", target)


@pytest.mark.parametrize("at", [0, 7, 17])
def test_a_killed_export_is_begun_again(at, out, tmp_path):
    child = multiprocessing.get_context("fork").Process(target=_killed, args=(out, tmp_path / "r", at))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert not (tmp_path / "r").exists()
    assert export_lines(out, "rttm", tmp_path / "r").kept == 18
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "r"]
    assert len(list((tmp_path / "r").iterdir())) == len(SPLITS) + 1


def test_a_third_party_format_that_fails_leaves_nothing(out, tmp_path, monkeypatch):
    def write(export: Export, folder: Path) -> None:
        (folder / "half").write_text("x")
        raise ConfigError("no")

    monkeypatch.setattr(FORMATS, "load", lambda name: write)
    with pytest.raises(ConfigError):
        export_lines(out, "theirs", tmp_path / "t")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
