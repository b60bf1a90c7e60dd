"""A published dataset in other formats: the libraries that they are for read back what was written."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from audiorole.errors import InputError, UnknownNameError
from audiorole.pipeline.store import hash_file
from audiorole.published.formats import FORMATS
from audiorole.published.lines import publish_as
from audiorole.published.schema import row, schema
from audiorole.types import Naming, Place, Utterance

RATE = 16000
SPLITS = {"train": "show/s01e01", "test": "show/s01e02"}


def tone(number: int) -> np.ndarray:
    return (0.3 * np.sin(np.arange(8000 + 160 * number) / (8 + number)) * 32767).astype(np.int16)


def encoded(number: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(number), RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def line(episode: str, number: int) -> Utterance:
    start = 2.0 * number
    return Utterance(
        id=f"{episode}/u{number:05d}",
        start=start,
        end=start + len(tone(number)) / RATE,
        text=f"Is this Zoë's number {number}?",
        language="en",
        naming=Naming("Ann Lee" if number % 2 else "", 0.9, "voice_02"),
        place=Place(f"{episode}/c001", f"{episode}/d001.01", number, (f"{episode}/u00000",)),
    )


@pytest.fixture
def out(tmp_path):
    for split, episode in SPLITS.items():
        rows = [row(line(episode, n), encoded(n), "flac", "ab") for n in range(1, 4)]
        path = tmp_path / "out" / "dataset" / split / f"{episode.replace('/', '-')}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(RATE)), path)
    return tmp_path / "out"


def test_lhotse_reads_recordings_supervisions_and_cuts(out, tmp_path):
    lhotse = pytest.importorskip("lhotse", reason="needs the package lhotse (audiorole[dev])")
    assert publish_as(out, "lhotse", tmp_path / "l") == 6
    cuts = lhotse.CutSet.from_file(tmp_path / "l" / "cuts_train.jsonl.gz").with_recording_path_prefix(tmp_path / "l")
    recordings = lhotse.RecordingSet.from_file(tmp_path / "l" / "recordings_train.jsonl.gz")
    supervisions = lhotse.SupervisionSet.from_file(tmp_path / "l" / "supervisions_train.jsonl.gz")
    lhotse.validate_recordings_and_supervisions(recordings.with_path_prefix(tmp_path / "l"), supervisions)
    for number, cut in enumerate(cuts, start=1):
        lhotse.validate(cut)
        assert np.array_equal(np.round(cut.load_audio()[0] * 32768), tone(number))
        (found,) = cut.supervisions
        assert (found.text, found.speaker) == (
            f"Is this Zoë's number {number}?",
            "show/Ann Lee" if number % 2 else "show/voice_02",
        )
        assert found.custom["episode_start"] == 2.0 * number
    assert [cut.id for cut in cuts] == [f"show/s01e01/u{n:05d}" for n in (1, 2, 3)]


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_webdataset_reads_pairs(out, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="needs the package webdataset (audiorole[dev])")
    publish_as(out, "webdataset", tmp_path / "w")
    samples = list(webdataset.WebDataset(str(tmp_path / "w" / "train-000000.tar"), shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [f"show-s01e01-u{n:05d}" for n in (1, 2, 3)]
    for number, sample in enumerate(samples, start=1):
        assert np.array_equal(soundfile.read(io.BytesIO(sample["flac"]), dtype="int16")[0], tone(number))
        assert json.loads(sample["json"])["text"] == f"Is this Zoë's number {number}?"


def test_webdataset_starts_a_new_shard_when_one_is_full(out, tmp_path, monkeypatch):
    monkeypatch.setattr("audiorole.published.formats.webdataset.SHARD_BYTES", 1)
    publish_as(out, "webdataset", tmp_path / "w")
    names = sorted(path.name for path in (tmp_path / "w").iterdir())
    assert names == [f"{split}-{n:06d}.tar" for split in ("test", "train") for n in range(3)]


def test_nemo_manifest_points_to_audio_of_its_duration(out, tmp_path):
    publish_as(out, "nemo", tmp_path / "n")
    entries = [json.loads(text) for text in (tmp_path / "n" / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["id"] for entry in entries] == [f"show/s01e02/u{n:05d}" for n in (1, 2, 3)]
    for entry in entries:
        info = soundfile.info(tmp_path / "n" / entry["audio_filepath"])
        assert info.frames / info.samplerate == pytest.approx(entry["duration"], abs=1e-3)


def test_rttm_is_read_by_another_library(out, tmp_path):
    lhotse = pytest.importorskip("lhotse", reason="needs the package lhotse (audiorole[dev])")
    publish_as(out, "rttm", tmp_path / "r")
    turns = list(lhotse.SupervisionSet.from_rttm(tmp_path / "r" / "show-s01e01.rttm"))
    assert [turn.speaker for turn in turns] == ["show/Ann_Lee", "show/voice_02", "show/Ann_Lee"]
    assert [turn.start for turn in turns] == [2.0, 4.0, 6.0]
    assert turns[0].duration == pytest.approx(len(tone(1)) / RATE, abs=1e-3)


@pytest.mark.parametrize("name", FORMATS.names())
def test_the_same_build_gives_the_same_bytes(name, out, tmp_path):
    found = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        publish_as(out, name, folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        found.append({str(path.relative_to(folder)): hash_file(path) for path in files})
    assert found[0] == found[1]
    assert found[0]


def test_nothing_is_overwritten_and_nothing_half_written_stays(out, tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="already there"):
        publish_as(out, "rttm", tmp_path / "mine")
    with pytest.raises(InputError, match="no published dataset"):
        publish_as(tmp_path / "mine", "rttm", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]
    with pytest.raises(UnknownNameError, match="Did you mean 'nemo'"):
        publish_as(out, "nemoo", tmp_path / "new")
