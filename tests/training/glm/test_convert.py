import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GlmForCausalLM

from audiorole.errors import ConfigError, InputError
from audiorole.training.glm.convert import convert_to_native, convert_to_published
from audiorole.training.safetensor_shards import INDEX, ShardReader

from .chatglm_reference import TINY, ChatGlm


@pytest.fixture
def reference():
    torch.manual_seed(7)
    model = ChatGlm()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.fixture
def published(tmp_path, reference):
    return write_published(tmp_path / "published", reference.state_dict())


def write_published(folder, state, config=TINY):
    """Write the state in two shards, as the published checkpoint comes in several."""
    folder.mkdir()
    keys = sorted(state)
    shards = {"model-00001-of-00002.safetensors": keys[::2], "model-00002-of-00002.safetensors": keys[1::2]}
    for name, part in shards.items():
        save_file({key: state[key].contiguous() for key in part}, folder / name)
    weight_map = {key: name for name, part in shards.items() for key in part}
    (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}))
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def tensors(folder):
    reader = ShardReader(folder)
    return {key: reader.read(key) for key in reader.names()}


def test_native_logits_equal_the_reference(tmp_path, reference, published):
    convert_to_native(published, tmp_path / "native")
    model = GlmForCausalLM.from_pretrained(tmp_path / "native", attn_implementation="eager").eval()
    ids = torch.randint(0, 320, (40,), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours, theirs = model(input_ids=ids[None]).logits[0], reference(ids)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-5 * theirs.abs().max().item())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_round_trip_is_bit_exact_whatever_the_shard_size(tmp_path, reference, dtype):
    published = write_published(tmp_path / "p", {k: v.to(dtype) for k, v in reference.state_dict().items()})
    convert_to_native(published, tmp_path / "native", shard_bytes=20_000)
    assert len(list((tmp_path / "native").glob("*.safetensors"))) > 3
    convert_to_published(tmp_path / "native", tmp_path / "back", shard_bytes=50_000)
    before, after = tensors(published), tensors(tmp_path / "back")
    assert before.keys() == after.keys()
    assert all(before[key].dtype == dtype and torch.equal(before[key], after[key]) for key in before)
    config = json.loads((tmp_path / "back/config.json").read_text())
    assert {key: config[key] for key in TINY} == TINY


def test_a_native_checkpoint_saved_by_transformers_exports(tmp_path, published):
    convert_to_native(published, tmp_path / "native")
    GlmForCausalLM.from_pretrained(tmp_path / "native").save_pretrained(tmp_path / "saved")
    convert_to_published(tmp_path / "saved", tmp_path / "back")
    before, after = tensors(published), tensors(tmp_path / "back")
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_the_rotary_buffer_is_ignored(tmp_path, reference):
    state = reference.state_dict() | {"transformer.rotary_pos_emb.inv_freq": torch.zeros(4)}
    convert_to_native(write_published(tmp_path / "p", state), tmp_path / "native")
    assert "inv_freq" not in " ".join(ShardReader(tmp_path / "native").names())


def test_one_file_without_an_index_is_read(tmp_path, published):
    merged = {}
    for path in published.glob("*.safetensors"):
        merged |= load_file(path)
        path.unlink()
    (published / INDEX).unlink()
    save_file(merged, published / "model.safetensors")
    convert_to_native(published, tmp_path / "native")
    assert [path.name for path in sorted((tmp_path / "native").iterdir())] == ["config.json", "model.safetensors"]


def _drop(state):
    state.pop("transformer.encoder.layers.1.mlp.dense_4h_to_h.weight")


def _add(state):
    state["transformer.encoder.layers.2.input_layernorm.weight"] = torch.ones(64)


def _reshape(state):
    state["transformer.output_layer.weight"] = torch.ones(64, 320)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_drop, r"lacks 1 tensors.*layers\.1\.mlp\.dense_4h_to_h"),
        (_add, r"has unknown 1.*layers\.2"),
        (_reshape, "64, 320"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, reference, spoil, message):
    state = dict(reference.state_dict())
    spoil(state)
    with pytest.raises(InputError, match=message):
        convert_to_native(write_published(tmp_path / "p", state), tmp_path / "native")
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


@pytest.mark.parametrize(("key", "value"), [("rmsnorm", False), ("add_bias_linear", True), ("original_rope", False)])
def test_another_network_is_refused(tmp_path, reference, key, value):
    with pytest.raises(ConfigError, match=key):
        convert_to_native(write_published(tmp_path / "p", reference.state_dict(), TINY | {key: value}), tmp_path / "n")


def test_pickles_and_existing_targets_are_refused(tmp_path, published):
    (tmp_path / "old").mkdir()
    (tmp_path / "old/config.json").write_text(json.dumps(TINY))
    (tmp_path / "old/pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(InputError, match=r"pytorch_model\.bin is a pickle"):
        convert_to_native(tmp_path / "old", tmp_path / "native")
    with pytest.raises(InputError, match="exists already"):
        convert_to_native(published, tmp_path / "old")
