"""What is kept of an episode's audio is what was heard, to the sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiorole.audio.kept import keep_audio, kept_audio
from audiorole.audio.pcm import decode_to_pcm
from audiorole.testing.media import write_media


@pytest.mark.parametrize("seconds", [0.01, 1.0, 61.3, 120.0])
def test_samples_come_back_as_they_were(tmp_path: Path, seconds: float) -> None:
    noise = np.random.default_rng(3).uniform(-1, 1, round(seconds * 48000)).astype(np.float32)
    heard = decode_to_pcm(write_media(tmp_path / "a.mka", noise), 0, 16000, tmp_path / "scratch")
    keep_audio(heard, tmp_path / "a.flac")
    keep_audio(heard, tmp_path / "b.flac")
    found = kept_audio(tmp_path / "a.flac", tmp_path / "again")
    assert (found.sample_rate, found.num_samples) == (16000, heard.num_samples) != (16000, 0)
    np.testing.assert_array_equal(found.samples(0, found.num_samples), heard.samples(0, heard.num_samples))
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()
    heard.close()
    found.close()
