"""The GPU's versions of the models, on torch's CPU: the same answers as the models they stand for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audiorole.errors import WeightsError
from audiorole.models import load_model
from audiorole.models.checkup import KnownSpeech, read_known

torch = pytest.importorskip("torch", reason="needs the extra audiorole[gpu]")
onnx = pytest.importorskip("onnx", reason="needs the extra audiorole[gpu]")
pytest.importorskip("transformers", reason="needs the extra audiorole[gpu]")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def speech() -> KnownSpeech:
    whole = read_known(EXAMPLES / "truth" / "s01e01.json", EXAMPLES / "series" / "Lost Property")
    lines = tuple(line for line in whole.lines if line.end < 25.0)
    return KnownSpeech(whole.waveform[: 25 * 16000], lines)


def loaded(target: str, *arguments: object, **named: object) -> object:
    """Return a model of `audiorole.models.gpu`, on the CPU; skip where its weights are not here."""
    import importlib

    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(f"audiorole.models.gpu.{module}"), name)(*arguments, device="cpu")
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.mark.models
def test_voices_are_nearer_to_the_default_than_full_precision_is(speech: KnownSpeech) -> None:
    clips = [*speech.clips[:6], speech.clips[0][:100]]
    found = loaded("voices:WeSpeakerOnGpu").embed(clips)
    expected = load_model("speaker-embedder", "wespeaker").embed(clips)
    exact = load_model("speaker-embedder", "wespeaker-fp32").embed(clips)
    assert not found[-1].any()
    assert np.all((found * expected)[:-1].sum(1) > 0.99)  # roundings that fall the other way are never all the same
    assert np.mean((found * expected)[:-1].sum(1)) > np.mean((exact * expected)[:-1].sum(1))
    np.testing.assert_allclose(loaded("voices:WeSpeakerFp32OnGpu").embed(clips), exact, atol=1e-4)


@pytest.mark.models
def test_activity_is_that_of_the_default(speech: KnownSpeech) -> None:
    found = loaded("pyannote:PyannoteOnGpu").speaker_activity(speech.waveform)
    expected = load_model("overlap", "pyannote-segmentation").speaker_activity(speech.waveform)
    for name in ("speech", "overlap", "change"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-3)


@pytest.mark.models
def test_quality_is_that_of_the_default(speech: KnownSpeech) -> None:
    clips = [*speech.clips[:3], np.zeros(16000, np.float32), speech.waveform]
    found = [score.overall for score in loaded("voices:DnsmosOnGpu").mos(clips)]
    np.testing.assert_allclose(found, [x.overall for x in load_model("quality", "dnsmos").mos(clips)], atol=1e-3)


@pytest.mark.models
def test_whisper_scores_as_ctranslate2_does_within_what_eight_bits_cost(speech: KnownSpeech) -> None:
    clips, texts = speech.clips[:6], [line.text for line in speech.lines[:6]]
    model = loaded("whisper:WhisperByTorch")
    model.windows_per_call = 1
    given = [*texts, "?"], [*clips, clips[0]]
    found = model.features(given[1], given[0], "en")
    expected = load_model("text-scorer", "whisper").features(given[1], given[0], "en")
    assert found[-1] is expected[-1] is None
    for one, other in zip(found[:-1], expected[:-1], strict=True):
        np.testing.assert_allclose(one, other, atol=0.25)
    swapped = model.agreement(clips, texts[1:] + texts[:1], "en")
    assert np.mean([x.agreement for x in swapped]) < np.mean([x.agreement for x in model.agreement(clips, texts, "en")])
    assert [x.code for x in model.spoken_languages([speech.waveform, np.zeros(0, np.float32)])] == ["en", ""]


def test_free_recognition_goes_where_ctranslate2_can_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from audiorole.models.gpu import recogniser, whisper

    monkeypatch.setattr(recogniser, "Whisper", lambda location, threads, device: device)
    monkeypatch.setattr(whisper, "Whisper", lambda location, threads, device: device)
    monkeypatch.setattr(whisper, "WhisperByTorch", lambda location, threads, device: f"torch on {device}")
    for problem, free, scored in (("", "cuda", "cuda"), ("needs libcublas.so.12", "cpu", "torch on cuda")):
        monkeypatch.setattr(recogniser, "runtime_problem", lambda name, said=problem: said)
        monkeypatch.setattr(whisper, "runtime_problem", lambda name, said=problem: said)
        assert (recogniser.recogniser_on_gpu(), whisper.scorer_on_gpu()) == (free, scored)


def save(path: Path, nodes: list[object], inputs: list[object], outputs: list[object], weights: list[object]) -> Path:
    graph = onnx.helper.make_graph(nodes, "g", inputs, outputs, weights)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 14)]), str(path))
    return path


@pytest.mark.parametrize(("pads", "strides"), [([0, 0, 0, 0], [1, 1]), ([1, 2, 0, 1], [2, 1]), ([2, 0, 1, 3], [1, 3])])
def test_a_graph_gives_what_onnxruntime_gives(tmp_path: Path, pads: list[int], strides: list[int]) -> None:
    import onnxruntime

    from audiorole.models.gpu.graph import TorchGraph

    make = onnx.helper.make_node
    noise = np.random.default_rng(1)
    kernel = onnx.numpy_helper.from_array(noise.standard_normal((4, 2, 3, 3)).astype(np.float32), "w")
    axes = onnx.numpy_helper.from_array(np.array([-1], dtype=np.int64), "last")
    nodes = [
        make("Conv", ["x", "w"], ["c"], pads=pads, strides=strides, dilations=[1, 1], group=1, kernel_shape=[3, 3]),
        make("Relu", ["c"], ["r"]), make("Shape", ["r"], ["s"]), make("Gather", ["s", "last"], ["n"]),
        make("Cast", ["n"], ["f"], to=1), make("ReduceMean", ["r"], ["m"], axes=[-1], keepdims=1),
        make("Sub", ["r", "m"], ["d"]), make("Div", ["d", "f"], ["q"]), make("Flatten", ["q"], ["y"], axis=1),
    ]  # fmt: skip
    value = onnx.helper.make_tensor_value_info
    path = save(tmp_path / "g.onnx", nodes, [value("x", 1, [None, 2, 9, 11])], [value("y", 1, None)], [kernel, axes])
    given = noise.standard_normal((3, 2, 9, 11)).astype(np.float32)
    (expected,) = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"x": given})
    np.testing.assert_allclose(TorchGraph(onnx.load(str(path)), "cpu")(given)[0], expected, atol=1e-5)


def test_a_graph_with_an_operator_that_is_not_known_is_refused(tmp_path: Path) -> None:
    from audiorole.models.gpu.graph import TorchGraph
    from audiorole.models.gpu.session import read_onnx

    value = onnx.helper.make_tensor_value_info
    nodes = [onnx.helper.make_node("Erf", ["x"], ["y"])]
    path = save(tmp_path / "g.onnx", nodes, [value("x", 1, [1])], [value("y", 1, [1])], [])
    with pytest.raises(WeightsError, match=r"operators that are not known here: Erf"):
        TorchGraph(onnx.load(str(path)), "cpu")
    (tmp_path / "g.onnx").write_bytes(b"no model")
    with pytest.raises(WeightsError, match=r"g\.onnx cannot be read as ONNX"):
        read_onnx(tmp_path / "g.onnx")


def convolutions(channels: tuple[int, ...], seed: int) -> object:
    """Return a chain of convolutions with rectifiers between them; the third also adds what went into the second."""
    make, noise = onnx.helper.make_node, np.random.default_rng(seed)
    nodes, weights, last = [], [], "x"
    for place, (wide, out) in enumerate(pairwise(channels)):
        kernel = noise.standard_normal((out, wide, 3, 3)).astype(np.float32)
        bias = noise.standard_normal(out).astype(np.float32)
        weights += [onnx.numpy_helper.from_array(kernel, f"w{place}"), onnx.numpy_helper.from_array(bias, f"b{place}")]
        shape = {"pads": [1, 1, 1, 1], "strides": [1, 1], "dilations": [1, 1], "group": 1, "kernel_shape": [3, 3]}
        nodes += [make("Conv", [last, f"w{place}", f"b{place}"], [f"c{place}"], **shape)]
        nodes += [make("Add", [f"c{place}", "r0"], [f"s{place}"])] if place == 2 else []
        nodes += [make("Relu", [f"s{place}" if place == 2 else f"c{place}"], [f"r{place}"])]
        last = f"r{place}"
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(nodes, "g", [value("x", 1, None)], [value(last, 1, None)], weights)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 14)])


@pytest.mark.parametrize(("channels", "seed"), [((1, 4, 4, 4), 1), ((2, 3, 3, 3), 2), ((1, 5, 5), 3)])
def test_whole_numbers_give_what_fake_quantisation_gives(tmp_path: Path, channels: tuple[int, ...], seed: int) -> None:
    """The yardstick: the network in float32, its activations and weights rounded in place."""
    import torch.nn.functional as F

    from audiorole.models.gpu.graph import TorchGraph, whole_convolutions
    from audiorole.models.gpu.quantised import quantised

    model = convolutions(channels, seed)
    onnx.save(model, str(tmp_path / "n.onnx"))
    ranges = [3.0 + place for place in range(len(channels) - 2)]
    changed = quantised(tmp_path / "n.onnx", ranges)
    assert len(whole_convolutions(changed)) == len(ranges)
    assert whole_convolutions(model) == set()
    tensors = {one.name: torch.from_numpy(onnx.numpy_helper.to_array(one).copy()) for one in model.graph.initializer}
    given = np.random.default_rng(seed).standard_normal((2, channels[0], 7, 6)).astype(np.float32)
    value, first = torch.from_numpy(given), None
    for place in range(len(channels) - 1):
        weight = tensors[f"w{place}"]
        if place:
            step = ranges[place - 1] / 255
            value = torch.clamp(torch.round(value / step), 0, 255) * step
            largest = weight.abs().amax((1, 2, 3), keepdim=True)
            weight = torch.round(weight / largest * 127) * largest / 127
        first = value if place == 1 else first
        value = F.conv2d(value, weight, tensors[f"b{place}"], padding=1)
        value = torch.relu(value + first if place == 2 else value)
    np.testing.assert_allclose(TorchGraph(changed, "cpu")(given)[0], value.numpy(), atol=1e-3)
    with pytest.raises(WeightsError, match="not the ResNet34"):
        quantised(tmp_path / "n.onnx", [1.0] * 9)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_batch_is_filled_to_one_size(count: int) -> None:
    from audiorole.models.gpu.voices import filled

    seen: list[int] = []

    def network(features: np.ndarray) -> list[np.ndarray]:
        seen.append(len(features))
        return [features.sum(axis=1)]

    given = np.arange(count * 2, dtype=np.float32).reshape(count, 2)
    assert filled(network, 4)(given).tolist() == given.sum(axis=1).tolist()
    assert seen == [4]


class Session:
    """A session of onnxruntime that runs where it was made."""

    made: tuple[str, ...] = ()

    def __init__(self, model: bytes, providers: list[object]) -> None:
        Session.made = tuple(one if isinstance(one, str) else one[0] for one in providers)

    def get_providers(self) -> list[str]:
        return [*Session.made]

    def get_inputs(self) -> list[object]:
        return [onnx.helper.make_tensor_value_info("x", 1, [1])]

    def run(self, outputs: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [given["x"] + 1]


def test_onnxruntime_is_taken_where_it_can_use_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    from audiorole.models.gpu import session

    monkeypatch.setattr(session.onnxruntime, "get_available_providers", lambda: [session.PROVIDER, "CPU"])
    monkeypatch.setattr(session.onnxruntime, "InferenceSession", Session)
    assert session.open_network(convolutions((1, 1), 0), "cuda")(np.ones(1, np.float32))[0].tolist() == [2.0]
    assert Session.made[0] == "CUDAExecutionProvider"


@pytest.mark.parametrize("providers", [["CPUExecutionProvider"], ["CUDAExecutionProvider"]])
def test_torch_is_taken_where_onnxruntime_cannot_or_falls_back(monkeypatch, providers) -> None:
    from audiorole.models.gpu import session

    class Fallen(Session):
        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(session.onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(session.onnxruntime, "InferenceSession", Fallen)
    monkeypatch.setattr(session._TORCH, "load", lambda name: lambda model, device: f"torch on {device}")
    assert session.open_network(convolutions((1, 1), 0), "cuda") == "torch on cuda"


def test_the_cheapest_path_is_monotonic_and_finds_a_planted_one() -> None:
    from audiorole.models.gpu.alignment import first_frames

    matrices = []
    for tokens, frames in ((4, 30), (7, 50)):
        matrix = np.zeros((tokens, frames), dtype=np.float32)
        for token in range(tokens):
            matrix[token, token * frames // tokens : (token + 1) * frames // tokens] = 1.0
        matrices.append(matrix)
    for matrix, path in zip(matrices, first_frames(matrices), strict=True):
        tokens, frames = matrix.shape
        assert [token for token, _ in path] == list(range(tokens))
        assert [frame for _, frame in path] == [token * frames // tokens for token in range(tokens)]
