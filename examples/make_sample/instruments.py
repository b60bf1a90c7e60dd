"""Synthesised instruments and the series' music. Everything is float32 `(num_samples,)` at 24 kHz."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from examples.make_sample.kokoro import SAMPLE_RATE, Waveform


@dataclass(frozen=True)
class Timbre:
    """An additive voice: harmonics, attack and decay in seconds (decay 0: held), vibrato as a share of pitch."""

    harmonics: tuple[float, ...]
    attack: float
    decay: float = 0.0
    vibrato: float = 0.0


REED = Timbre((1.0, 0.62, 0.48, 0.3, 0.26, 0.16, 0.1), 0.05, vibrato=0.004)
PLUCK = Timbre((1.0, 0.5, 0.32, 0.14, 0.06), 0.004, decay=0.45)
TUBA = Timbre((0.8, 1.0, 0.55, 0.3, 0.16, 0.07, 0.03), 0.06, vibrato=0.003)
BELL = Timbre((1.0, 0.0, 0.55, 0.0, 0.3, 0.12), 0.003, decay=0.7)

Note = tuple[float, float, int, float]  # beat, beats held, MIDI number, level


def tone(timbre: Timbre, midi: int, seconds: float, level: float = 1.0) -> Waveform:
    """One note."""
    time = np.arange(int((seconds + 0.12) * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = (
        440.0
        * 2 ** ((midi - 69) / 12)
        * (1 + timbre.vibrato * np.sin(2 * np.pi * 5.3 * time) * np.minimum(1, time * 3))
    )
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    wave = sum(share * np.sin((index + 1) * phase) for index, share in enumerate(timbre.harmonics))
    rise = np.minimum(1.0, time / timbre.attack)
    fall = np.clip((seconds + 0.12 - time) / 0.12, 0.0, 1.0)
    ring = np.exp(-time / timbre.decay) if timbre.decay else 1.0
    return np.asarray(level * wave * rise * fall * ring / sum(timbre.harmonics), np.float32)


def play(notes: Iterable[Note], timbre: Timbre, beat: float, beats: float) -> Waveform:
    """Play notes on one instrument into a buffer of `beats` beats of `beat` seconds, with a tail of 0.6 s."""
    out = np.zeros(int((beats * beat + 0.6) * SAMPLE_RATE), np.float32)
    for at, held, midi, level in notes:
        sound = tone(timbre, midi, held * beat, level)
        start = int(at * beat * SAMPLE_RATE)
        out[start : start + len(sound)] += sound[: len(out) - start]
    return out


def _melody(bars: str, octave: int = 0, level: float = 1.0) -> list[Note]:
    """Read `C5:2 A4 | …`: name, octave and beats of each note; `-` rests."""
    notes: list[Note] = []
    at = 0.0
    for word in bars.replace("|", " ").split():
        name, _, beats = word.partition(":")
        held = float(beats or 1)
        if name != "-":
            notes.append((at, held * 0.95, _midi(name) + 12 * octave, level))
        at += held
    return notes


def _midi(name: str) -> int:
    pitch = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[name[0]]
    shift = {"b": -1, "#": 1}.get(name[1], 0)
    return 12 * (int(name[-1]) + 1) + pitch + shift


_CHORDS = {
    "F": (41, 57, 60, 65), "C": (36, 55, 60, 64), "Gm": (43, 58, 62, 67), "Bb": (46, 58, 62, 65),
    "Dm": (38, 57, 62, 65), "A": (45, 57, 61, 64),
}  # fmt: skip

_TUNE = "C5:2 A4 | F4:2 G4 | A4 Bb4 A4 | G4:3 | D5:2 Bb4 | G4:2 A4 | Bb4 G4 E4 | F4:3"
_TUNE_CHORDS = ("F", "F", "F", "C", "Gm", "Gm", "C", "F")


def _waltz(chords: Sequence[str], chord_level: float) -> tuple[list[Note], list[Note]]:
    """Oom-pah-pah: bass notes and the chords on the second and third beat."""
    bass = [(3.0 * bar, 1.2, _CHORDS[name][0], 1.0) for bar, name in enumerate(chords)]
    pah = [
        (3.0 * bar + beat, 0.5, midi, chord_level)
        for bar, name in enumerate(chords)
        for beat in (1, 2)
        for midi in _CHORDS[name][1:]
    ]
    return bass, pah


def theme() -> Waveform:
    """The opening: eight bars in F, accordion over tuba, with a bell on the last bar; 10.2 s."""
    beat = 0.4
    bass, pah = _waltz(_TUNE_CHORDS, 0.22)
    parts = play(_melody(_TUNE), REED, beat, 24) + 0.8 * play(bass, TUBA, beat, 24) + play(pah, REED, beat, 24)
    return _level(parts + 0.5 * play([(21, 2, 89, 1.0), (22, 2, 84, 0.8)], BELL, beat, 24))


def credits() -> Waveform:
    """The last four bars of the theme on plucked strings; about 6 s."""
    beat = 0.42
    tune = "D5:2 Bb4 | G4:2 A4 | Bb4 G4 E4 | F4:3"
    bass, pah = _waltz(_TUNE_CHORDS[4:], 0.25)
    return _level(play(_melody(tune), PLUCK, beat, 12) + 0.7 * play(bass, TUBA, beat, 12) + play(pah, PLUCK, beat, 12))


def sting() -> Waveform:
    """Two seconds between scenes."""
    return _level(play(_melody("C5 A4 | F4 G4 | F4:2"), PLUCK, 0.22, 6) + 0.6 * play([(0, 5, 41, 1.0)], TUBA, 0.22, 6))


def tuba_note() -> Waveform:
    """One sad note."""
    return _level(tone(TUBA, 34, 2.2))


def tuba_tune() -> Waveform:
    """The theme, haltingly, by somebody who has not played for forty years."""
    return _level(play(_melody("C5:2 A4 | F4:3 G4 | A4 Bb4 A4 | F4:4", octave=-2), TUBA, 0.46, 14))


def waltz(seconds: float) -> Waveform:
    """The café's gramophone: a soft waltz in D minor, repeated."""
    chords = ("Dm", "Dm", "Gm", "A", "Dm", "Bb", "A", "Dm")
    tune = "D5:2 F5 | E5 D5 A4 | Bb4:2 D5 | C#5:3 | A4:2 D5 | F5 E5 D5 | E5 C#5 A4 | D5:3"
    bass, pah = _waltz(chords, 0.3)
    beat = 0.48
    loop = (
        play(_melody(tune, level=0.8), REED, beat, 24) + 0.6 * play(bass, PLUCK, beat, 24) + play(pah, PLUCK, beat, 24)
    )
    return _loop(loop, 24 * beat, seconds)


