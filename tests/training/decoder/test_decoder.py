from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from audiorole.errors import ConfigError, InputError
from audiorole.training.decoder import fit
from audiorole.training.decoder.fit import DecoderPlan, VoicePair, fit_decoder
from audiorole.training.decoder.flow import Flow, FlowConfig
from audiorole.training.decoder.load import convert_decoder, load_flow, load_hift
from audiorole.training.decoder.mel import mel_spectrogram
from audiorole.training.decoder.stream import SpeechStream

from .tiny import FLOW, HIFT, tiny_flow, tiny_hift

GOLDEN = Path(__file__).parent / "golden"
CODES = torch.arange(0, 12) * 9 % 128
CONFIG_YAML = """
sample_rate: 22050
flow: !new:cosyvoice.flow.flow.MaskedDiffWithXvec
    spk_embed_dim: !ref <spk_embed_dim>
    input_frame_rate: 12.5
    encoder: !new:cosyvoice.transformer.encoder.BlockConformerEncoder
        selfattention_layer_type: 'block_rel_selfattn'
        block_size: 7
    decoder: !new:cosyvoice.flow.flow_matching.ConditionalCFM
        cfm_params: !new:omegaconf.DictConfig
            content:
                inference_cfg_rate: 0.5
                training_cfg_rate: 0.1
"""


def test_the_flow_equals_the_published_implementation():
    """The golden mels were made by the code of the GLM-4-Voice repository (eb00ce9) from these very weights."""
    flow = tiny_flow()
    with torch.inference_mode():
        plain = flow.generate(CODES)
        prompted = flow.generate(CODES, torch.linspace(-3, 1, 80 * 20).view(80, 20))
    assert np.abs(plain.numpy() - np.load(GOLDEN / "flow.npy")).max() < 1e-5
    assert np.abs(prompted.numpy() - np.load(GOLDEN / "flow_prompted.npy")).max() < 1e-5


def test_the_vocoder_equals_the_published_implementation():
    source = 0.05 * torch.sin(torch.arange(9 * 256) * 0.05)
    with torch.inference_mode():
        waveform, _ = tiny_hift()(torch.linspace(-4, 2, 80 * 9).view(80, 9), source=source)
    assert np.abs(waveform.numpy() - np.load(GOLDEN / "hift.npy")).max() < 1e-5


def test_a_published_checkpoint_loads_and_converts(tmp_path):
    flow, hift = tiny_flow().state_dict(), tiny_hift().state_dict()
    for key in [key for key in hift if key.endswith("weight") and "source_downs" not in key]:
        if hift[key].ndim == 3:  # as published: length and direction apart
            weight = hift.pop(key)
            length = weight.flatten(1).norm(dim=1).view(-1, 1, 1)
            hift |= {key.replace("weight", "weight_g"): length, key.replace("weight", "weight_v"): weight * 3}
    torch.save(flow, tmp_path / "flow.pt")
    torch.save(hift, tmp_path / "hift.pt")
    (tmp_path / "config.yaml").write_text(CONFIG_YAML)
    convert_decoder(tmp_path, tmp_path / "safe")
    for folder in (tmp_path, tmp_path / "safe"):
        loaded, vocoder = load_flow(folder), load_hift(folder)
        assert (loaded.config.block, loaded.config.guidance, loaded.config.guidance_dropout) == (7, 0.5, 0.1)
        assert FlowConfig(**{**loaded.config.__dict__, "block": 10, "guidance": 0.7, "guidance_dropout": 0.2}) == FLOW
        assert vocoder.config == HIFT
        for key, tensor in tiny_hift().state_dict().items():
            torch.testing.assert_close(vocoder.state_dict()[key], tensor)


def test_what_is_no_decoder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"neither flow\.safetensors nor flow\.pt"):
        load_flow(tmp_path)
    save_file({"a": torch.ones(1)}, tmp_path / "flow.safetensors")
    with pytest.raises(ConfigError, match=r"no tensor 'input_embedding\.weight'"):
        load_flow(tmp_path)
    save_file(tiny_flow().state_dict() | {"extra.weight": torch.ones(1)}, tmp_path / "flow.safetensors")
    with pytest.raises(InputError, match=r"unknown extra\.weight"):
        load_flow(tmp_path)


def test_the_loss_does_not_see_filling():
    """A batch's loss is the mean of its rows' losses, weighted by their frames, whatever they are filled up with."""
    flow = Flow(FlowConfig(**{**FLOW.__dict__, "guidance_dropout": -1.0}))
    random = torch.Generator().manual_seed(1)
    mel, codes = torch.randn(2, 80, 40, generator=random), torch.randint(0, 128, (2, 6), generator=random)
    counts, frames = torch.tensor([6, 3]), torch.tensor([40, 20])
    spoiled, other = mel.clone(), codes.clone()
    spoiled[1, :, 20:], other[1, 3:] = 99.0, 77
    torch.manual_seed(5)
    first = flow.loss(codes, counts, mel, frames)
    torch.manual_seed(5)
    assert torch.equal(flow.loss(other, counts, spoiled, frames), first)


