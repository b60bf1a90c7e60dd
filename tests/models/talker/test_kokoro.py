from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from audiorole.errors import ConfigError, WeightsError  # noqa: E402
from audiorole.models.ports import Synthesiser  # noqa: E402
from audiorole.models.talker.kokoro import AFTER_FRAMES, BEFORE_FRAMES, FIRST_FRAMES, load_network  # noqa: E402
from audiorole.models.talker.network import Spoken  # noqa: E402
from audiorole.models.talker.voice import load_voice, save_voice  # noqa: E402
from audiorole.models.talker.wardrobe import Wardrobe, worn  # noqa: E402
from audiorole.testing.talker import TINY, tiny_network, tiny_talker, tiny_voice  # noqa: E402

LINE = "hˈʌɹi ˈʌp, wi hæv ɡˌɑt tə ɡˈO. kˈʌm!"
BIAS = "decoder.encode.norm1.fc.bias"
MATRIX = "decoder.generator.conv_post.weight"


def test_it_keeps_the_port_s_promise() -> None:
    talker: Synthesiser = tiny_talker()
    samples = talker.speak(LINE, tiny_voice())
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) % (2 * TINY.samples_per_pitch) == 0
    assert np.abs(samples).max() <= 1
    assert np.std(samples) > 0
    assert talker.card.sample_rate == 24_000


def test_the_same_line_gives_the_same_bytes_whatever_was_said_before() -> None:
    talker, voice = tiny_talker(), tiny_voice()
    first = talker.speak(LINE, voice)
    talker.speak("wˈʌt?", tiny_voice("Bo", 1))
    assert np.array_equal(first, talker.speak(LINE, voice))
    assert np.array_equal(first, tiny_talker().speak(LINE, tiny_voice()))


def test_another_voice_line_or_pace_gives_another_sound() -> None:
    talker, voice = tiny_talker(), tiny_voice()
    first = talker.speak(LINE, voice)
    assert not np.array_equal(first, talker.speak(LINE, tiny_voice("Bo", 1))[: len(first)])
    assert len(talker.speak(LINE, voice, pace=0.5)) > len(first)
    assert len(talker.speak(LINE, dataclasses.replace(voice, pace=0.5))) > len(first)
    assert len(talker.speak(LINE + LINE, voice)) > len(first)


@pytest.mark.parametrize("line", [LINE, "hˈA", "lˈɑŋ " * 300, "wˈʌn. " * 40])
def test_a_stream_is_as_long_as_the_whole_and_begins_with_a_short_part(line: str) -> None:
    talker, voice = tiny_talker(), tiny_voice()
    parts = list(talker.stream(line, voice))
    assert sum(map(len, parts)) == len(talker.speak(line, voice))
    assert 0 < len(parts[0]) <= 1.5 * FIRST_FRAMES * 2 * TINY.samples_per_pitch


@pytest.mark.parametrize(
    ("levels", "kept"),
    [
        ([-9] * 30 + [5, 7, 3] + [-9] * 30, (26, 43)),
        ([-9] * 2 + [5, 7, 3] + [-9] * 3, (0, 8)),
        ([5] * 40, (0, 40)),
        ([-9] * 20, (0, 20)),
        ([-9] * 20 + [5] + [-9] * 30 + [5] + [-9] * 20, (16, 62)),
    ],
)
def test_silence_at_the_ends_of_a_sentence_is_not_made(levels: list[int], kept: tuple[int, int]) -> None:
    frames = len(levels)
    energy = torch.tensor(levels, dtype=torch.float32).repeat_interleave(2)[None]
    counted = torch.arange(frames * 10, dtype=torch.float32)[None]
    spoken = Spoken(torch.zeros(1, 4, frames), torch.zeros(1, 2 * frames), energy, counted)
    found = spoken.sounding(BEFORE_FRAMES, AFTER_FRAMES)
    assert found.frames == kept[1] - kept[0]
    assert found.excitation[0, 0] == kept[0] * 10
    assert found.energy.shape == found.pitch.shape == (1, 2 * found.frames)


@pytest.mark.parametrize("line", ["", "…", " , ", "ˈ"])
def test_what_is_not_pronounced_gives_no_samples(line: str) -> None:
    assert tiny_talker().speak(line, tiny_voice()).shape == (0,)
    assert list(tiny_talker().stream(line, tiny_voice())) == []


