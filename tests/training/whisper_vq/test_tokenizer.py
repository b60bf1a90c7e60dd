import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoderLayer

from audiorole.errors import ConfigError, InputError
from audiorole.training.whisper_vq.encoder import WhisperVqConfig, WhisperVqEncoder, fingerprint, load_encoder
from audiorole.training.whisper_vq.features import log_mel, mel_filters
from audiorole.training.whisper_vq.tokenize import SpeechTokenizer

TINY = {
    "d_model": 32,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "num_mel_bins": 16,
    "max_source_positions": 1500,
    "quantize_position": 2,
    "pooling_position": 2,
    "quantize_vocab_size": 16384,
    "quantize_causal_block_size": 20,
    "pooling_kernel_size": 4,
    "pooling_type": "avg",
    "encoder_causal_convolution": True,
}


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(5)
    encoder = WhisperVqEncoder(WhisperVqConfig.of(TINY)).eval()
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    pooled = []
    encoder._nearest, nearest = pooled.append, encoder._nearest
    with torch.inference_mode():
        encoder(log_mel(speech(3, seed=4), 16, 1280)[None], torch.tensor([48_000]))
    encoder._nearest = nearest
    codes = torch.randn(16384, 32) * pooled[0][0].std(0) + pooled[0][0].mean(0)
    encoder.codebook.weight.data.copy_(codes)  # where the states are, so that many codes are used
    return encoder


def speech(seconds, seed=0):
    """Noise that swells and fades; no two moments alike."""
    count = int(seconds * 16_000)
    random = np.random.default_rng(seed)
    swell = np.abs(np.sin(np.arange(count) / 3000)) * np.linspace(0.2, 1, count)
    return (0.3 * swell * random.standard_normal(count)).clip(-1, 1).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.05, 1.0, 2.345])
def test_log_mel_is_whispers(seconds):
    waveform = speech(seconds)
    extractor = WhisperFeatureExtractor(feature_size=128)
    theirs = extractor(waveform, sampling_rate=16_000, padding="longest", pad_to_multiple_of=1280, return_tensors="np")
    ours = log_mel(waveform, 128, 1280)
    assert ours.shape == theirs.input_features[0].shape
    assert np.abs(ours.numpy() - theirs.input_features[0]).max() < 2e-4
    assert np.allclose(mel_filters(128).numpy(), extractor.mel_filters.T, atol=1e-7)


def reference_codes(encoder, waveform):
    """The published computation with transformers' own Whisper layers; the judge."""
    config = WhisperConfig(d_model=32, encoder_attention_heads=4, encoder_ffn_dim=48, attn_implementation="eager")
    mel = log_mel(waveform, 16, 1280)[None]
    state = encoder.state_dict()
    for name, stride in (("conv1", 1), ("conv2", 2)):
        mel = torch.nn.functional.pad(mel, (2, 0))
        mel = torch.nn.functional.conv1d(mel, state[f"{name}.weight"], state[f"{name}.bias"], stride=stride)
        mel = torch.nn.functional.gelu(mel)
    states = mel.transpose(1, 2) + state["embed_positions.weight"][: mel.shape[2]]
    length = states.shape[1]
    allowed = torch.zeros(length, length, dtype=torch.bool)
    for query in range(length):
        allowed[query, : max(query + 1, (query // 20 + 1) * 20)] = True
    allowed[:, -(-len(waveform) // 320) :] = False
    mask = torch.where(allowed, 0.0, torch.finfo(torch.float32).min)[None, None]
    for index in range(2):
        layer = WhisperEncoderLayer(config).eval()
        prefix = f"layers.{index}."
        layer.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        output = layer(states, mask)
        states = output[0] if isinstance(output, tuple) else output
    pooled = states.unflatten(1, (-1, 4)).mean(2)[0]
    return torch.cdist(pooled, state["codebook.weight"]).argmin(1).numpy()


@pytest.mark.parametrize("seconds", [0.03, 1.2, 3.333])
def test_codes_equal_the_published_computation(encoder, seconds):
    waveform = speech(seconds)
    with torch.inference_mode():
        expected = reference_codes(encoder, waveform)
    (found,) = SpeechTokenizer(encoder).codes([waveform])
    assert found.dtype == np.uint16
    assert found.tolist() == expected.tolist()
    assert len(found) == -(-len(waveform) // 1280)
    assert seconds < 1 or len(set(found.tolist())) > 5


def test_codes_do_not_depend_on_the_batch(encoder):
    waveforms = [speech(seconds, seed) for seed, seconds in enumerate((0.7, 3.1, 0.08, 2.0, 3.0, 1.111))]
    together = SpeechTokenizer(encoder).codes(waveforms)
    alone = [SpeechTokenizer(encoder).codes([waveform])[0] for waveform in waveforms]
    pairs = SpeechTokenizer(encoder, batch_seconds=6).codes(waveforms)
    for one, two, three in zip(together, alone, pairs, strict=True):
        assert one.tolist() == two.tolist() == three.tolist()


def test_segments_of_thirty_seconds_are_coded_apart(encoder):
    long = speech(31)
    (codes,) = SpeechTokenizer(encoder).codes([long])
    first, second = SpeechTokenizer(encoder).codes([long[: 30 * 16_000], long[30 * 16_000 :]])
    assert codes.tolist() == [*first, *second]
    assert len(codes) == 375 + 13


def test_the_future_beyond_the_block_does_not_matter(encoder):
    waveform = speech(2.0)
    changed = waveform.copy()
    changed[20_000:] = 0.5 * speech(2.0, seed=9)[20_000:]
    one, two = (SpeechTokenizer(encoder).codes([w])[0] for w in (waveform, changed))
    block = 20 // 4  # codes a block
    untouched = 20_000 // (20 * 320) * block
    assert one[:untouched].tolist() == two[:untouched].tolist()
    assert one.tolist() != two.tolist()


def test_silence_and_nothing(encoder):
    silent, nothing = SpeechTokenizer(encoder).codes([np.zeros(5000, np.float32), np.zeros(0, np.float32)])
    assert (len(silent), len(nothing)) == (4, 0)


def test_the_published_checkpoint_loads(encoder, tmp_path):
    state = {f"model.encoder.{key}": tensor for key, tensor in encoder.state_dict().items()}
    extra = {"model.encoder.layers.5.fc1.bias": torch.zeros(4), "model.decoder.embed_tokens.weight": torch.zeros(4, 4)}
    (tmp_path / "config.json").write_text(json.dumps(TINY))
    save_file(state | extra, tmp_path / "model.safetensors")
    loaded = load_encoder(tmp_path)
    assert all(torch.equal(loaded.state_dict()[key], tensor) for key, tensor in encoder.state_dict().items())
    before = fingerprint(tmp_path)
    state["model.encoder.codebook.weight"] = state["model.encoder.codebook.weight"] + 1
    save_file(state, tmp_path / "model.safetensors")
    assert fingerprint(tmp_path) != before
    del state["model.encoder.conv1.bias"]
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"lacks model\.encoder\.conv1\.bias"):
        load_encoder(tmp_path)


@pytest.mark.parametrize(
    "change", [{"pooling_type": "max"}, {"encoder_causal_convolution": False}, {"pooling_position": 1}]
)
def test_another_computation_is_refused(change):
    with pytest.raises(ConfigError, match="Speech tokenizer"):
        WhisperVqConfig.of(TINY | change)
