"""Plays a screenplay: places every line and sound in time, mixes them, and writes down exactly what it did."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from examples.make_sample import effects, instruments
from examples.make_sample.cast import ROLES
from examples.make_sample.kokoro import SAMPLE_RATE, Kokoro, Waveform
from examples.make_sample.screenplay import Line, Pause, Recap, Scene, Screenplay, Sound, Theme

SPEECH_RMS = 0.08  # of a line's voiced frames: -22 dBFS, peaks near -6
INTERRUPTION = 0.38  # seconds for which the interrupted one goes on talking
THEME_LINE = Line("TANNOY", "Lost Property. Please mind the gap, between what you lost and what you find.", ("tannoy",))
THEME_LINE_AT, THEME_SNR_DB = 2.9, 10.0
_GRID = SAMPLE_RATE // 1000  # everything starts on a millisecond, so that the truth is exact
ROOMS = frozenset({"clock", "cafe"})

Truth = dict[str, Any]


def generator(*names: object) -> np.random.Generator:
    """A generator seeded by names, so that a changed scene leaves the others as they were."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:8], "big"))


@dataclass
class Placed:
    """A line in the mix: its dry span in samples, and its waveform with whatever room follows it."""

    truth: Truth
    start: int
    dry: Waveform
    wet: Waveform
    talk_over: bool

    @property
    def end(self) -> int:
        """First sample after the dry voice."""
        return self.start + len(self.dry)


@dataclass
class Episode:
    """A finished mix, float32 `(num_samples,)` at 24 kHz, with its truth."""

    screenplay: Screenplay
    mix: Waveform
    truth: Truth


