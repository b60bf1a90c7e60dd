"""Only regular files are opened, and what people write in TOML is refused in a sentence, in bounded time."""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import time
import tomllib
from pathlib import Path

import pytest

from audiorole.core.config import configure, read_recipe, with_settings
from audiorole.core.toml import parse_toml
from audiorole.dataset.input.cast import read_cast
from audiorole.dataset.input.scan import scan
from audiorole.dataset.stages.series.curate import Curate
from audiorole.dataset.stages.series.publish import Publish
from audiorole.dataset.stages.signals.embed import Embed
from audiorole.dataset.stages.words.segment import Segment
from audiorole.errors import InputError, UserError
from audiorole.report.kept import report_of
from audiorole.testing.series import tiny_build, write_episode, write_series
from tests.robustness.trees import opens

KINDS = {
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link that leads back to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["Show.S01E02.flac", "Show.S01E01.en.srt", "cast.toml", "Show.S01E01.script.txt", "Show.S01E03.mkv"]
)
def test_what_is_no_regular_file_is_skipped_with_a_reason(tmp_path, kind, name):
    write_series(tmp_path / "in", 1)
    KINDS[kind](tmp_path / "in" / name)
    began = time.monotonic()
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert time.monotonic() - began < 30
    assert result.exit_code == 0
    assert [(skip.path, kind in skip.reason) for skip in result.scan.skipped] == [(name, True)]
    assert opens(tmp_path / "out") == 6


@pytest.mark.parametrize("kind", KINDS)
def test_one_target_that_is_no_regular_file_is_refused(tmp_path, kind):
    KINDS[kind](tmp_path / "Show.S01E02.flac")
    with pytest.raises(InputError, match=r"regular file|no such file|link"):
        scan(tmp_path / "Show.S01E02.flac")


TOML = [
    ("x = " + "[" * 100_000, "brackets"),
    ("x = " + "{a = " * 100_000, "brackets"),
    (".".join(["a"] * 200_000) + " = 1", "a key of more than"),
    ("[" + " . ".join(["a"] * 5_000) + "]", "a key of more than"),
    (".".join(['"a"'] * 5_000) + " = 1", "a key of more than"),
    ("x = {" + ".".join(["a"] * 5_000) + " = 1}", "a key of more than"),
    ("x = " + "9" * 100_000, "400 digits"),
    ('name = "a\0b"', "NUL"),
    ("x = 1\nx = 2", "not (valid TOML|a cast file)"),
    ("\ud800".encode("utf-8", "surrogatepass"), "UTF-8"),
    ("# " + "." * 2_000_000, "bytes; at most"),
]


@pytest.mark.parametrize("read", [read_cast, read_recipe])
@pytest.mark.parametrize(("text", "sentence"), TOML)
def test_toml_that_would_choke_a_parser_is_refused_at_once(tmp_path, read, text, sentence):
    path = tmp_path / "cast.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.monotonic()
    with pytest.raises(UserError, match=sentence):
        read(path)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "text",
    [
        'x = "a.b.c. d [[[ {{{ # . . ."',
        "x = [[1.5, 2.5], [3.5]] # " + "." * 200,
        "a.b.c = 1\n[d.e]\nf = '''\n[[[[\n'''",
    ],
)
def test_plain_toml_is_read_as_it_stands(text):
    assert parse_toml(text) == tomllib.loads(text)


CAST = [
    ('gender = "m"', "none of female, male, other"),
    ('references = [{path = "a.wav", start = nan}]', "cannot start at nan"),
    ('references = [{path = "a.wav", start = -1.0}]', "cannot start at -1.0"),
    ('references = [{path = "a.wav", start = 1e300}]', "cannot start at"),
    ('references = [{path = "a.wav", end = inf}]', "cannot run from"),
    ('references = [{path = "a.wav", start = 3.0, end = 2.0}]', "cannot run from"),
    ('references = [{path = "a\\u0000.wav"}]', "is no path of a clip"),
    ('references = [{path = ""}]', "is no path of a clip"),
    ('references = [{path = "a.wav", nope = 1}]', "nope"),
    ('aliases = ["a\\u0007b"]', "control character"),
    ("nope = 1", "nope"),
]


