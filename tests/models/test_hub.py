"""The hub tier on tiny random weights saved to a folder: real classes of transformers, no network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from audiorole.errors import WeightsError  # noqa: E402
from audiorole.models import load_model  # noqa: E402
from audiorole.models.hub import MpNet, WavLmSv  # noqa: E402
from tests.models import tiny_hub  # noqa: E402


@pytest.fixture(scope="module")
def wavlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_hub.save_wavlm(tmp_path_factory.mktemp("wavlm"))


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_hub.save_mpnet(tmp_path_factory.mktemp("mpnet"))


def test_wavlm_voices(wavlm: Path) -> None:
    embedder = load_model("speaker-embedder", f"wavlm-sv@{wavlm}")
    noise = np.random.default_rng(0).standard_normal((2, 16000)).astype(np.float32) * 0.1
    voices = embedder.embed([noise[0], noise[0][:100], np.zeros(16000, dtype=np.float32), noise[0], noise[1]])
    assert voices.shape == (5, 24)
    np.testing.assert_allclose(np.linalg.norm(voices, axis=1), [1, 0, 0, 1, 1], atol=1e-5)
    np.testing.assert_allclose(voices[0], voices[3], atol=1e-6)
    assert not np.allclose(voices[0], voices[4], atol=1e-6)


def test_mpnet_meanings(mpnet: Path) -> None:
    meanings = load_model("text-embedder", f"mpnet@{mpnet}").embed_texts(["sunny house", " ", "rain"])
    assert meanings.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(meanings, axis=1), [1, 0, 1], atol=1e-5)
    assert float(meanings[0] @ meanings[2]) < 0.999


def test_fingerprint_follows_the_weights(wavlm: Path, mpnet: Path) -> None:
    assert WavLmSv.fingerprint(str(wavlm)) != WavLmSv.fingerprint(str(mpnet))
    assert WavLmSv.fingerprint("owner/repo@1") != WavLmSv.fingerprint("owner/repo@2")
    assert MpNet.fingerprint(None) != WavLmSv.fingerprint(None)


def test_an_empty_folder_is_a_weights_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="wavlm-sv cannot be loaded"):
        WavLmSv(str(tmp_path))


@pytest.fixture(scope="module")
def ecapa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_hub.save_ecapa(tmp_path_factory.mktemp("ecapa"))


def test_ecapa_voices(ecapa: Path) -> None:
    embedder = load_model("speaker-embedder", f"ecapa@{ecapa}")
    noise = np.random.default_rng(0).standard_normal((2, 16000)).astype(np.float32) * 0.1
    voices = embedder.embed([noise[0], noise[0][:100], np.zeros(16000, dtype=np.float32), 0.5 * noise[0], noise[1]])
    assert voices.shape == (5, 12)
    np.testing.assert_allclose(np.linalg.norm(voices, axis=1), [1, 0, 0, 1, 1], atol=1e-5)
    np.testing.assert_allclose(voices[0], voices[3], atol=1e-4, err_msg="a voice does not depend on its level")
    assert not np.allclose(voices[0], voices[4], atol=1e-6)


def test_what_is_no_ecapa_is_told(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "embedding_model.ckpt")
    with pytest.raises(WeightsError, match="is not an ECAPA-TDNN"):
        load_model("speaker-embedder", f"ecapa@{tmp_path}")


@pytest.fixture(scope="module")
def utmos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_hub.save_utmos(tmp_path_factory.mktemp("utmos"))


def test_utmos_scores(utmos: Path) -> None:
    model = load_model("quality", f"utmos@{utmos}")
    noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1
    scores = [mos.overall for mos in model.mos([noise, noise, noise[:100], np.zeros(0, dtype=np.float32)])]
    assert scores[0] == scores[1]
    assert all(1 <= score <= 5 for score in scores)
    assert scores[0] != scores[3]
    assert model.mos([noise])[0].speech is None