def tension(seconds: float) -> Waveform:
    """Head office is in the room: a creeping bass under pizzicato."""
    walk = "D3 - F3 - | E3 - C#3 - | D3 - A3 - | G#3 - A3 -"
    high = "- A4 - D5 | - A4 - C#5 | - A4 - D5 | - F5 - E5"
    loop = play(_melody(walk), PLUCK, 0.36, 16) + 0.45 * play(_melody(high), PLUCK, 0.36, 16)
    return _loop(loop, 16 * 0.36, seconds)


def tender(seconds: float) -> Waveform:
    """The theme, slowly, in broken chords."""
    arpeggio = [
        (3.0 * bar + step * 0.5, 1.5, _CHORDS[name][1 + (0, 1, 2, 1, 2, 1)[step]], 0.5)
        for bar, name in enumerate(_TUNE_CHORDS)
        for step in range(6)
    ]
    beat = 0.6
    return _loop(play(_melody(_TUNE), BELL, beat, 24) + play(arpeggio, PLUCK, beat, 24), 24 * beat, seconds)


LOOPS = {"waltz": waltz, "tension": tension, "tender": tender}


def _loop(phrase: Waveform, period: float, seconds: float) -> Waveform:
    """Repeat a phrase every `period` seconds, tails overlapping, cut to `seconds` with a fade at both ends."""
    step = int(period * SAMPLE_RATE)
    out = np.zeros(int(seconds * SAMPLE_RATE) + len(phrase), np.float32)
    for start in range(0, int(seconds * SAMPLE_RATE), step):
        out[start : start + len(phrase)] += phrase
    return _level(fade(out[: int(seconds * SAMPLE_RATE)], 0.8))


def fade(sound: Waveform, seconds: float) -> Waveform:
    """Fade both ends."""
    size = min(int(seconds * SAMPLE_RATE), len(sound) // 2)
    ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)
    out = sound.copy()
    out[:size] *= ramp
    out[len(out) - size :] *= ramp[::-1]
    return out


def _level(sound: Waveform) -> Waveform:
    """Scale to an RMS of 1."""
    return np.asarray(sound / np.sqrt((sound**2).mean() + 1e-12), np.float32)