@pytest.mark.parametrize(("line", "sentence"), CAST)
def test_what_a_cast_cannot_mean_is_refused_before_any_work(built, line, sentence):
    (built / "in" / "cast.toml").write_text(f'[[character]]\nname = "Anna"\n{line}\n')
    with pytest.raises(InputError, match=sentence):
        tiny_build(built / "in", built / "out")
    assert opens(built / "out") == 12


@pytest.mark.parametrize("path", ["../far.wav", "/etc/hostname", "sub/../../far.wav", "linked.wav"])
def test_clips_stay_in_the_folder_of_their_cast(built, path):
    write_episode(built, "far.wav", lines=(), seed=1)
    (built / "in" / "sub").mkdir()
    (built / "in" / "linked.wav").symlink_to(built / "far.wav")
    (built / "in" / "cast.toml").write_text(f'[[character]]\nname = "Anna"\nreferences = [{{path = "{path}"}}]\n')
    with pytest.raises(InputError, match="lies outside its folder"):
        tiny_build(built / "in", built / "out")
    if path == "../far.wav":
        assert tiny_build(built / "in", built / "out", "name.clips_anywhere=true").exit_code == 0
    (built / "far.wav").unlink()
    (built / "far.srt").unlink()


FIELDS = [
    (Segment, {"placement": {"nope": 1}}, r"Unknown field of \[segment.placement\] 'nope'"),
    (Segment, {"placement": {"floor": float("nan")}}, "not a number that can be used"),
    (Embed, {"batch": -5}, "must not be negative"),
    (Embed, {"batch": 0}, ">= 1"),
    (Embed, {"step": 0.0}, "0.01"),
    (Publish, {"sample_rate": 1e20}, "not a number that can be used"),
    (Publish, {"sample_rate": 10**9}, "<= 192000"),
    (Publish, {"codec": "fl\0ac"}, "NUL"),
    (Curate, {"tiers": "XYZ"}, "matching regex"),
    (Curate, {"seed": -1}, "must not be negative"),
    (Curate, {"test": 1.5}, "<= 1"),
    (Curate, {"min_duration": float("inf")}, "not a number"),
]


@pytest.mark.parametrize(("kind", "table", "sentence"), FIELDS)
def test_numbers_and_keys_that_no_stage_can_use_are_refused(kind, table, sentence):
    with pytest.raises(UserError, match=sentence):
        configure(kind, table, kind.name)


