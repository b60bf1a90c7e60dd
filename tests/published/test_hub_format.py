"""The published Parquet opens with Hugging Face `datasets` and no code of ours."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from audiorole.published.schema import row, schema
from audiorole.types import Cue, Naming, Place, Quality, Speech, Transcript, Utterance, Word

datasets = pytest.importorskip("datasets", reason="needs the package datasets (audiorole[dev])")


def line() -> Utterance:
    return Utterance(
        id="show/s01e02/u00042",
        start=1.0,
        end=2.0,
        text="Is this Zoë's?",
        cue=Cue("s01e02.srt", 7, 0.9, 2.1, "ZOE: Is this Zoë's?", line=21, speaker="ZOE", sounds=("DOOR",)),
        speech=Speech(0.9),
        transcript=Transcript(agreement=0.98, words=(Word("is", 1.0, 1.2),)),
        quality=Quality("A", dnsmos=3.4),
        naming=Naming("Zoë", 0.99, "voice_02"),
        place=Place("show/s01e02/c001", "show/s01e02/d001.01", 3, ("show/s01e02/u00041",), "Gus"),
        split="train",
    )


@pytest.mark.filterwarnings("ignore")  # the library's own
def test_a_row_comes_back_with_its_audio(tmp_path):
    buffer = io.BytesIO()
    tone = (0.3 * np.sin(np.arange(16000) / 10) * 32767).astype(np.int16)
    soundfile.write(buffer, tone, 16000, format="FLAC", subtype="PCM_16")
    (tmp_path / "train").mkdir()
    table = pa.Table.from_pylist([row(line(), buffer.getvalue(), "flac", "ab")], schema=schema(16000))
    pq.write_table(table, tmp_path / "train" / "show-s01e02.parquet")

    loaded = datasets.load_dataset("parquet", data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"))["train"]

    assert loaded.features["audio"].sampling_rate == 16000
    assert isinstance(loaded.features["audio"], datasets.Audio)
    raw = loaded.cast_column("audio", datasets.Audio(decode=False))[0]
    samples, rate = soundfile.read(io.BytesIO(raw["audio"]["bytes"]), dtype="int16")
    assert rate == 16000
    assert np.array_equal(samples, tone)
    assert (raw["character"], raw["turn"], raw["sounds"], raw["words"][0]["text"]) == ("Zoë", 3, ["DOOR"], "is")