@dataclass
class Player:
    """Places events one after the other; `cursor` is the sample at which the last one ended."""

    kokoro: Kokoro
    episode: str
    earlier: dict[str, Episode]
    cursor: int = 0
    lines: list[Placed] = field(default_factory=list)
    background: list[tuple[int, Waveform]] = field(default_factory=list)
    inserts: list[tuple[int, Waveform]] = field(default_factory=list)
    truth: Truth = field(default_factory=lambda: {"scenes": [], "sounds": [], "music": []})
    scene: Scene | None = None

    def play(self, screenplay: Screenplay) -> Episode:
        """Play all scenes and mix."""
        for scene in screenplay.scenes:
            self._play_scene(scene)
        return Episode(screenplay, *self._mix(screenplay))

    def _play_scene(self, scene: Scene) -> None:
        start, self.scene = _grid(self.cursor), scene
        self.cursor += int(0.5 * SAMPLE_RATE)
        for event in scene.events:
            if isinstance(event, Theme):
                self._close_scene(scene, start)
                self._play_theme()
                return
            self._play_event(event)
        self.cursor += int(0.7 * SAMPLE_RATE)
        self._close_scene(scene, start)

    def _close_scene(self, scene: Scene, start: int) -> None:
        seconds = (self.cursor - start) / SAMPLE_RATE
        room, under_db = (
            effects.bed(scene.bed, generator(self.episode, scene.id, "bed"), seconds),
            effects.BEDS[scene.bed][1],
        )
        self.background.append((start, _scaled(room, under_db)))
        if scene.music != "none":
            self.background.append((start, _scaled(instruments.LOOPS[scene.music](seconds), scene.snr_db)))
            self.truth["music"].append({"name": scene.music, **_span(start, self.cursor)})
        self.truth["scenes"].append(
            {
                "id": scene.id,
                "description": scene.description,
                **_span(start, self.cursor),
                "bed": scene.bed,
                "music": scene.music,
            }
        )

    def _play_event(self, event: Line | Sound | Pause | Theme | Recap) -> None:
        match event:
            case Pause(seconds):
                self.cursor += int(seconds * SAMPLE_RATE)
            case Sound():
                self._play_sound(event)
            case Line():
                self._play_line(event)
            case Recap():
                self._play_recap(event)

    def _play_sound(self, sound: Sound) -> None:
        number = len(self.truth["sounds"])
        waveform = effects.effect(sound.name, generator(self.episode, sound.name, number))
        start = _grid(self.cursor + int(0.25 * SAMPLE_RATE))
        self.background.append((start, waveform))
        self.cursor = start + len(waveform)
        kind = "music" if sound.name in effects.MUSICAL else "effect"
        self.truth["sounds"].append(
            {"name": sound.name, "label": sound.label, "kind": kind, **_span(start, self.cursor)}
        )

    def _play_theme(self) -> None:
        start = _grid(self.cursor)
        music = _scaled(instruments.theme(), THEME_SNR_DB - 4.0)
        line_at = start + int(THEME_LINE_AT * SAMPLE_RATE)
        self.scene = Scene("opening", "The opening theme.", "none", "theme", THEME_SNR_DB)
        placed = self._speak(THEME_LINE, line_at)
        music = _duck(music, line_at - start, placed.end - start, 4.0)
        self.background.append((start, music))
        self.cursor = start + len(music)
        self.truth["music"].append({"name": "theme", **_span(start, self.cursor)})
        self.truth["scenes"].append(
            {
                "id": "opening",
                "description": "The opening theme.",
                **_span(start, self.cursor),
                "bed": "none",
                "music": "theme",
            }
        )

    def _play_line(self, line: Line) -> None:
        number = len(self.lines)
        gap = generator(self.episode, number, line.text).uniform(0.22, 0.55)
        start = self.cursor + int((-INTERRUPTION if "cuts in" in line.directions else gap) * SAMPLE_RATE)
        self.cursor = self._speak(line, _grid(start)).end

    def _speak(self, line: Line, start: int) -> Placed:
        role, scene = ROLES[line.role], self.scene
        assert scene is not None
        voice = self.kokoro.say(line.text, role.voice, role.language, role.speed)
        path = next((effects.VOICE_PATHS[how] for how in line.directions if how in effects.VOICE_PATHS), None)
        dry, wet = _shape(voice, path, role.gain_db - (3.0 if "off" in line.directions else 0.0))
        if scene.bed in ROOMS and path is None:
            wet = effects.in_a_room(wet, generator("room", scene.bed))
        off = path is not None
        truth = {
            "id": "", "start": 0.0, "end": 0.0, "text": line.text, "character": role.name, "scene": scene.id,
            "background": "+".join(part for part in (scene.bed, scene.music) if part != "none"), "snr_db": 0.0,
            "overlaps_previous": "cuts in" in line.directions, "interrupted": "cut off" in line.directions,
            "off_screen": off,
            "voice_path": next((how for how in line.directions if how in effects.VOICE_PATHS), "direct"),
            "repeats": "", "segments": _segments(dry, start),
        }  # fmt: skip
        self.lines.append(Placed(truth, start, dry, wet, "cuts in" in line.directions))
        return self.lines[-1]

    def _play_recap(self, recap: Recap) -> None:
        """Insert the audio of an earlier line, 0.1 s of its surroundings included."""
        source = self.earlier[recap.episode]
        told = next(line for line in source.truth["lines"] if line["text"].startswith(recap.words))
        margin = int(0.1 * SAMPLE_RATE)
        first, last = (round(told[edge] * SAMPLE_RATE) for edge in ("start", "end"))
        clip = instruments.fade(source.mix[first - margin : last + margin], 0.06)
        start = _grid(self.cursor + int(0.45 * SAMPLE_RATE))
        self.inserts.append((start, clip))
        shift = (start + margin - first) / SAMPLE_RATE
        segments = [[round(a + shift, 3), round(b + shift, 3)] for a, b in told["segments"]]
        truth = told | {"scene": "recap", "repeats": told["id"], "segments": segments}
        self.lines.append(Placed(truth, start + margin, clip[margin:-margin], np.zeros(0, np.float32), False))
        self.cursor = start + len(clip)

    def _mix(self, screenplay: Screenplay) -> tuple[Waveform, Truth]:
        size = self.cursor + int(0.5 * SAMPLE_RATE)
        background = _sum(size, self.background)
        speech = _sum(size, [(line.start, line.wet) for line in self.lines])
        mix = background + speech + _sum(size, self.inserts)
        for number, line in enumerate(self.lines, start=1):
            line.truth |= {"id": f"{self.episode}/l{number:03d}", **_span(line.start, line.end)}
            if not line.truth["repeats"] or line.truth["scene"] != "recap":
                line.truth["snr_db"] = _snr_db(line, background)
        truth = {
            "episode": self.episode, "series": "Lost Property", "title": screenplay.title,
            "duration": round(size / SAMPLE_RATE, 3), "sample_rate": SAMPLE_RATE,
            "lines": [line.truth for line in self.lines], **self.truth,
        }  # fmt: skip
        return _limit(mix), truth


