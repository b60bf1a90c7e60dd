"""Which lines of a published dataset a voice is fitted to."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from audiorole.errors import InputError
from audiorole.published.schema import FIELDS, schema
from audiorole.training.talker.lines import VoiceLine, clarity, cleanest, kept_back, split_lines, voice_lines


def row(number: int, **fields: object) -> dict[str, object]:
    sound = io.BytesIO()
    soundfile.write(sound, np.full(48_000, 0.1, np.float32), 24_000, format="FLAC")
    values: dict[str, object] = {name: None for name, _ in FIELDS}
    values |= {"id": f"show/s01e01/u{number:05d}", "text": f"Line {number}.", "normalised": "", "character": "Gus"}
    values |= {
        "audio": {"bytes": sound.getvalue(), "path": "u.flac"},
        "duration": 2.0,
        "series": "show",
        "snr_db": 20.0,
    }
    return values | fields


def dataset(folder: Path, **splits: list[dict[str, object]]) -> Path:
    for split, rows in splits.items():
        path = folder / "dataset" / split / "show-s01e01.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(24_000)), path)
    return folder


def phonemize(text: str) -> str:
    return text.lower()


def test_the_test_split_other_people_and_unclear_lines_are_left_out(tmp_path: Path) -> None:
    train = [
        row(1),
        row(2, character="Otis"),
        row(3, overlap_share=0.4),
        row(4, duplicate_of="show/s01e01/u00001"),
        row(5, duration=0.4),
        row(6, duration=40.0),
        row(7, text="  "),
        row(8, series="other"),
        row(9, normalised="line nine"),
    ]
    found = voice_lines(dataset(tmp_path, train=train, test=[row(20)], validation=[row(30)]), "Gus", phonemize, "show")
    assert [int(line.id[-5:]) for line in found] == [1, 9, 30]
    assert [line.phonemes for line in found] == ["line 1.", "line nine", "line 30."]
    assert all(len(line.waveform) == 32_000 and line.waveform.dtype == np.float32 for line in found)
    assert [line.validation for line in found] == [kept_back(line.id) for line in found]


@pytest.mark.parametrize("who", ["Nobody", "Otis"])
def test_a_character_without_lines_is_named(tmp_path: Path, who: str) -> None:
    folder = dataset(tmp_path, train=[row(1)], test=[row(2, character="Otis")])
    with pytest.raises(InputError, match=who):
        voice_lines(folder, who, phonemize)


def test_a_folder_without_a_dataset_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        voice_lines(tmp_path, "Gus", phonemize)


def test_a_fifth_of_the_lines_is_kept_back_and_always_the_same() -> None:
    kept = [kept_back(f"show/s01e01/u{number:05d}") for number in range(2000)]
    assert 0.17 < np.mean(kept) < 0.23
    assert kept == [kept_back(f"show/s01e01/u{number:05d}") for number in range(2000)]


def test_noise_music_and_a_poor_score_make_a_line_less_clear(tmp_path: Path) -> None:
    best = clarity(30.0, 3.5, 0.0)
    assert best > clarity(10.0, 3.5, 0.0)
    assert best > clarity(30.0, 2.0, 0.0)
    assert best > clarity(30.0, 3.5, 0.8)
    assert clarity(None, None, None) < best
    rows = [row(1, snr_db=5.0), row(2, snr_db=35.0), row(3, snr_db=20.0)]
    found = cleanest(voice_lines(dataset(tmp_path, train=rows), "Gus", phonemize), 2)
    assert [int(line.id[-1]) for line in found] == [2, 3]


@pytest.mark.parametrize(("count", "marked"), [(9, 0), (9, 1), (9, 3), (2, 0), (1, 0), (0, 0)])
def test_two_lines_are_kept_back_where_the_share_leaves_fewer(count: int, marked: int) -> None:
    silence = np.zeros(16_000, np.float32)
    lines = [VoiceLine(f"u{at}", silence, "t", "t", 0.0, at < marked) for at in range(count)]
    learned, kept = ([line.id for line in part] for part in split_lines(lines))
    assert len(kept) == min(count, max(2, marked))
    assert sorted([*learned, *kept]) == [line.id for line in lines]
    assert {line.id for line in lines if line.validation} <= set(kept)
    assert {line.id for line in split_lines(lines[::-1])[1]} == set(kept)
