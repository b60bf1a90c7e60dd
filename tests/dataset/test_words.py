"""Small parts of the line: text, numbers of lines, cast, files beside the media, columns, scenes, languages."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorole.core.toml_places import line_of
from audiorole.dataset.input.beside import cast_file, script_file, subtitle_files
from audiorole.dataset.input.cast import completed, display_name, name_index, name_key, read_cast
from audiorole.dataset.input.release.languages import same_language, two_letters
from audiorole.dataset.lines.scenes import SceneModel, is_scene_break, scene_features
from audiorole.dataset.lines.segmentation import (
    Boundary,
    Placement,
    place,
    speech_regions,
    split_at_changes,
    split_long,
)
from audiorole.dataset.lines.text import normalised, repeated_share
from audiorole.dataset.names.columns import Columns, given_names
from audiorole.errors import InputError
from audiorole.naming import NO_SEED, SOMEONE_ELSE
from audiorole.testing.desk import frames, line
from audiorole.types import Cast, Character
from audiorole.types.ids import line_numbers, rows_of
from tests.dataset.faces import no_faces


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Žluťoučký KŮŇ!", "žluťoučký kůň"),
        ("It’s — well… 3 p.m.", "it's well 3 p m"),
        ("♪ ♪", ""),
        ("你好,世界", "你好 世界"),
    ],
)
def test_words_of_any_script_are_compared(text, plain):
    assert normalised(text) == plain


def test_loops_are_told_from_talk():
    assert repeated_share("thank you so much " * 10) > 0.8
    assert repeated_share("never in my life have I seen a fish wear such a hat") == 0.0


@given(st.lists(st.integers(0, 500), unique=True), st.lists(st.integers(0, 500), unique=True))
def test_rows_are_found_by_the_numbers_of_lines(saved, wanted):
    rows = rows_of([line(n, 0, 1) for n in wanted], np.array(saved, dtype=np.int32))
    assert [saved[row] if row >= 0 else None for row in rows] == [n if n in saved else None for n in wanted]


def test_numbers_of_lines_are_read_off_their_ids():
    assert line_numbers([line(42, 0, 1)]).tolist() == [42]


CAST = '[[character]]\nname = "Marigold"\naliases = ["Miss Finch"]\n\n[[character]]\nname = "Otis"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "cast.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_and_aliases_lead_to_their_character(tmp_path):
    cast = read_cast(written(tmp_path, CAST))
    assert name_index(cast.character) == {"marigold": 0, "miss finch": 0, "otis": 1}


OTIS = '[[character]]\nname = "Otis"\n'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[[character]]\nnam = 'Otis'", 2, "'nam' is no key of [[character]]; did you mean 'name'?"),
        ("[[character]]\nname = 'Otis'\nalias = ['O']", 3, "did you mean 'aliases'?"),
        ("\n[[characters]]\nname = 'Otis'", 2, "'characters' is no key of cast.toml; did you mean 'character'?"),
        ("[[character]]\nname = 'Otis'\ncolour = 'red'", 3, "known: name, aliases, actor, gender, references"),
        (OTIS + "[[character]]\naliases = ['B']", 3, "[[character]] has no 'name'"),
        ("[[character]]\nname = 3", 2, "'name' must be text in quotes, and is a number"),
        (OTIS + "aliases = 'O'", 3, "'aliases' must be a list in brackets"),
        (OTIS + "references = ['a.wav']", 3, "must be a table"),
        (OTIS + "[[character.references]]\npath = 'a.wav'\nend = '0:33'", 5, "'end' must be a number, and is text"),
        (OTIS + "[[character.references]]\nfile = 'a.wav'", 4, "'file' is no key of a clip"),
        (OTIS + "\n# two\n[[character.references]]\nend = 2.0", 5, "a clip of references has no 'path'"),
        (OTIS + "references = [{ path = 'a.wav', start = 3.0, end = 2.0 }]", 3, "cannot run from 3.0 to 2.0"),
        (OTIS + 'gender = "f"', 3, "'Otis': gender 'f' is none of female, male, other"),
        (OTIS + 'actor = """\na\tb"""', 3, "a name holds a control character"),
        (CAST + '[[character]]\nname = "OTIS"\n', CAST.count("\n") + 1, "two characters are called 'otis': Otis"),
    ],
)
def test_a_cast_that_is_wrong_says_where_in_words(tmp_path, text, line, problem):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_cast(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert problem in str(error.value)
    assert "$" not in str(error.value)


def test_a_cast_that_is_no_toml_says_where(tmp_path):
    with pytest.raises(InputError, match=r"cast\.toml: not a cast file: .*line 1"):
        read_cast(written(tmp_path, "[[character]\n"))


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ("a = 1\nb = 2", ("b",), 2),
        ("[x]\na = 1\n[y]\na = 2", ("y", "a"), 4),
        ("[[c]]\na = 1\n[[c.d]]\ne = 1\n[[c.d]]\ne = 2\n[[c]]\n[[c.d]]\ne = 3", ("c", 1, "d", 0, "e"), 9),
        ("[[c]]\na = 1\n[[c.d]]\ne = 1\n[[c.d]]\ne = 2", ("c", 0, "d", 1, "e"), 6),
        ('[ "x y" . z ]\nk.l = 1', ("x y", "z", "k", "l"), 2),
        ('a = """\n[x]\nb = 2\n"""\nb = 3', ("b",), 5),
        ("# a = 1\na = [\n  1,\n]\nb = 2", ("b",), 5),
        ("[x]\na = { b = 1 }", ("x", "a", "b"), 2),
        ("a = 1", ("z",), None),
    ],
)
def test_the_line_of_a_key_is_found(text, place, line):
    assert line_of(text, place) == line


def test_names_that_cues_give_often_enough_join_the_cast():
    cast = completed(Cast((Character("Otis"),)), Counter({"OTIS": 9, "SMALL FISH": 2, "Small Fish": 1, "MAN": 2}), 3)
    assert [character.name for character in cast.character] == ["Otis", "Small Fish"]


@pytest.mark.parametrize(("shouted", "shown"), [("ZOË", "Zoë"), ("McGee", "McGee"), ("MARY-LOU", "Mary-Lou")])
def test_names_are_shown_as_a_person_writes_them(shouted, shown):
    assert display_name(shouted) == shown
    assert name_key(shouted) == name_key(shown)


def test_what_lies_beside_a_film_is_found(tmp_path):
    folder = tmp_path / "Show" / "Season 1"
    (folder / "Subs" / "Show.S01E01").mkdir(parents=True)
    names = (
        "Show.S01E01.srt",
        "Show.S01E01.en.sdh.ass",
        "Show.S01E01.de.forced.vtt",
        "Show.S01E010.srt",
        "notes.srt",
        "Show.S01E02.mkv",
    )
    for name in (*names, "Show.S01E01.script.txt", "Subs/Show.S01E01/2_English.srt", "Subs/Show.S01E01.cs.srt"):
        (folder / name).write_text("x")
    (tmp_path / "Show" / "cast.toml").write_text("")
    media = folder / "Show.S01E01.mkv"
    found = {Path(x.path).name: (x.language, x.sdh, x.forced) for x in subtitle_files(media, tmp_path)}
    assert found == {
        "Show.S01E01.srt": ("", False, False),
        "Show.S01E01.en.sdh.ass": ("en", True, False),
        "Show.S01E01.de.forced.vtt": ("de", False, True),
        "2_English.srt": ("en", False, False),
        "Show.S01E01.cs.srt": ("cs", False, False),
    }
    assert script_file(media) == folder / "Show.S01E01.script.txt"
    assert cast_file(media, tmp_path) == tmp_path / "Show" / "cast.toml"
    assert cast_file(media, folder) is None


@pytest.mark.parametrize(("first", "second", "same"), [("eng", "en", True), ("pt-BR", "por", True), ("", "", False)])
def test_language_codes_of_all_kinds_compare(first, second, same):
    assert same_language(first, second) is same
    assert two_letters("cze") == two_letters("ces") == "cs"


def test_columns_keep_rows_names_and_episodes_together():
    columns = Columns(Cast((Character("Otis"), Character("Marigold", aliases=("Miss Finch",)))))
    first = [line(1, 0, 1, speaker="OTIS"), line(2, 1, 2), line(3, 2, 3, speaker="MISS FINCH")]
    second = [line(1, 0, 1, speaker="STRANGER")]
    columns.add("show/e1", first, np.eye(3, 4)[[2, 0]], np.array([3, 1], np.int32), no_faces(first), use_cues=True)
    columns.add("show/e2", second, np.ones((1, 4)), np.array([1], np.int32), no_faces(second), use_cues=True)
    assert list(columns.slices()) == [("show/e1", slice(0, 3)), ("show/e2", slice(3, 4))]
    found = columns.finish()
    assert found.seed.tolist() == [0, NO_SEED, 1, SOMEONE_ELSE]
    assert found.episode.tolist() == [0, 0, 0, 1]
    assert found.embedding.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1]]
    assert given_names(first) == {"OTIS": 1, "MISS FINCH": 1}


def test_a_scene_breaks_at_a_long_pause_with_another_cast_and_not_within_talk():
    lines = [line(n, 3.0 * n, 3.0 * n + 2.5, who="AB"[n % 2]) for n in range(6)]
    lines += [line(10 + n, 60 + 3.0 * n, 60 + 3.0 * n + 2.5, who="CD"[n % 2]) for n in range(6)]
    spans = [(x.start, x.end) for x in lines]
    speech = frames(90.0, *spans) > 0
    clock = np.arange(len(speech)) / 31.25
    level = np.where(speech, -20.0, np.where(clock < 40, -60.0, -40.0)).astype(np.float32)
    breaks = is_scene_break(scene_features(lines, level, speech), SceneModel())
    assert np.flatnonzero(breaks).tolist() == [5]


def test_no_gap_has_no_features():
    nothing = np.zeros(0, np.float32)
    assert scene_features([], nothing, nothing > 0).shape == (0, 5)
    assert scene_features([line(1, 0, 1)], nothing, nothing > 0).shape == (0, 5)


@pytest.mark.parametrize(
    ("cast", "pause", "breaks"),
    [("AB", 0.4, []), ("AB", 1.2, []), ("CD", 0.4, []), ("CD", 4.0, [5]), ("CD", 20.0, [5])],
)
def test_neither_a_pause_alone_within_talk_nor_others_who_join_break_a_scene(cast, pause, breaks):
    lines = [line(n, 3.0 * n, 3.0 * n + 2.5, who="AB"[n % 2]) for n in range(6)]
    begin = lines[-1].end + pause
    lines += [line(10 + n, begin + 3.0 * n, begin + 3.0 * n + 2.5, who=cast[n % 2]) for n in range(6)]
    speech = frames(90.0, *((x.start, x.end) for x in lines)) > 0
    level = np.where(speech, -20.0, -50.0).astype(np.float32)
    found = is_scene_break(scene_features(lines, level, speech), SceneModel())
    assert np.flatnonzero(found).tolist() == breaks


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 6)), min_size=1, max_size=12), st.integers(0, 99))
def test_placed_lines_stay_in_order_near_their_cues_and_keep_their_least_length(given_lines, seed):
    how = Placement()
    speech = np.random.default_rng(seed).random(round(60 * 31.25)).astype(np.float32)
    cues = sorted((start, start + length) for start, length in given_lines)
    lines = [Boundary(*cue, overlaps=index > 0 and cue[0] < cues[index - 1][1] - 0.3) for index, cue in enumerate(cues)]
    placed = place(lines, speech, how)
    assert len(placed) == len(lines)
    for (start, end), cue in zip(placed, lines, strict=True):
        assert end - start >= how.min_duration - 1 / 31.25
        assert abs(start - cue.start) <= how.reach + how.lead + 0.1 or start >= cue.start


def test_speech_regions_close_gaps_and_leave_blips_out():
    speech = frames(20.0, (2, 4), (4.1, 6), (9, 9.1), (12, 13)) / np.float32(100)
    assert speech_regions(speech) == [(pytest.approx(2, abs=0.04), pytest.approx(6, abs=0.04)), (12.0, 12.992)]


@given(st.floats(0, 5), st.floats(0.5, 50), st.floats(1, 15))
def test_long_stretches_are_cut_without_a_hole(start, length, longest):
    speech = np.full(round(60 * 31.25), 0.9, np.float32)
    parts = split_long(start, start + length, speech, longest)
    assert (parts[0][0], parts[-1][1]) == (start, start + length)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))
    assert all(end - begin <= longest for begin, end in parts)


@given(st.floats(0, 5), st.floats(0.1, 20), st.lists(st.floats(0, 25), max_size=8))
def test_cuts_at_changes_leave_no_hole_and_no_crumb(start, length, changes):
    change = np.zeros(round(30 * 31.25), np.float32)
    change[[round(at * 31.25) for at in changes]] = 0.8
    parts = split_at_changes(start, start + length, change, 0.5)
    assert (parts[0][0], parts[-1][1]) == (start, start + length)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))
    assert len(parts) == 1 or min(end - begin for begin, end in parts) >= 0.35 - 1 / 31.25
