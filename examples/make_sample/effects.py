"""Synthesised sound effects and rooms. Effects peak at 1; beds have an RMS of 1. float32 `(num_samples,)`, 24 kHz."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from examples.make_sample import instruments
from examples.make_sample.kokoro import SAMPLE_RATE, Waveform

Random = np.random.Generator


def band(sound: Waveform, low: float, high: float, order: int = 2) -> Waveform:
    """Band-pass between `low` and `high` Hz."""
    filtered: Any = sosfilt(butter(order, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), sound)
    return np.asarray(filtered, np.float32)


def _time(seconds: float) -> Waveform:
    return np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE


def _noise(random: Random, seconds: float) -> Waveform:
    return random.standard_normal(int(seconds * SAMPLE_RATE)).astype(np.float32)


def _hit(random: Random, seconds: float, decay: float, low: float, high: float) -> Waveform:
    """A struck thing: a burst of filtered noise that dies away."""
    return np.asarray(band(_noise(random, seconds), low, high) * np.exp(-_time(seconds) / decay), np.float32)


def _ring(frequencies: tuple[float, ...], seconds: float, decay: float) -> Waveform:
    """A struck metal thing: partials that die away, the high ones sooner."""
    time = _time(seconds)
    return sum(
        (np.sin(2 * np.pi * f * time) * np.exp(-time * (0.6 + f / frequencies[0] * 0.4) / decay) for f in frequencies),
        np.zeros_like(time),
    )


def _place(seconds: float, *parts: tuple[float, Waveform]) -> Waveform:
    """Lay sounds into a buffer, each at its second."""
    out = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    for at, sound in parts:
        start = int(at * SAMPLE_RATE)
        size = min(len(sound), len(out) - start)
        out[start : start + size] += sound[:size]
    return out


def chime(random: Random) -> Waveform:
    """Bing, bong."""
    high, low = (instruments.tone(instruments.BELL, midi, 0.8) for midi in (76, 72))
    return _place(1.5, (0.0, high), (0.45, low))


def gulls(random: Random) -> Waveform:
    """Three gulls with an opinion."""

    def cry(pitch: float) -> Waveform:
        time = _time(0.38)
        sweep = pitch * (1 + 0.35 * np.sin(np.pi * time / 0.38)) * (1 + 0.03 * np.sin(2 * np.pi * 28 * time))
        phase = 2 * np.pi * np.cumsum(sweep) / SAMPLE_RATE
        return np.asarray((np.sin(phase) + 0.5 * np.sin(2 * phase)) * np.sin(np.pi * time / 0.38) ** 0.7, np.float32)

    return _place(
        2.4, (0.0, cry(1250)), (0.42, cry(1180)), (0.8, cry(1320)), (1.5, 0.5 * cry(980)), (1.9, 0.4 * cry(930))
    )


def bucket(random: Random) -> Waveform:
    """A tin bucket, kicked, rolling to rest."""
    clang = _ring((410, 985, 1530, 2270, 3110), 0.9, 0.22)
    return _place(
        1.6,
        (0.0, clang + _hit(random, 0.9, 0.03, 500, 5000)),
        (0.38, 0.45 * clang),
        (0.62, 0.25 * clang),
        (0.78, 0.12 * clang),
    )


def door_bell(random: Random) -> Waveform:
    """A latch, a door and the little bell over it."""
    bell = _ring((2350, 3620, 5180), 0.8, 0.3)
    latch = _hit(random, 0.15, 0.02, 900, 4000)
    return _place(
        1.4,
        (0.0, latch),
        (0.12, 0.5 * bell),
        (0.24, 0.4 * bell),
        (0.41, 0.3 * bell),
        (0.95, 0.8 * _hit(random, 0.3, 0.05, 70, 500)),
    )


def door_slam(random: Random) -> Waveform:
    """Somebody important has arrived."""
    return _place(0.9, (0.0, 0.4 * _hit(random, 0.2, 0.02, 800, 4000)), (0.16, 2.2 * _hit(random, 0.7, 0.1, 50, 600)))


def phone_ring(random: Random) -> Waveform:
    """An old bell telephone, twice."""
    time = _time(0.42)
    burr = (np.sin(2 * np.pi * 1330 * time) + 0.8 * np.sin(2 * np.pi * 1710 * time)) * (
        0.55 + 0.45 * np.sign(np.sin(2 * np.pi * 21 * time))
    )
    burr = np.asarray(burr * np.minimum(1, np.minimum(time, 0.42 - time) / 0.02), np.float32)
    return _place(1.7, (0.0, burr), (0.6, burr), (1.02, 0.3 * _ring((1330, 1710), 0.6, 0.2)))


def phone_click(random: Random) -> Waveform:
    """The receiver leaves its cradle."""
    return _place(0.4, (0.0, _hit(random, 0.1, 0.012, 700, 5000)), (0.14, 0.6 * _hit(random, 0.1, 0.02, 300, 3000)))


def dial_tone(random: Random) -> Waveform:
    """The other side has hung up."""
    time = _time(1.3)
    hum = np.sin(2 * np.pi * 350 * time) + np.sin(2 * np.pi * 440 * time)
    return instruments.fade(np.asarray(0.4 * hum * ((time % 0.5) < 0.3), np.float32), 0.02)


def cup(random: Random) -> Waveform:
    """A cup on its saucer."""
    return _place(0.6, (0.0, _ring((2950, 4410, 6100), 0.5, 0.07)), (0.09, 0.4 * _ring((3010, 4380), 0.4, 0.06)))


def umbrellas(random: Random) -> Waveform:
    """Some of the four hundred and twelve."""
    falls = [
        (float(at), random.uniform(0.3, 1.0) * _hit(random, 0.3, 0.05, 150, 2600))
        for at in np.sort(random.uniform(0, 1.5, 26))
    ]
    return _place(2.1, *falls)


def latches(random: Random) -> Waveform:
    """Two brass latches."""
    click = _ring((1900, 3300, 4700), 0.2, 0.03) + _hit(random, 0.2, 0.01, 1000, 6000)
    return _place(0.9, (0.0, click), (0.35, click), (0.6, 0.4 * _hit(random, 0.3, 0.06, 200, 1200)))


def stamp(random: Random) -> Waveform:
    """A rubber stamp, with authority."""
    return _place(0.5, (0.0, 0.3 * _hit(random, 0.1, 0.02, 800, 3000)), (0.12, _hit(random, 0.3, 0.04, 60, 900)))


def thunder(random: Random) -> Waveform:
    """Far away, but coming."""
    time = _time(3.0)
    swell = np.minimum(1, time / 0.25) * np.exp(-time / 1.0) * (1 + 0.5 * np.sin(2 * np.pi * 2.3 * time))
    return np.asarray(band(_noise(random, 3.0), 35, 180) * swell, np.float32)


def train_horn(random: Random) -> Waveform:
    """Two notes; she is in the mood."""
    chord = sum((instruments.tone(instruments.REED, midi, 0.6) for midi in (62, 65, 69)), np.zeros(1, np.float32))
    lower = sum((instruments.tone(instruments.REED, midi, 0.7) for midi in (60, 63, 67)), np.zeros(1, np.float32))
    return _place(1.8, (0.0, chord), (0.75, lower))


def _music(make: Callable[[], Waveform], level: float) -> Callable[[Random], Waveform]:
    return lambda random: level * make() / np.abs(make()).max()


# name: (maker, peak in the mix)
EFFECTS: dict[str, tuple[Callable[[Random], Waveform], float]] = {
    "chime": (chime, 0.16), "gulls": (gulls, 0.1), "bucket": (bucket, 0.4), "door_bell": (door_bell, 0.22),
    "door_slam": (door_slam, 0.5), "phone_ring": (phone_ring, 0.2), "phone_click": (phone_click, 0.18),
    "dial_tone": (dial_tone, 0.08), "cup": (cup, 0.14), "umbrellas": (umbrellas, 0.4), "latches": (latches, 0.22),
    "stamp": (stamp, 0.4), "thunder": (thunder, 0.3), "train_horn": (train_horn, 0.2),
    "sting": (_music(instruments.sting, 1.0), 0.3), "credits": (_music(instruments.credits, 1.0), 0.3),
    "tuba_note": (_music(instruments.tuba_note, 1.0), 0.28), "tuba_tune": (_music(instruments.tuba_tune, 1.0), 0.32),
}  # fmt: skip
MUSICAL = frozenset({"sting", "credits", "tuba_note", "tuba_tune"})


def effect(name: str, random: Random) -> Waveform:
    """Return an effect at its level in the mix. Raises KeyError for an unknown name."""
    make, peak = EFFECTS[name]
    sound = make(random)
    return np.asarray(peak * sound / np.abs(sound).max(), np.float32)


def _pink(random: Random, seconds: float) -> Waveform:
    """Noise whose power falls by 3 dB an octave."""
    size = int(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 20.0))
    noise = np.fft.irfft(spectrum, size)
    return np.asarray(noise / noise.std(), np.float32)


def _room(random: Random, seconds: float) -> Waveform:
    return band(_pink(random, seconds), 40, 3000)


def _clock(random: Random, seconds: float) -> Waveform:
    tick, tock = (_hit(random, 0.06, 0.006, low, 5000) for low in (1800, 1200))
    beats = [(at, 14.0 * (tick if index % 2 else tock)) for index, at in enumerate(np.arange(0.3, seconds - 0.1, 1.0))]
    return _room(random, seconds) + _place(seconds, *beats)


def _sea(random: Random, seconds: float) -> Waveform:
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * _time(seconds) / 5.7)
    return np.asarray(band(_pink(random, seconds), 80, 4000)[: len(swell)] * swell, np.float32)


def _rain(random: Random, seconds: float) -> Waveform:
    drops = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    places = random.integers(0, len(drops), int(seconds * 40))
    drops[places] = random.uniform(2, 14, len(places))
    hiss = band(_noise(random, seconds), 900, 8000)
    return np.asarray(hiss[: len(drops)] + band(drops, 1500, 7000), np.float32)


def _cafe(random: Random, seconds: float) -> Waveform:
    """Room tone, babble-shaped noise and now and then a spoon."""
    murmur = band(_noise(random, seconds), 200, 1400) * (0.6 + 0.4 * np.sin(2 * np.pi * 3.1 * _time(seconds)))
    spoons = [(float(at), 2.0 * cup(random)) for at in random.uniform(0, max(seconds - 1, 0.1), int(seconds / 7))]
    return _room(random, seconds) + 0.7 * murmur + _place(seconds, *spoons)


# name: (maker, dB under the level of speech)
BEDS: dict[str, tuple[Callable[[Random, float], Waveform], float]] = {
    "room": (_room, 38.0), "clock": (_clock, 34.0), "sea": (_sea, 26.0), "rain": (_rain, 20.0), "cafe": (_cafe, 30.0),
}  # fmt: skip


def bed(name: str, random: Random, seconds: float) -> Waveform:
    """Return `seconds` of a room at RMS 1, faded at both ends so that rooms cross-fade."""
    sound = BEDS[name][0](random, seconds)
    return instruments.fade(np.asarray(sound / sound.std(), np.float32), 0.25)


def through_loudspeaker(voice: Waveform) -> Waveform:
    """A station's loudspeaker: narrow band, driven, with the echo of the platform. The voice keeps its start."""
    driven = np.tanh(4 * band(voice, 420, 3600) / np.abs(voice).max()).astype(np.float32)
    echo = np.zeros(len(voice) + int(0.3 * SAMPLE_RATE), np.float32)
    for delay, level in ((0.0, 1.0), (0.11, 0.22), (0.23, 0.1)):
        start = int(delay * SAMPLE_RATE)
        echo[start : start + len(voice)] += level * driven
    return echo


def through_telephone(voice: Waveform) -> Waveform:
    """A telephone line: 300 to 3400 Hz."""
    return band(voice, 300, 3400, order=4)


def from_next_room(voice: Waveform) -> Waveform:
    """Through a wall: no highs."""
    return band(voice, 90, 1900)


VOICE_PATHS = {"tannoy": through_loudspeaker, "phone": through_telephone, "off": from_next_room}


def in_a_room(voice: Waveform, random: Random, seconds: float = 0.28, wet: float = 0.12) -> Waveform:
    """Add a short diffuse reverberation; the dry voice stays where it was."""
    tail = _noise(random, seconds) * np.exp(-6.9 * _time(seconds) / seconds)
    echo = fftconvolve(voice, tail / np.sqrt((tail**2).sum()))
    out = wet * echo
    out[: len(voice)] += voice
    return np.asarray(out, np.float32)
