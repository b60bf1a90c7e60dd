"""What the user's guide promises is what the code does: every column, every reason, every layout, the cast file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec
import pytest

from audiorole.dataset.input.beside import script_files, subtitle_files
from audiorole.dataset.input.cast import clip_paths, read_cast
from audiorole.dataset.input.scan import check_casts, scan
from audiorole.dataset.script.reading import read_script_text
from audiorole.published.schema import FIELDS
from audiorole.report.wording import CUES, REASONS
from audiorole.types.character import Cast, Character, ReferenceClip
from tests.docs.manual import GUIDE, ROOT, blocks, code, table

FOLDER = (GUIDE / "your-folder.md").read_text(encoding="utf-8")
COLUMNS = (GUIDE / "what-comes-out.md").read_text(encoding="utf-8")
DROPPED = (GUIDE / "dropped.md").read_text(encoding="utf-8")


def test_every_column_of_the_dataset_is_explained_and_no_other():
    rows = table(COLUMNS, "column")
    assert sorted(code(row[0]) for row in rows) == sorted(name for name, _ in FIELDS)
    for name, meaning, unit, empty in rows:
        assert len(meaning.split()) > 1, name
        assert unit, name
        assert empty, name


def reasons_in_code() -> Iterator[str]:
    """Yield the reasons that the sources write out: of `Dropped`, of parts of subtitles, and of the recipe's rules."""
    for path in sorted((ROOT / "src" / "audiorole").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
            rule = isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple)
            if rule and path.name == "curate.py":
                yield from _texts(node.value.elts[0])


PLACES = {"of": 1, "_leave": 1, "left_out": 2, "_lessened": 2}
"""Function → which of its arguments is the reason."""


def _of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = getattr(getattr(node.func, "value", None), "id", "")
    place = PLACES.get(name, -1)
    if name in {"Dropped", "LeftOut"}:
        yield from (text for word in node.keywords if word.arg == "reason" for text in _texts(word.value))
    elif 0 <= place < len(node.args) and (name != "of" or owner == "Dropped"):
        yield from _texts(node.args[place])


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_every_reason_in_the_code_has_a_row():
    found = set(reasons_in_code())
    assert {"no_text", "too_short", "repeat", "other_script", "no_context"} <= found  # the search itself works
    explained = {code(row[0]) for row in table(DROPPED, "reason")}
    assert found | set(REASONS) == explained


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_explained_in_the_words_of_the_report(reason):
    assert REASONS[reason] in {row[1] for row in table(DROPPED, "reason") if code(row[0]) == reason}


def test_every_hint_of_the_ledger_is_explained():
    page = (GUIDE / "how-sure.md").read_text(encoding="utf-8")
    assert {code(row[0]) for row in table(page, "hint")} == set(CUES)


@pytest.mark.parametrize("row", table(FOLDER, "you have"), ids=lambda row: code(row[0]))
def test_a_name_in_the_table_gets_the_id_beside_it(row, tmp_path):
    inside = tmp_path / "in"
    media = inside / code(row[0]).removeprefix("in/")
    media.parent.mkdir(parents=True)
    media.touch()
    for beside in re.findall(r"`(.+?)`", row[0].partition(" beside ")[2]):
        (media.parent / beside).touch()
    named = {inside / source.media: source.id for source in scan(inside).sources}
    assert named[media] == code(row[1])
    assert len(named) == sum(path.is_file() for path in inside.rglob("*"))


@pytest.fixture
def example(tmp_path):
    """The cast file of the page in its folder, with the clips that it names."""
    (text,) = (block for block in blocks(FOLDER, "toml") if "cast.toml" in block)
    folder = tmp_path / "Harbour Lights"
    folder.mkdir()
    (folder / "cast.toml").write_text(text, encoding="utf-8")
    for clip in clip_paths(read_cast(folder / "cast.toml"), folder):
        clip.parent.mkdir(parents=True, exist_ok=True)
        clip.touch()
    return folder / "cast.toml"


def test_the_cast_file_of_the_page_is_read(example):
    cast = read_cast(example)
    ada, ben, narrator = cast.character
    assert (ada.name, ben.name, narrator.name) == ("Ada", "Ben", "Narrator")
    assert (len(ada.references), len(ben.references)) == (3, 2)
    assert (ada.references[2].start, ada.references[2].end) == (103.2, 110.5)
    found = scan(example.parent)
    check_casts(found)
    assert [source.id for source in found.sources] == ["harbour-lights/s01e01"]


def test_the_example_and_the_table_leave_no_key_out(example):
    text = example.read_text(encoding="utf-8")
    explained = {code(row[0]) for row in table(FOLDER, "key")}
    named = {field.name for kind in (Cast, Character) for field in msgspec.structs.fields(kind)} - {"character"}
    assert explained == named
    clip = {field.name for field in msgspec.structs.fields(ReferenceClip)}
    assert all(f"{name} = " in text for name in named | clip)


def test_the_script_of_the_page_is_read_in_both_layouts():
    (text,) = (block for block in blocks(FOLDER, "text") if "ADA:" in block)
    said = [(line.speaker, line.text) for line in read_script_text(text, "script.txt").lines]
    assert said == [
        ("ADA", "Has the boat come in?"),
        ("BEN", "Which boat?"),
        ("ADA", "The one that you sold."),
    ]


def test_the_tree_of_the_page_is_a_folder_that_works(tmp_path):
    (tree,) = (block for block in blocks(FOLDER, "text") if "├──" in block)
    for path in tree_paths(tree):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "Harbour Lights" / "cast.toml").write_text(
        '[[character]]\nname = "Ada"\nreferences = [{ path = "voices/ada.wav" }, { path = "voices/ada-angry.wav" }]\n'
    )
    root = tmp_path / "Harbour Lights"
    found = scan(root)
    check_casts(found)
    assert [source.id for source in found.sources] == ["harbour-lights/s01e01", "harbour-lights/s01e02"]
    first, second = (root / source.media for source in found.sources)
    assert [source.path for source in subtitle_files(first, root)] == ["Season 1/Harbour Lights.S01E01.en.srt"]
    assert [source.path for source in subtitle_files(second, root)] == ["Season 1/Subs/Harbour Lights.S01E02.srt"]
    assert [path.name for path in script_files(second, root)] == ["Harbour Lights.S01E02.script.txt"]


def tree_paths(tree: str) -> Iterator[str]:
    """Yield the files of a drawn tree: a name is as deep as its branch is indented, and ends where spaces begin."""
    parents: list[str] = []
    for line in tree.splitlines():
        branch, name = re.fullmatch(r"([│├└─ ]*)(.+?)(?:\s{2,}.*)?", line.replace("\u00a0", " ")).groups()
        depth = len(branch) // 4
        parents[depth:] = [name.rstrip("/")]
        if not name.endswith("/"):
            yield "/".join(parents)
