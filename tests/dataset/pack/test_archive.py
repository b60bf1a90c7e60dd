"""A pack from anywhere is checked before it is believed; each fault is one sentence with the file's name."""

from __future__ import annotations

import io
import json
import zipfile

import msgspec
import pytest

from audiorole.dataset.pack.archive import RebuildPack, lines_name, print_name, write_archive
from audiorole.dataset.pack.records import Manifest, PackedEpisode, PackedLine, Sealing
from audiorole.errors import InputError
from audiorole.types import encode

LINE = PackedLine("show/s01e01/u00001", 0.5, 1.5)


@pytest.fixture
def good(tmp_path):
    members = {lines_name(1): bytes(encode(LINE)) + b"\n", print_name(1): bytes(range(256))}
    episode = PackedEpisode("show/s01e01", 1, 8.0, 1)
    write_archive(tmp_path / "good.pack", Manifest(1, "0", "hashed", Sealing("s"), (episode,), {}), members)
    return tmp_path / "good.pack"


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def written(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def changed(good, **fields):
    members = contents(good)
    head = json.loads(members["pack.json"])
    head.update(fields)
    return written(good.with_name("bad.pack"), (members | {"pack.json": json.dumps(head)}).items())


def test_a_pack_gives_back_what_was_packed_and_its_bytes_are_its_content_alone(good):
    pack = RebuildPack(good)
    assert pack.lines("show/s01e01") == [LINE]
    assert pack.print("show/s01e01").tolist() == list(range(256))
    before = good.read_bytes()
    write_archive(good, pack.manifest, {name: data for name, data in contents(good).items() if name != "pack.json"})
    assert good.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil", "which no pack does"),
        ("/etc/passwd", "which no pack does"),
        ("episodes/1.jsonl", "which no pack does"),
        ("episodes/0002.print", "and not in both"),
    ],
)
def test_a_name_that_no_pack_has_is_refused(good, name, said):
    path = written(good.with_name("bad.pack"), [*contents(good).items(), (name, b"x")])
    with pytest.raises(InputError, match=rf"bad\.pack: .*{said}"):
        RebuildPack(path)


def test_bombs_and_twins_are_refused(good):
    members = contents(good)
    bomb = written(good.with_name("bad.pack"), (members | {print_name(1): b"\0" * 30_000_000}).items())
    with pytest.raises(InputError, match="would unpack to 30,000,000 bytes"):
        RebuildPack(bomb)
    with pytest.warns(UserWarning, match="Duplicate"):
        twins = written(good.with_name("bad.pack"), [*members.items(), (print_name(1), b"x")])
    with pytest.raises(InputError, match="holds a file twice"):
        RebuildPack(twins)


def test_what_was_altered_is_refused_when_it_is_read(good):
    members = contents(good)
    path = written(good.with_name("bad.pack"), (members | {print_name(1): b"other"}).items())
    with pytest.raises(InputError, match=r"0001\.print is not what was packed"):
        RebuildPack(path).print("show/s01e01")


def test_other_schemas_and_fields_are_refused(good):
    with pytest.raises(InputError, match="schema 7; this audiorole reads up to 1: install a newer one"):
        RebuildPack(changed(good, schema=7))
    with pytest.raises(InputError, match="unknown field `surprise`"):
        RebuildPack(changed(good, surprise=1))
    episode = {"id": "../up", "number": 1, "duration": 8.0, "lines": 1}
    with pytest.raises(InputError, match="is no id of an episode"):
        RebuildPack(changed(good, episodes=[episode]))
    with pytest.raises(InputError, match="listed twice"):
        RebuildPack(changed(good, episodes=[episode, episode]))
    with pytest.raises(InputError, match="does not hold the lines of other/s01e01"):
        RebuildPack(changed(good, episodes=[episode | {"id": "other/s01e01"}])).lines("other/s01e01")


def test_a_seal_cannot_ask_for_all_memory(good):
    for cost in ({"n": 1 << 30}, {"n": 5000}, {"n": 0}, {"r": 1 << 20}, {"p": 1000}, {"r": 0}):
        with pytest.raises(InputError, match="sealing"):
            RebuildPack(changed(good, sealing={"salt": "s", **cost}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"split": "../../outside"}, "is no name of a split"),
        ({"split": ".hidden"}, "is no name of a split"),
        ({"id": "show/s01e01/first"}, "is no id of a line"),
        ({"start": 2.0}, "has no place in an episode"),
        ({"end": 1e12}, "has no place in an episode"),
    ],
)
def test_a_line_that_would_write_elsewhere_is_refused(tmp_path, fields, said):
    line = msgspec.structs.replace(LINE, **fields)
    members = {lines_name(1): bytes(encode(line)) + b"\n", print_name(1): b"abc"}
    episode = PackedEpisode("show/s01e01", 1, 8.0, 1)
    write_archive(tmp_path / "bad.pack", Manifest(1, "0", "hashed", Sealing("s"), (episode,), {}), members)
    with pytest.raises(InputError, match=said):
        RebuildPack(tmp_path / "bad.pack").lines("show/s01e01")


@pytest.mark.parametrize("part", [0, 10, 0.5, 0.9, -4])
def test_half_a_file_is_refused(good, part):
    data = good.read_bytes()
    end = part if isinstance(part, int) else int(part * len(data))
    bad = good.with_name("bad.pack")
    bad.write_bytes(data[:end])
    with pytest.raises(InputError, match=r"bad\.pack"):
        RebuildPack(bad)


def test_what_is_no_file_at_all_is_refused(tmp_path):
    (tmp_path / "folder.pack").mkdir()
    for name in ("folder.pack", "absent.pack"):
        with pytest.raises(InputError, match="is no rebuild pack"):
            RebuildPack(tmp_path / name)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("decisions.jsonl", b"")
    (tmp_path / "other.pack").write_bytes(other.getvalue())
    with pytest.raises(InputError, match=r"holds no pack\.json"):
        RebuildPack(tmp_path / "other.pack")
