"""Two datasets line by line: matched by time, whatever their ids are."""

from __future__ import annotations

import json

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import audiorole
from audiorole.errors import InputError
from audiorole.published.diff import DiffLine, diff_datasets, paired
from audiorole.published.schema import row, schema
from audiorole.types import Naming, Utterance

NAMES = ("Gus", "Otis", "Gus", "")


def lines(series="show", count=4):
    return [
        Utterance(f"{series}/s01e01/u{n:05d}", 2.0 * n, 2.0 * n + 1.5, f"This is line {n}.", naming=Naming(name, 0.9))
        for n, name in enumerate(NAMES[:count])
    ]


def dataset(folder, given, split="train"):
    for episode in sorted({line.episode for line in given}):
        rows = [row(line, b"", "flac", "ab") for line in given if line.episode == episode]
        path = folder / split / f"{episode.replace('/', '-')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(16000)), path)
    return folder


def replaced(line, **fields):
    return msgspec.structs.replace(line, **fields)


@pytest.fixture
def first(tmp_path):
    return dataset(tmp_path / "first", lines())


def test_a_dataset_is_equal_to_itself_under_other_ids_and_within_20_ms(first, tmp_path):
    other = [replaced(line, id=f"show/s01e01/u{n + 500:05d}", end=line.end + 0.02) for n, line in enumerate(lines())]
    found = diff_datasets(first, dataset(tmp_path / "second", other))
    assert (found.equal, found.same, found.lines) == (True, 4, (4, 4))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"naming": Naming("Otis", 0.9)}, ("name",)),
        ({"start": 0.1}, ("span",)),
        ({"text": "This is another line."}, ("text",)),
        ({"text": "this is line 0"}, ("signs",)),
        ({"text": "No.", "end": 1.2, "naming": None}, ("name", "span", "text")),
    ],
)
def test_what_differs_is_named(first, tmp_path, fields, what):
    changed = lines()
    changed[0] = replaced(changed[0], **fields)
    found = diff_datasets(first, dataset(tmp_path / "second", changed))
    (change,) = found.changes
    assert change.what == what
    assert (change.before.id, change.after.id) == ("show/s01e01/u00000",) * 2
    assert found.counts == dict.fromkeys(sorted(what), 1)


def test_lines_of_one_side_and_counts_of_characters(first, tmp_path):
    other = [*lines()[1:3], Utterance("show/s01e01/u00009", 30.0, 31.0, "New.", naming=Naming("Otis", 1.0))]
    other[1] = replaced(other[1], naming=Naming("Otis", 0.6))
    found = diff_datasets(first, dataset(tmp_path / "second", [*other, *lines("other", 1)]))
    assert found.counts == {"added": 2, "name": 1, "removed": 2}
    assert found.only == ((), ("other/s01e01",))
    by_name = {one.who: (one.before, one.after, one.kept) for one in found.characters}
    assert by_name == {"show/Otis": (1, 3, 1), "show/Gus": (2, 0, 0), "other/Gus": (0, 1, 0), "": (1, 0, 0)}
    assert found.renamed == (("show/Gus", "show/Otis", 1),)


def test_a_line_that_was_split_is_matched_with_its_larger_part():
    def at(start, end):
        return DiffLine(f"s/e/u{start}", start, end, "", "")

    pairs = list(paired([at(0, 4), at(5, 6)], [at(0, 1), at(1, 4), at(5.1, 6)]))
    assert [(a and a.start, b and b.start) for a, b in pairs] == [(0, 1), (None, 0), (5, 5.1)] or [
        (a and a.start, b and b.start) for a, b in pairs
    ] == [(None, 0), (0, 1), (5, 5.1)]
    assert list(paired([], [at(0, 1)])) == [(None, at(0, 1))]
    assert list(paired([at(2, 2)], [at(2, 2)])) == [(at(2, 2), at(2, 2))]


def test_the_page_and_the_json_hold_every_difference(first, tmp_path):
    changed = lines()
    changed[1] = replaced(changed[1], text="<script>alert(1)</script>", naming=Naming("Gus & Co", 0.9))
    second = dataset(tmp_path / "second", changed)
    audiorole.diff(first, second, json=tmp_path / "d.json", html=tmp_path / "d.html")
    told = json.loads((tmp_path / "d.json").read_text())
    assert told["changes"][0]["after"]["who"] == "show/Gus & Co"
    page = (tmp_path / "d.html").read_text()
    assert "1 lines differ" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Gus &amp; Co" in page


def test_a_folder_without_a_dataset_is_refused(first, tmp_path):
    with pytest.raises(InputError, match="holds no published dataset"):
        diff_datasets(first, tmp_path / "absent")