def voice(seed, seconds=0.6):
    """A hum whose pitch depends on the code, so that there is something to learn."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, int(seconds * 12.5)).astype(np.uint16)
    pitch = np.repeat(200.0 * (codes + 1), 1764)
    return codes, (0.4 * np.sin(2 * np.pi * np.cumsum(pitch) / 22_050)).astype(np.float32)


def test_a_voice_is_learned(tmp_path):
    pairs = [VoicePair.of(*voice(seed)) for seed in range(4)]
    losses = []
    plan = DecoderPlan(steps=30, learning_rate=3e-3, warmup=3, save_every=0, batch_frames=500)
    torch.manual_seed(0)
    flow = Flow(FLOW)
    file = fit_decoder(flow, pairs, plan, tmp_path, lambda step, loss: losses.append(loss))
    assert np.mean(losses[-5:]) < 0.6 * losses[0]
    assert torch.equal(load_file(file)["encoder_proj.weight"], flow.encoder_proj.weight)


def test_a_stopped_fit_continues_bit_equal(tmp_path):
    pairs = [VoicePair.of(*voice(seed)) for seed in range(3)]
    straight = fit_decoder(tiny_flow(), pairs, DecoderPlan(steps=4, save_every=2, batch_frames=60), tmp_path / "a")
    fit_decoder(tiny_flow(), pairs, DecoderPlan(steps=2, save_every=2, batch_frames=60), tmp_path / "b")
    resumed = fit_decoder(tiny_flow(), pairs, DecoderPlan(steps=4, save_every=2, batch_frames=60), tmp_path / "b")
    before, after = load_file(straight), load_file(resumed)
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_batches_too_many_to_be_kept_teach_the_same(tmp_path, monkeypatch):
    pairs = [VoicePair.of(*voice(seed)) for seed in range(3)]
    plan = DecoderPlan(steps=3, save_every=0, batch_frames=60)
    kept = load_file(fit_decoder(tiny_flow(), pairs, plan, tmp_path / "kept"))
    monkeypatch.setattr(fit, "MOST_RECORDED", 1)
    fresh = load_file(fit_decoder(tiny_flow(), pairs, plan, tmp_path / "fresh"))
    assert all(torch.equal(kept[key], fresh[key]) for key in kept)
    assert not torch.equal(kept["encoder_proj.weight"], tiny_flow().encoder_proj.weight)


def test_mel_of_a_tone_peaks_at_its_band():
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(22_050) / 22_050)
    mel = mel_spectrogram(tone)
    assert mel.shape == (80, 86)
    frequencies = mel[:, 40].exp().argmax()
    assert abs(int(frequencies) - 27) <= 1  # 15 of 45.2 mel, over 81 steps


def test_streaming_gives_every_sample_once():
    flow, hift = tiny_flow(), tiny_hift()
    codes = (torch.arange(0, 40) * 7 % 128).tolist()
    stream = SpeechStream(flow, hift)
    parts = [stream.push(codes[:10]), stream.push(codes[10:25]), stream.push(codes[25:], last=True)]
    total = sum(len(part) for part in parts)
    assert total == flow.config.frames(40) * 256
    assert all(len(part) > 0 for part in parts)
    seam = len(parts[0])
    waveform = torch.cat(parts)
    jump = (waveform[seam] - waveform[seam - 1]).abs()
    assert jump <= 3 * waveform.diff().abs().quantile(0.99)


def test_a_stream_of_one_piece_is_the_whole():
    flow, hift = tiny_flow(), tiny_hift()
    with torch.inference_mode():
        whole, _ = hift(flow.generate(CODES), seed=0)
    assert torch.equal(SpeechStream(flow, hift).push(CODES.tolist(), last=True), whole)


def test_a_stream_that_ends_without_new_codes_gives_what_it_held():
    stream = SpeechStream(tiny_flow(), tiny_hift())
    first = stream.push(CODES.tolist())
    rest = stream.push([], last=True)
    assert len(first) + len(rest) == stream.flow.config.frames(12) * 256
    assert len(SpeechStream(tiny_flow(), tiny_hift()).push([], last=True)) == 0


def test_the_learning_rate_rises_stays_and_falls():
    plan = DecoderPlan(steps=100, warmup=10, decay=0.4, learning_rate=2.0)
    assert [plan.rate_at(step) for step in (0, 9, 60, 80, 99)] == pytest.approx([0.2, 2.0, 2.0, 1.0, 0.05])
    assert DecoderPlan(steps=100, warmup=10).rate_at(99) == DecoderPlan().learning_rate
    with pytest.raises(ConfigError, match="decay"):
        DecoderPlan(decay=1.5)
