"""A script names lines by their words; rows that are nobody's and labels of a diarizer name nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiorole.dataset.script.names import named_by_script
from audiorole.dataset.sources.scripts import named_speech
from audiorole.dataset.subtitles import RawCue, split
from audiorole.types import Utterance

SAID = (
    "The kettle is on the fire.",
    "I heard it whistle in the kitchen.",
    "Then pour the tea, my dear.",
    "In a minute.",
)


def put(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "a.script.txt"
    path.write_bytes(text.encode(encoding))
    return path


def subtitled(path: Path, language: str = "", said: tuple[str, ...] = SAID) -> list[tuple[str, str]]:
    cues = [RawCue(index=at, start=3.0 * at, end=3.0 * at + 2, text=text) for at, text in enumerate(said, start=1)]
    lines, _ = named_by_script(split(cues).lines, path, language)
    return [(line.cue.speaker, line.cue.label) for line in lines]


def spoken(path: Path) -> list[str]:
    lines = [Utterance(f"a/s01e01/u{at:05d}", 3.0 * at, 3.0 * at + 2, text=text) for at, text in enumerate(SAID, 1)]
    return [line.cue.speaker if line.cue else "" for line in named_speech(lines, [path], 0.5).lines]


@pytest.mark.parametrize("row", ["* the one with the hat > {text}", "{text}", "?? {text}"])
def test_a_row_that_is_nobodys_names_nobody(tmp_path: Path, row: str) -> None:
    rows = [f"MARTA: {SAID[0]}", row.format(text=SAID[1]), f"OLLE: {SAID[2]}", f"MARTA: {SAID[3]}"]
    path = put(tmp_path, "\n".join(rows))
    assert [speaker for speaker, _ in subtitled(path)] == ["MARTA", "", "OLLE", "MARTA"]
    assert spoken(path) == ["MARTA", "", "OLLE", "MARTA"]


@pytest.mark.parametrize("names", [("Speaker 1", "Speaker 2"), ("SPEAKER_00", "SPEAKER_01"), ("S1", "S2")])
def test_labels_of_a_diarizer_stay_labels(tmp_path: Path, names: tuple[str, str]) -> None:
    path = put(tmp_path, "\n".join(f"{names[at % 2]}: {text}" for at, text in enumerate(SAID)))
    assert subtitled(path) == [("", names[at % 2]) for at in range(4)]
    assert spoken(path) == [""] * 4


@pytest.mark.parametrize(("language", "encoding"), [("cs", "cp1250"), ("cze", "iso8859_2"), ("cs", "utf-8-sig")])
def test_old_encodings_of_scripts_go_by_the_language(tmp_path: Path, language: str, encoding: str) -> None:
    said = ("Konvice už vaří, paní učitelko.", "Slyšel jsem ji pískat v kuchyni.", "Tak nalij čaj, prosím.", "Hned.")
    path = put(tmp_path, "\n".join(f"{'Ř' if at % 2 else 'Š'}árka: {text}" for at, text in enumerate(said)), encoding)
    assert [speaker for speaker, _ in subtitled(path, language, said)] == ["Šárka", "Řárka"] * 2
