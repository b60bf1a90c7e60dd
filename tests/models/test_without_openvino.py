"""Machines without OpenVINO: the defaults load, agree with what OpenVINO computes, and are told apart in digests."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest

from audiorole import models
from audiorole.errors import WeightsError
from audiorole.models import load_model
from audiorole.models.checkup import SAMPLE_RATE, KnownSpeech, check_detector, check_voices, read_known
from audiorole.models.ports import Floats

EXAMPLES = Path(__file__).parents[2] / "examples"
DEFAULTS = (
    ("speaker-embedder", "wespeaker"),
    ("overlap", "pyannote-segmentation"),
    ("voice-activity", "silero-vad"),
    ("quality", "dnsmos"),
)

HIDE = {
    "a module that is None": "import sys; sys.modules['openvino'] = None",
    "a finder that refuses": """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'openvino':
            raise ImportError(f'{name} is not for this machine')
sys.meta_path.insert(0, Refuse())
""",
    "a package that cannot load its library": """
import sys
from importlib.machinery import ModuleSpec
class Broken:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == 'openvino' else None
    def create_module(self, spec): return None
    def exec_module(self, module): raise ImportError('libopenvino.so: cannot open shared object file')
sys.meta_path.insert(0, Broken())
""",
}

REPORT = """
import json
from audiorole import models
wanted = [("speaker-embedder", "wespeaker"), ("overlap", "pyannote-segmentation"), ("voice-activity", "silero-vad"),
          ("quality", "dnsmos"), ("quality", "dnsmos-p835")]
print(json.dumps({
    "fingerprints": [models.fingerprint(*one) for one in wanted],
    "sentence": models.substitutes(wanted),
    "nothing": models.substitutes(wanted[4:]),
}))
"""


@pytest.mark.parametrize("hide", HIDE.values(), ids=HIDE)
def test_the_defaults_have_their_own_fingerprints_and_it_is_said_in_one_sentence(hide: str) -> None:
    done = subprocess.run([sys.executable, "-c", hide + REPORT], capture_output=True, text=True, check=True)
    found = msgspec.json.decode(done.stdout)
    here = [models.fingerprint(*one) for one in (*DEFAULTS, ("quality", "dnsmos-p835"))]
    assert found["fingerprints"][0] == models.fingerprint("speaker-embedder", "wespeaker-fp32")
    assert found["fingerprints"][4] == here[4]
    if find_spec("openvino"):
        assert all(a != b for a, b in zip(found["fingerprints"][:4], here[:4], strict=True))
        assert models.substitutes(DEFAULTS) == ""
    assert found["sentence"].startswith("OpenVINO cannot be used here (")
    assert "wespeaker, pyannote-segmentation, silero-vad and dnsmos run" in found["sentence"]
    assert "\n" not in found["sentence"]
    assert found["nothing"] == ""


EMBED = """
import sys, numpy as np
from audiorole.models import load_model
speech = np.load(sys.argv[1])
spans = np.load(sys.argv[2])
clips = [speech[a:b] for a, b in spans]
heard = load_model("overlap", "pyannote-segmentation").speaker_activity(speech)
voices = load_model("speaker-embedder", "wespeaker").embed(clips)
vad = load_model("voice-activity", "silero-vad").speech_probability(speech)
mos = [score.overall for score in load_model("quality", "dnsmos").mos(clips)]
curves = {"speech": heard.speech, "overlap": heard.overlap, "change": heard.change}
np.savez(sys.argv[3], voices=voices, vad=vad, mos=np.array(mos), **curves)
assert "openvino" not in {name for name, module in sys.modules.items() if module}
"""


@pytest.fixture(scope="module")
def speech() -> KnownSpeech:
    whole = read_known(EXAMPLES / "truth" / "s01e01.json", EXAMPLES / "series" / "Lost Property")
    lines = tuple(line for line in whole.lines if line.end < 40.0)
    return KnownSpeech(whole.waveform[: 40 * SAMPLE_RATE], lines)


@pytest.fixture(scope="module")
def without(speech: KnownSpeech, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Floats]:
    """What a process that cannot import OpenVINO hears."""
    folder = tmp_path_factory.mktemp("hidden")
    np.save(folder / "speech.npy", speech.waveform)
    np.save(folder / "spans.npy", [[int(x.start * SAMPLE_RATE), int(x.end * SAMPLE_RATE)] for x in speech.lines])
    arguments = [str(folder / name) for name in ("speech.npy", "spans.npy", "found.npz")]
    code = HIDE["a module that is None"] + EMBED
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if "WeightsError" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as found:
        return dict(found)


@pytest.mark.models
def test_voices_and_activity_agree_with_openvino(speech: KnownSpeech, without: dict[str, Floats]) -> None:
    pytest.importorskip("openvino", reason="nothing to compare with: OpenVINO is not on this machine")
    voices = load_model("speaker-embedder", "wespeaker").embed(speech.clips)
    assert (voices * without["voices"]).sum(axis=1).min() > 0.99  # cosine of 8-bit and full precision
    activity = load_model("overlap", "pyannote-segmentation").speaker_activity(speech.waveform)
    for name in ("speech", "overlap", "change"):
        np.testing.assert_allclose(without[name], getattr(activity, name), atol=1e-4)
    vad = load_model("voice-activity", "silero-vad").speech_probability(speech.waveform)
    np.testing.assert_allclose(without["vad"], vad, atol=1e-4)
    mos = [score.overall for score in load_model("quality", "dnsmos").mos(speech.clips)]
    np.testing.assert_allclose(without["mos"], mos, atol=1e-3)


@pytest.mark.models
def test_the_substitutes_are_good_by_themselves(speech: KnownSpeech) -> None:
    try:
        assert check_voices("wespeaker-fp32", speech).good
        assert check_detector("pyannote-segmentation", speech).good
    except WeightsError as error:
        pytest.skip(str(error))