@pytest.mark.parametrize("line", ["hello 5", "xyz\n", "h€", "語"])
def test_an_unknown_symbol_is_named(line: str) -> None:
    with pytest.raises(ConfigError, match="does not read"):
        tiny_talker().speak(line, tiny_voice())


def bias(scale: float = 1.0) -> np.ndarray:
    return np.full(tiny_network().get_parameter(BIAS).shape, scale, np.float32)


def factors() -> dict[str, np.ndarray]:
    shape = tiny_network().get_parameter(MATRIX).shape
    draw = np.random.default_rng(0)
    return {
        f"{MATRIX}.up": draw.normal(size=(shape[0], 2)).astype(np.float32),
        f"{MATRIX}.down": draw.normal(size=(2, shape[1] * shape[2])).astype(np.float32),
    }


@pytest.mark.parametrize("changes", [{BIAS: bias()}, factors(), {BIAS: bias(-2), **factors()}])
def test_a_voice_s_changes_are_heard_and_leave_the_base_and_all_other_voices_as_they_are(
    changes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    talker, plain = tiny_talker(), tiny_voice()
    before = {name: value.clone() for name, value in talker.network.named_parameters()}
    own = dict(talker.network.named_parameters())
    first = talker.speak(LINE, plain)
    save_voice(tmp_path / "v", dataclasses.replace(plain, changes=changes))
    heard = talker.speak(LINE, load_voice(tmp_path / "v"))
    assert not np.array_equal(first, heard)
    assert np.array_equal(first, talker.speak(LINE, plain))
    assert all(own[name] is value for name, value in talker.network.named_parameters())
    assert all(torch.equal(before[name], value) for name, value in talker.network.named_parameters())


@pytest.mark.parametrize(
    "changes",
    [{"nothing.weight": np.zeros(1, np.float32)}, {BIAS: np.zeros(3, np.float32)}, {f"{MATRIX}.up": bias()}],
)
def test_changes_of_another_network_are_refused(changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ConfigError, match="another network"):
        tiny_talker().speak(LINE, dataclasses.replace(tiny_voice(), changes=changes))


def test_a_style_of_another_width_is_refused() -> None:
    with pytest.raises(ConfigError, match="styles of 256"):
        tiny_talker().speak(LINE, dataclasses.replace(tiny_voice(), style=np.zeros((1, 256), np.float32)))


def test_parameters_come_back_when_the_line_fails() -> None:
    network = tiny_network()
    own = network.get_parameter(BIAS)
    with pytest.raises(RuntimeError), worn(network, {BIAS: own + 1}):
        raise RuntimeError
    assert network.get_parameter(BIAS) is own


def test_more_voices_than_are_kept_and_two_threads_get_their_own() -> None:
    talker = tiny_talker()
    voices = [dataclasses.replace(tiny_voice(), changes={BIAS: bias(at)}) for at in range(9)]
    alone = [talker.speak(LINE, voice) for voice in voices]
    found: dict[int, list[bool]] = {0: [], 1: []}

    def say(offset: int) -> None:
        for at in range(offset, 9, 2):
            spoken = talker.speak(LINE, voices[at])  # another thread may add up in another order
            found[offset].append(min(range(9), key=lambda one: float(np.abs(spoken - alone[one]).max())) == at)

    threads = [threading.Thread(target=say, args=(offset,)) for offset in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: [True] * 5, 1: [True] * 4}
    assert len(Wardrobe(talker.network)._ready) == 0


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        load_network(path, TINY)
    path.write_bytes(b"no tensors")
    with pytest.raises(WeightsError):
        load_network(path, TINY)


def test_weights_of_half_precision_load_whole(tmp_path: Path) -> None:
    network = tiny_network()
    save_file({name: value.half() for name, value in network.state_dict().items()}, tmp_path / "w")
    loaded = load_network(tmp_path / "w", TINY)
    assert all(value.dtype == torch.float32 and not value.requires_grad for value in loaded.parameters())
    assert torch.equal(loaded.get_parameter(BIAS), network.get_parameter(BIAS).half().float())
