"""Faces are given to the characters who speak when they are seen, and help where voices do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiorole.naming import NO_SEED, FaceColumns, NamingOptions, ReferenceVoices, SeriesLines
from audiorole.naming.face_identity import cluster_faces, face_owners, name_with_faces, owned
from audiorole.types import Cast, Character


def columns(seen: list[list[int]], names: tuple[str, ...]) -> FaceColumns:
    flat = [face for faces in seen for face in faces]
    count = len(flat)
    return FaceColumns(
        pointer=np.concatenate([[0], np.cumsum([len(faces) for faces in seen])]).astype(np.int64),
        name=np.array(flat, np.int32),
        score=np.full(count, 0.9, np.float32),
        share=np.full(count, 0.1, np.float32),
        frames=np.ones(count, np.int32),
        names=names,
    )


def test_two_faces_on_one_picture_are_never_one_person() -> None:
    vectors = np.tile(np.array([[1.0, 0.02], [1.0, -0.02]]), (10, 1))
    labels = cluster_faces(vectors, np.repeat(np.arange(10), 2))
    assert np.all(labels[::2] != labels[1::2])


def test_a_listener_does_not_get_the_line() -> None:
    """Face 0 speaks, face 1 listens to it and says four lines of its own, face 2 is seen with nobody known."""
    seen = [[0, 1]] * 7 + [[0]] * 8 + [[1]] * 4 + [[2]] * 4
    belief = np.zeros((len(seen), 4))
    belief[:15, 0] = belief[15:19, 1] = 1
    belief[19:, 3] = 1
    assert face_owners(columns(seen, ("face_01", "face_02", "face_03")), belief).tolist() == [0, 1, 3]


def test_a_face_that_is_nobody_s_clearly_is_left_out() -> None:
    seen = [[0], [0], [0], [0], [1]]
    belief = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]], float)
    faces = columns(seen, ("face_01", "face_02"))
    owner = face_owners(faces, belief)
    assert owner.tolist() == [-1, -1]
    assert len(owned(faces, owner, ["Ann", "Ben"]).name) == 0


def test_faces_name_lines_whose_voices_cannot() -> None:
    rng = np.random.default_rng(5)
    n, people = 400, 4
    truth = rng.integers(people, size=n)
    centre = rng.normal(size=(people, 16))
    voice = (centre[truth] + 1.6 * rng.normal(size=(n, 16))).astype(np.float32)
    start = np.arange(n) * 3.0
    seed = np.where(np.arange(n) % 20 == 0, truth, NO_SEED).astype(np.int32)
    episode = (np.arange(n) // 100).astype(np.int32)
    lines = SeriesLines(voice, np.where(episode >= 0, start % 300, 0), start % 300 + 1.5, episode, seed=seed)
    faces = columns([[who] for who in truth.tolist()], tuple(f"face_{k + 1:02d}" for k in range(people)))
    cast = Cast(tuple(Character(name) for name in ("Ann", "Ben", "Cora", "Dov")))
    options, none = NamingOptions(), ReferenceVoices()
    blind, _ = name_with_faces(lines, cast, options, none)
    seeing, owner = name_with_faces(replace(lines, faces=faces), cast, options, none)
    open_lines = seed == NO_SEED
    assert owner.tolist() == [0, 1, 2, 3]
    assert (seeing.character == truth)[open_lines].mean() > (blind.character == truth)[open_lines].mean() + 0.03
