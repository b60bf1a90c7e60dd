"""Corpora in other formats: the libraries that they are for read back counts, durations, text and sound."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import soundfile

from audiorole.pipeline.store import hash_file
from audiorole.published.exporting import export_lines
from audiorole.published.formats.corpora.nemo import whole_seconds
from audiorole.published.lines import published_lines
from tests.published.tiny import RATE, TEXTS, tone

VOICES = ["show/Gus", "show/Ann Lee", "show/Gus", "show/voice_03", "show/Ann_Lee", "show/Gus"]


def test_lhotse_reads_recordings_supervisions_and_cuts(out, tmp_path):
    lhotse = pytest.importorskip("lhotse", reason="needs the package lhotse (audiorole[dev])")
    assert export_lines(out, "lhotse", tmp_path / "l").kept == 18
    cuts = lhotse.CutSet.from_file(tmp_path / "l" / "cuts_test.jsonl.gz").with_recording_path_prefix(tmp_path / "l")
    recordings = lhotse.RecordingSet.from_file(tmp_path / "l" / "recordings_test.jsonl.gz")
    supervisions = lhotse.SupervisionSet.from_file(tmp_path / "l" / "supervisions_test.jsonl.gz")
    lhotse.validate_recordings_and_supervisions(recordings.with_path_prefix(tmp_path / "l"), supervisions)
    for number, cut in enumerate(cuts, start=1):
        lhotse.validate(cut)
        assert np.array_equal(np.round(cut.load_audio()[0] * 32768), tone(number))
        assert cut.duration == len(tone(number)) / RATE
        (found,) = cut.supervisions
        assert (found.text, found.speaker) == (TEXTS[number - 1], VOICES[number - 1])
        assert found.custom["episode_start"] == 3.0 * number
    assert [cut.id for cut in cuts] == [f"show/s01e02/u{n:05d}" for n in range(1, 7)]


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_webdataset_reads_pairs(out, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="needs the package webdataset (audiorole[dev])")
    export_lines(out, "webdataset", tmp_path / "w")
    samples = list(webdataset.WebDataset(str(tmp_path / "w" / "test-000000.tar"), shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [f"show-s01e02-u{n:05d}" for n in range(1, 7)]
    for number, sample in enumerate(samples, start=1):
        assert np.array_equal(soundfile.read(io.BytesIO(sample["flac"]), dtype="int16")[0], tone(number))
        assert json.loads(sample["json"])["text"] == TEXTS[number - 1]


def test_webdataset_starts_a_new_shard_when_one_is_full(out, tmp_path, monkeypatch):
    monkeypatch.setattr("audiorole.published.formats.corpora.webdataset.SHARD_BYTES", 1)
    export_lines(out, "webdataset", tmp_path / "w")
    names = sorted(path.name for path in (tmp_path / "w").glob("*.tar"))
    assert names == [*(f"test-{n:06d}.tar" for n in range(6)), *(f"train-{n:06d}.tar" for n in range(12))]


def test_nemo_manifest_points_to_audio_of_its_duration(out, tmp_path):
    export_lines(out, "nemo", tmp_path / "n")
    entries = [json.loads(text) for text in (tmp_path / "n" / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(entry["id"], entry["speaker"], entry["text"]) for entry in entries] == [
        (f"show/s01e02/u{n:05d}", VOICES[n - 1], TEXTS[n - 1]) for n in range(1, 7)
    ]
    for number, entry in enumerate(entries, start=1):
        samples, rate = soundfile.read(tmp_path / "n" / entry["audio_filepath"], dtype="int16")
        assert int(entry["duration"] * rate) == len(samples), "NeMo would not read all of it"
        assert np.array_equal(samples, tone(number))


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_nemo_reads_every_sample_of_a_file(rate):
    frames = [*range(1, 60_000, 7), 30 * rate - 1, 30 * rate, 30 * rate + 1]
    assert all(int(whole_seconds(count, rate) * rate) == count for count in frames)
    assert all(abs(whole_seconds(count, rate) * rate - count) < 1e-6 for count in frames)


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_croissant_is_valid_and_its_records_are_the_lines(out, tmp_path):
    mlcroissant = pytest.importorskip("mlcroissant", reason="needs the package mlcroissant (audiorole[dev])")
    export_lines(out, "croissant", tmp_path / "c")
    dataset = mlcroissant.Dataset(tmp_path / "c" / "croissant.json")
    assert not dataset.metadata.issues.errors
    assert all("datePublished" in each for each in dataset.metadata.issues.warnings)  # bytes hold no clock
    assert {name for name in dataset.metadata.to_json() if name.startswith("rai:")} >= {
        "rai:dataCollection",
        "rai:dataBiases",
        "rai:personalSensitiveInformation",
        "rai:dataSocialImpact",
        "rai:dataUseCases",
        "rai:dataLimitations",
        "rai:dataAnnotationProtocol",
        "rai:machineAnnotationTools",
    }
    records = {record["lines/id"].decode(): record for record in dataset.records("lines")}
    lines = {line.id: line for line in published_lines(out)}
    assert set(records) == set(lines)
    for name, line in lines.items():
        record = records[name]
        assert record["lines/text"].decode() == line.values["text"]
        assert record["lines/duration"] == line.values["duration"]
        assert record["lines/audio"] == line.audio
        words = [(word["lines/words/text"].decode(), word["lines/words/start"]) for word in record["lines/words"]]
        assert words == [(word["text"], word["start"]) for word in line.values["words"]]


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_croissant_notices_a_file_that_was_changed(out, tmp_path):
    pytest.importorskip("mlcroissant", reason="needs the package mlcroissant (audiorole[dev])")
    export_lines(out, "croissant", tmp_path / "c")
    described = json.loads((tmp_path / "c" / "croissant.json").read_text(encoding="utf-8"))
    files = {one["contentUrl"]: one["sha256"] for one in described["distribution"] if "contentUrl" in one}
    assert files == {
        str(path.relative_to(tmp_path / "c")): hash_file(path) for path in (tmp_path / "c").glob("*/*.parquet")
    }


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_a_smaller_dataset_opens_as_the_dataset_does(out, tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs the package datasets (audiorole[dev])")
    from audiorole.published.selection import Selection

    export_lines(out, "parquet", tmp_path / "p", Selection(tiers=("A",), splits=("train",)))
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset("parquet", data_dir=str(tmp_path / "p"), cache_dir=cache)["train"]
    loaded = loaded.cast_column("audio", datasets.Audio(decode=False))
    assert [row["id"] for row in loaded] == [f"{s}/s01e01/u0000{n}" for s in ("other", "show") for n in (1, 4, 5)]
    again = export_lines(tmp_path / "p", "parquet", tmp_path / "q")
    assert again.kept == again.lines == 6
    for path in sorted((tmp_path / "p").glob("*/*.parquet")):
        assert path.read_bytes() == (tmp_path / "q" / path.relative_to(tmp_path / "p")).read_bytes()
