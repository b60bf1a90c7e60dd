"""The hub tier on tiny random weights saved to a folder: real classes of transformers, no network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from audiorole.errors import WeightsError  # noqa: E402
from audiorole.models import load_model  # noqa: E402
from audiorole.models.hub import MpNet, WavLmSv  # noqa: E402


@pytest.fixture(scope="module")
def wavlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wavlm")
    torch.manual_seed(0)
    config = transformers.WavLMConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=37, conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, xvector_output_dim=24, tdnn_dim=(16,) * 5,
    )  # fmt: skip
    transformers.WavLMForXVector(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mpnet")
    torch.manual_seed(0)
    words = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>", "sun", "##ny", "rain", "house"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    config = transformers.MPNetConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=37,
        max_position_embeddings=64,
    )  # fmt: skip
    transformers.MPNetModel(config).save_pretrained(folder)
    transformers.MPNetTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


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