@pytest.mark.parametrize("setting", ["embed.batch=" + "[" * 100_000, "embed.batch=nan", "embed.batch=" + "9" * 10_000])
def test_settings_of_the_command_line_too(setting):
    with pytest.raises(UserError) as refused:
        configure(Embed, with_settings({}, [setting])["embed"], "embed")
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("letter", ["x", "é", "日"])
@pytest.mark.parametrize("spare", [0, 1, 4])
def test_names_as_long_as_the_file_system_takes_them_are_built(tmp_path, letter, spare):
    room = 255 - spare - len(".flac")
    name = letter * (room // len(letter.encode()))
    write_episode(tmp_path / "in", "a.flac")
    (tmp_path / "in" / "a.flac").rename(tmp_path / "in" / f"{name}.flac")
    (tmp_path / "in" / "a.srt").rename(tmp_path / "in" / f"{name}.srt")
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert (result.exit_code, result.num_lines) == (0, 6)


BAD = os.fsdecode(b"\xff\xfe")
STRANGERS = {
    "media": (f"Show.S01E02{BAD}.flac", f"{BAD}/Show.S01E03.flac", f"extras/{BAD}.flac"),
    "texts": (f"Show.S01E01.{BAD}.srt", f"Show.S01E01{BAD}.txt", f"Show.S01E01/{BAD}.srt", f"Subs/{BAD}/1_English.srt"),
    "others": (f"{BAD}.subtitles.zip", BAD, f"{BAD}.srt/x.srt"),
}


@pytest.mark.parametrize("kinds", [["media"], ["texts"], list(STRANGERS)])
def test_names_of_no_encoding_are_said_and_the_rest_is_built(tmp_path, kinds):
    write_episode(tmp_path / "in")
    for name in (name for kind in kinds for name in STRANGERS[kind]):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_text("1\n00:00:01,000 --> 00:00:02,000\nNot heard.\n")
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert (result.exit_code, result.num_lines) == (0, 6)
    report_of(tmp_path / "out", changed=True)
    said = {skipped.path for skipped in result.scan.skipped if "not valid UTF-8" in skipped.reason}
    wanted = {name for kind in kinds for name in STRANGERS[kind] if name.endswith((".flac", ".srt"))}
    assert said >= {name.encode("utf-8", "backslashreplace").decode() for name in wanted}


def test_a_killed_run_leaves_no_decoded_sound_behind(built):
    scratch = built / "out" / "run" / "scratch"
    (scratch / "show" / "s01e01").mkdir(parents=True)
    (scratch / "show" / "s01e01" / "x.pcm").write_bytes(b"sound")
    (scratch / "mine.txt").write_text("mine")
    tiny_build(built / "in", built / "out")
    assert [path.name for path in scratch.rglob("*") if path.is_file()] == ["mine.txt"]


def test_a_link_to_a_folder_above_is_not_entered(tmp_path):
    write_episode(tmp_path / "a" / "in")
    write_episode(tmp_path / "other", "Other.S01E01.flac")
    for name, target in {"up": tmp_path, "root": Path("/"), "beside": tmp_path / "other"}.items():
        (tmp_path / "a" / "in" / name).symlink_to(target)
    found = scan(tmp_path / "a" / "in")
    assert sorted(source.media for source in found.sources) == ["Show.S01E01.flac", "beside/Other.S01E01.flac"]
    assert sorted(one.path for one in found.skipped if "the input folder lies in" in one.reason) == ["root", "up"]


def test_media_that_the_disk_does_not_give_are_a_sentence(built, monkeypatch):
    def broken(path, known):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    write_episode(built / "in", "Show.S01E03.flac", seed=3)
    monkeypatch.setattr("audiorole.pipeline.dependence.stamp", broken)
    result = tiny_build(built / "in", built / "out")
    assert {note.trace for note in result.run.quarantined} == {""}
    assert all("cannot be read (Input/output error)" in note.error for note in result.run.quarantined)
    assert opens(built / "out") == 12


VANISHING = {
    "media": ("Show.S01E02.flac",),
    "a copy of an episode": ("Show.S01E01.mkv",),
    "texts": ("Show.S01E01.srt", "Show.S01E01.script.txt", "notes.txt", "Show.S01E07.srt"),
    "the folder of another": ("Other",),
}


@pytest.mark.parametrize("names", VANISHING.values(), ids=VANISHING)
@pytest.mark.parametrize("moment", ["_media_files", "_episodes", "check_casts", "make_plan"])
def test_what_vanishes_while_a_folder_is_looked_through_breaks_nothing(tmp_path, monkeypatch, names, moment):
    write_episode(tmp_path / "in")
    module = "audiorole.dataset.build" if moment in ("check_casts", "make_plan") else "audiorole.dataset.input.scan"
    for name in names:
        path = tmp_path / "in" / name
        if "." not in name:
            write_episode(path, "Other.S01E01.flac")
        elif not path.exists():
            shutil.copyfile(tmp_path / "in" / "Show.S01E01.flac", path)
    real = getattr(importlib.import_module(module), moment)

    def late(*given, **named):
        found = real(*given, **named)
        found = list(found) if moment == "_media_files" else found
        for name in names:
            path = tmp_path / "in" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(f"{module}.{moment}", late)
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert result.num_lines >= 6 or "Show.S01E01" in "".join(names), "only the episode whose file went is missing"
    assert all(note.error for note in result.run.quarantined)
    assert not any(note.trace for note in result.run.quarantined)
