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


def _layer(name: str, channels: int, out: int, kernel: int = 1) -> dict[str, torch.Tensor]:
    """Random weights of one layer, by the checkpoint's names."""
    ones = {f"{name}.norm.norm.{part}": torch.ones(out) for part in ("weight", "running_var")}
    zeros = {f"{name}.norm.norm.{part}": torch.zeros(out) for part in ("bias", "running_mean")}
    steps = {f"{name}.norm.norm.num_batches_tracked": torch.tensor(1)}
    return _conv(f"{name}.conv", channels, out, kernel) | ones | zeros | steps


def _conv(name: str, channels: int, out: int, kernel: int = 1) -> dict[str, torch.Tensor]:
    scale = (channels * kernel) ** -0.5
    return {f"{name}.conv.weight": torch.randn(out, channels, kernel) * scale, f"{name}.conv.bias": torch.zeros(out)}


@pytest.fixture(scope="module")
def ecapa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ECAPA-TDNN: 16 channels in 4 parts, 12 dimensions."""
    folder = tmp_path_factory.mktemp("ecapa")
    torch.manual_seed(0)
    weights = _layer("blocks.0", 80, 16, 5)
    for at in (1, 2, 3):
        block = f"blocks.{at}"
        weights |= _layer(f"{block}.tdnn1", 16, 16) | _layer(f"{block}.tdnn2", 16, 16)
        weights |= _conv(f"{block}.se_block.conv1", 16, 8) | _conv(f"{block}.se_block.conv2", 8, 16)
        for part in range(3):
            weights |= _layer(f"{block}.res2net_block.blocks.{part}", 4, 4, 3)
    weights |= _layer("mfa", 48, 24) | _layer("asp.tdnn", 72, 8) | _conv("asp.conv", 8, 24)
    weights |= {
        name.replace("x.norm", "asp_bn"): part for name, part in _layer("x", 1, 48).items() if name.startswith("x.norm")
    }
    torch.save(weights | _conv("fc", 48, 12), folder / "embedding_model.ckpt")
    return folder


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
    """A small UTMOS: the real encoder's class with 32 hidden units, three judges."""
    folder = tmp_path_factory.mktemp("utmos")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=37, conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    config.save_pretrained(folder)
    encoder = transformers.Wav2Vec2Model(config).state_dict()
    weights = {f"ssl_encoder.model.{name}": part for name, part in encoder.items()}
    weights |= {"domain_embedding.weight": torch.randn(3, 4), "judge_embedding.weight": torch.randn(3, 4)}
    weights |= {f"decoder.{name}": part for name, part in torch.nn.LSTM(40, 8, bidirectional=True).state_dict().items()}
    head = {"0": torch.nn.Linear(16, 20), "3": torch.nn.Linear(20, 1)}
    for at, layer in head.items():
        weights |= {f"classifier.{at}.{name}": part for name, part in layer.state_dict().items()}
    torch.save(weights, folder / "utmos.ckpt")
    return folder


def test_utmos_scores(utmos: Path) -> None:
    model = load_model("quality", f"utmos@{utmos}")
    noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.1
    scores = [mos.overall for mos in model.mos([noise, noise, noise[:100], np.zeros(0, dtype=np.float32)])]
    assert scores[0] == scores[1]
    assert all(1 <= score <= 5 for score in scores)
    assert scores[0] != scores[3]
    assert model.mos([noise])[0].speech is None