def mark_repeats(episode: Episode, earlier: dict[str, Episode]) -> None:
    """The theme's line is the same audio in every episode: point it at the first one."""
    for line in episode.truth["lines"]:
        if line["scene"] == "opening":
            twins = (old for other in earlier.values() for old in other.truth["lines"] if old["scene"] == "opening")
            line["repeats"] = next((old["id"] for old in twins), "")


def _shape(voice: Waveform, path: Any, gain_db: float) -> tuple[Waveform, Waveform]:
    """Return the line at its loudness, without and with the tail that its path adds."""
    heard = path(voice) if path else voice
    frames = heard[: len(voice)]
    voiced = frames[np.abs(frames) > 0.05 * np.abs(frames).max()]
    scale = SPEECH_RMS * 10 ** (gain_db / 20) / np.sqrt((voiced**2).mean())
    return np.asarray(frames * scale, np.float32), np.asarray(heard * scale, np.float32)


def _segments(dry: Waveform, start: int, pause: float = 0.2) -> list[list[float]]:
    """Return the runs of voice, in seconds, that pauses of at least `pause` seconds divide."""
    hop = SAMPLE_RATE // 100
    level = 10 * np.log10((dry[: len(dry) // hop * hop].reshape(-1, hop) ** 2).mean(1) + 1e-12)
    loud = np.flatnonzero(level > level.max() - 38.0)
    breaks = np.flatnonzero(np.diff(loud) > pause * 100)
    firsts, lasts = np.r_[loud[0], loud[breaks + 1]], np.r_[loud[breaks], loud[-1]] + 1
    firsts[0], lasts[-1] = 0, len(dry) // hop  # a filtered voice may seem to begin later
    at = start / SAMPLE_RATE
    return [[round(at + a / 100, 3), round(at + b / 100, 3)] for a, b in zip(firsts, lasts, strict=True)]


def _grid(sample: int) -> int:
    return -(-sample // _GRID) * _GRID


def _scaled(sound: Waveform, under_db: float) -> Waveform:
    """Scale a sound of RMS 1 to `under_db` below speech."""
    return np.asarray(sound * SPEECH_RMS * 10 ** (-under_db / 20), np.float32)


def _duck(music: Waveform, start: int, end: int, by_db: float) -> Waveform:
    """Lower music under a voice, as a mixer would, over 0.3 s."""
    gain = np.ones(len(music), np.float32)
    gain[start:end] = 10 ** (-by_db / 20)
    width = int(0.3 * SAMPLE_RATE)
    return np.asarray(
        music * np.convolve(np.pad(gain, width, "edge"), np.ones(width) / width, "same")[width:-width], np.float32
    )


def _sum(size: int, parts: list[tuple[int, Waveform]]) -> Waveform:
    out = np.zeros(size, np.float32)
    for start, sound in parts:
        out[start : start + len(sound)] += sound[: size - start]
    return out


def _snr_db(line: Placed, background: Waveform) -> float:
    """Power of the dry line over everything that is not speech, over the line's span."""
    noise = background[line.start : line.end]
    return round(float(10 * np.log10((line.dry**2).mean() / (noise**2).mean())), 1)


def _span(start: int, end: int) -> dict[str, float]:
    return {"start": round(start / SAMPLE_RATE, 3), "end": round(end / SAMPLE_RATE, 3)}


def _limit(mix: Waveform, knee: float = 0.7) -> Waveform:
    """Bend peaks above the knee, so that nothing clips."""
    over = np.abs(mix) > knee
    bent = np.sign(mix) * (knee + (1 - knee) * 0.95 * np.tanh((np.abs(mix) - knee) / (1 - knee)))
    return np.asarray(np.where(over, bent, mix), np.float32)
