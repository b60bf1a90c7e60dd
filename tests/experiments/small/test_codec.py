import struct

import numpy as np
import pytest
import torch

from audiorole.audio.resample import resample
from audiorole.errors import ConfigError, InputError
from audiorole.experiments.small.codec.codec import Codec, load_codec, save_codec
from audiorole.experiments.small.codec.config import CodecPlan
from audiorole.experiments.small.codec.discriminators import Discriminators
from audiorole.experiments.small.codec.encoder import log_mel_rows
from audiorole.experiments.small.codec.fsq import ScalarQuantizer
from audiorole.experiments.small.codec.listener import Reader, RecognitionLoss, listened_mel
from audiorole.experiments.small.codec.losses import meaning_error
from audiorole.experiments.small.codec.make import begin_with, make_codec
from audiorole.experiments.small.codec.stream import CodecStream
from audiorole.experiments.small.codec.whisper_weights import read_ctranslate2
from tests.training.glm.tiny_parts import audio, lines

PLAN = CodecPlan(
    size="tiny", ears="", levels=(4, 3), steps=2, rows=2, window_codes=25, crop_frames=32, perturb=(0.9,), save_every=1
)


@pytest.fixture(scope="module")
def codec():
    torch.manual_seed(0)
    return Codec(PLAN.config("abc", ["Joe", "Lola"])).eval()


def test_codes_and_points_are_one_to_one():
    quantizer = ScalarQuantizer((7, 4, 5))
    codes = torch.arange(7 * 4 * 5)
    assert torch.equal(quantizer.codes(quantizer.points(codes)), codes)
    values = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) * 3
    points = quantizer(values)
    assert torch.equal(quantizer.points(quantizer.codes(points)), points)
    assert points.abs().max() <= 1


def test_the_gradient_goes_through_the_rounding():
    values = torch.zeros(2, 2, requires_grad=True)
    ScalarQuantizer((4, 3))(values).sum().backward()
    assert (values.grad > 0).all()


def test_a_second_is_fifty_codes_and_comes_back_as_long(codec):
    (codes,) = codec.encode([audio("a")[:8000]])
    assert codes.dtype == np.uint16
    assert len(codes) == 25
    assert len(codec.decode(codes, "Joe")) == 25 * 240
    assert not np.array_equal(codec.decode(codes, "Joe"), codec.decode(codes, "Lola"))
    assert np.array_equal(codec.decode(codes, "a stranger"), codec.decode(codes))


def test_codes_do_not_depend_on_company(codec):
    alone = codec.encode([audio("a")])[0]
    assert np.array_equal(codec.encode([audio("b")[:5000], audio("a")])[1], alone)


def test_a_stream_is_the_whole(codec):
    codes = np.random.default_rng(0).integers(0, 12, 210).astype(np.uint16)
    stream = CodecStream(codec, "Joe")
    pieces = [stream.push(codes[at : at + 20].tolist(), last=at >= 200) for at in range(0, 210, 20)]
    assert [len(piece) for piece in pieces[:2]] == [0, 0]
    np.testing.assert_allclose(np.concatenate(pieces), codec.decode(codes, "Joe"), atol=1e-6)


def test_a_stopped_codec_goes_on_to_the_same_weights(tmp_path):
    whole = make_codec(lines(), audio, PLAN, tmp_path / "whole", torch.device("cpu"))

    def stop(step, figures):
        if step == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_codec(lines(), audio, PLAN, tmp_path / "again", torch.device("cpu"), (), stop)
    again = make_codec(lines(), audio, PLAN, tmp_path / "again", torch.device("cpu"))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_a_codec_can_begin_with_another(codec):
    larger = Codec(PLAN.config("abcd", ["Lola", "Sparky"]), 6)
    begin_with(larger, codec)
    table, known = larger.mel_maker.table.weight, codec.mel_maker.table.weight
    assert torch.equal(table[1], known[2])
    assert torch.equal(table[4], known[2])
    assert torch.equal(table[2], known[0])
    with pytest.raises(ConfigError, match="other sizes"):
        begin_with(Codec(CodecPlan(size="tiny", levels=(5,)).config("abc", [])), codec)


def test_what_is_no_codec_is_refused(codec, tmp_path):
    with pytest.raises(InputError, match="no readable codec"):
        load_codec(tmp_path)
    save_codec(codec, tmp_path)
    assert load_codec(tmp_path).config == codec.config
    with pytest.raises(ConfigError, match="not one of base, tiny"):
        CodecPlan(size="huge")


def test_a_ctranslate2_file_is_read_and_others_are_refused(tmp_path):
    tensor = np.arange(6, dtype=np.float16)
    name = b"a/weight\0"
    head = struct.pack("<IH", 6, 5) + b"Spec\0" + struct.pack("<II", 3, 1)
    entry = struct.pack("<H", len(name)) + name + struct.pack("<BIIBI", 2, 2, 3, 4, 12) + tensor.tobytes()
    (tmp_path / "model.bin").write_bytes(head + entry)
    found = read_ctranslate2(tmp_path / "model.bin")
    assert np.array_equal(found["a/weight"], tensor.reshape(2, 3))
    (tmp_path / "bad.bin").write_bytes(b"not a model at all")
    with pytest.raises(InputError, match="no CTranslate2 model"):
        read_ctranslate2(tmp_path / "bad.bin")


def test_what_is_not_understood_is_a_share_of_the_variance():
    states = torch.randn(2, 9, 5, generator=torch.Generator().manual_seed(0))
    counts = torch.tensor([9, 4])
    heard = torch.cat((states[0], states[1, :4]))
    assert meaning_error(states, states, counts) == 0
    assert meaning_error(heard.mean(0).expand_as(states), states, counts).item() == pytest.approx(1.0)
    other = states.clone()
    other[1, 4:] = 99  # filling
    assert meaning_error(other, other + 0.1, counts).item() == pytest.approx(
        meaning_error(states, states + 0.1, counts).item(), rel=1e-5
    )


def test_what_was_made_is_heard_as_the_same_sound_at_16_khz():
    sound = np.sin(np.arange(16_000) * 0.3).astype(np.float32) * np.hanning(16_000).astype(np.float32)
    made = torch.from_numpy(resample(sound, 16_000, 12_000))[None].requires_grad_()
    heard = listened_mel(made, 12_000, 20)
    (gradient,) = torch.autograd.grad(heard.sum(), made)
    assert gradient.abs().sum() > 0
    loud = log_mel_rows(torch.from_numpy(sound)[None], 20)
    assert (heard - loud)[loud > 0.5].abs().max() < 0.05


def test_the_reader_begins_with_the_layers_behind_the_ears():
    config = PLAN.config("abc", [])
    listener = RecognitionLoss(config)
    reader = Reader(config, listener)
    assert torch.equal(reader.layers[0].fc1.weight, listener.ears.layers[1].fc1.weight)
    states, logits = reader(torch.zeros(2, 7, 2), torch.tensor([7, 3]))
    assert (states.shape, logits.shape) == ((2, 7, 32), (2, 7, 4))
    assert not any(value.requires_grad for value in listener.parameters())


def test_real_and_made_are_judged_as_they_would_be_alone():
    torch.manual_seed(0)
    judges, real, made = Discriminators(channels=2), torch.randn(2, 900), torch.randn(2, 900)
    for found, alone in zip(judges.compare(real, made), (judges(real), judges(made)), strict=True):
        torch.testing.assert_close(found, alone, rtol=1e-4, atol=1e-5)
