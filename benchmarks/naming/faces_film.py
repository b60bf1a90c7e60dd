"""A film to lines that are known: who speaks is most often on the picture, and who is on it is known exactly.

Each line is a shot. The camera shows the speaker in 7 of 10 (in 2 of these with the listener beside), the listener
alone in 2, nobody in 1. Heads move a little, light and pose change from shot to shot, the background is grain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.naming.heads import Body, Person, Pixels, person, picture
from benchmarks.series_truth import TrueLine

POSES = 10
"""Poses of a person that are drawn; shots choose among them."""


@dataclass(frozen=True)
class Head:
    """A head on the picture. who: the character; box: left, top, width, height as shares of the picture."""

    who: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Shot:
    """What the camera shows from `start` on (seconds)."""

    start: float
    heads: tuple[Head, ...]
    seed: int


class Actors:
    """A head per character, drawn once in some poses."""

    def __init__(self, body: Body, names: Sequence[str], seed: int = 7) -> None:
        self.people: dict[str, Person] = {name: person(body, seed * 1000 + i) for i, name in enumerate(names)}
        self.body = body
        self.drawn: dict[tuple[str, int], Pixels] = {}

    def pose(self, who: str, number: int) -> Pixels:
        if (who, number) not in self.drawn:
            rng = np.random.default_rng([number, len(who), sum(map(ord, who))])
            yaw, pitch, light = rng.uniform(-35, 35), rng.uniform(-10, 10), rng.uniform(-0.8, 0.8)
            self.drawn[who, number] = picture(self.body, self.people[who], 480, yaw, pitch, light)
        return self.drawn[who, number]


def shots(lines: Sequence[TrueLine], seed: int) -> list[Shot]:
    """Return the shots of an episode."""
    rng = np.random.default_rng(seed)
    ordered = sorted((line for line in lines if line.character), key=lambda line: line.start)
    found, before, last = [Shot(0.0, (), seed)], "", 0.0
    for number, line in enumerate(ordered):
        other = before if before != line.character else ""
        chance = rng.random()
        shown = [line.character] if chance < 0.7 else [other] if chance < 0.9 and other else []
        if chance < 0.2 and other:
            shown.append(other)
        start = max(line.start - 0.2, last + 0.1)
        found.append(Shot(start, tuple(_placed(shown, rng)), seed * 10000 + number))
        before, last = line.character, start
    return found


def _placed(shown: Sequence[str], rng: np.random.Generator) -> Iterator[Head]:
    """Yield heads side by side; a head's picture is square, on a 16:9 screen."""
    for place, who in enumerate(shown):
        height = rng.uniform(0.35, 0.95) if len(shown) == 1 else rng.uniform(0.35, 0.7)
        width = height * 9 / 16
        middle = (place + 1) / (len(shown) + 1) + rng.uniform(-0.08, 0.08)
        yield Head(who, (middle - width / 2, float(rng.uniform(0, 1 - height)), width, height))


def write_film(
    path: Path, audio: Path, plan: Sequence[Shot], seconds: float, actors: Actors, size: tuple[int, int], rate: int
) -> None:
    """Write an H.264 film of `plan` with the sound of `audio` unchanged."""
    with av.open(str(path), "w") as out, av.open(str(audio)) as sound:
        video = out.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.options = {"preset": "veryfast", "crf": "23"}
        voice = out.add_stream_from_template(sound.streams.audio[0])
        packets = [packet for packet in sound.demux(sound.streams.audio[0]) if packet.dts is not None]
        packets.reverse()
        for number, frame in enumerate(_frames(plan, seconds, actors, size, rate)):
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(video.encode(frame))
            while packets and float(packets[-1].pts * packets[-1].time_base) <= number / rate:
                _copy(out, packets.pop(), voice)
        out.mux(video.encode(None))
        while packets:
            _copy(out, packets.pop(), voice)


def _copy(out: Any, packet: Any, stream: Any) -> None:
    packet.stream = stream
    out.mux(packet)


def _frames(
    plan: Sequence[Shot], seconds: float, actors: Actors, size: tuple[int, int], rate: int
) -> Iterator[av.VideoFrame]:
    starts = [shot.start for shot in plan]
    current, canvas = -1, np.zeros((size[1], size[0], 3), np.uint8)
    for number in range(round(seconds * rate)):
        place = int(np.searchsorted(starts, number / rate, side="right")) - 1
        if place != current:
            current, canvas = place, _scene(plan[place], actors, size)
        shift = (int(4 * np.sin(number / rate * 2)), int(3 * np.cos(number / rate * 1.3)))
        yield av.VideoFrame.from_ndarray(np.roll(canvas, shift, (0, 1)), format="rgb24")


def _scene(shot: Shot, actors: Actors, size: tuple[int, int]) -> Pixels:
    rng = np.random.default_rng(shot.seed)
    grain = rng.normal(0, 12, (size[1] // 4, size[0] // 4, 1))
    flat = np.clip(rng.integers(30, 190, 3) + grain, 0, 255).astype(np.uint8)
    canvas = cv2.resize(flat, size, interpolation=cv2.INTER_LINEAR)
    for head in shot.heads:
        left, top = round(head.box[0] * size[0]), round(head.box[1] * size[1])
        side = round(head.box[3] * size[1])
        drawn = cv2.resize(actors.pose(head.who, int(rng.integers(POSES))), (side, side), interpolation=cv2.INTER_AREA)
        x0, y0 = max(left, 0), max(top, 0)
        part = drawn[y0 - top : size[1] - top, x0 - left : size[0] - left]
        under = canvas[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
        alpha = part[..., 3:] / 255.0
        under[:] = (part[..., :3] * alpha + under * (1 - alpha)).astype(np.uint8)
    return np.asarray(canvas)
