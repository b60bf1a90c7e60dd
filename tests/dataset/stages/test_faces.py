"""Faces: off without a picture, pictures that stand for lines, and clusters that the engine gives to characters."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from audiorole.audio.pictures import Sampling, pictures
from audiorole.dataset.names.faces import SeriesFaces, names_on_screen
from audiorole.dataset.stages.signals import faces as stage
from audiorole.dataset.stages.signals.faces import ReadFaces
from audiorole.models.ports import Face
from audiorole.testing.desk import EPISODE, Desk, line, parted
from tests.dataset.faces import no_faces, seen_faces

SHOT = 2.0


def film(path: Path, shades: list[int], key_every: int = 50) -> Path:
    """Write a film of plain shots, `SHOT` seconds each, 10 pictures a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", key_every
        for number in range(round(len(shades) * SHOT * 10)):
            shade = shades[int(number / 10 / SHOT)]
            picture = np.full((48, 64, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def shades_at(path: Path, moments: list[float], sampling: Sampling) -> list[tuple[float, int]]:
    found = pictures(path, moments, sampling)
    return [(round(picture.time, 2), round(int(picture.pixels[10, 10, 0]), -1)) for picture in found]


def test_every_moment_is_decoded_where_its_key_frame_is_far(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [40, 200, 100], key_every=1000)
    found = shades_at(path, [0.1, 3.0, 5.5], Sampling(reach=100.0))
    assert [shade for _, shade in found] == [40, 200, 100]


def test_key_frames_alone_are_decoded_without_reach(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [40, 200, 100], key_every=20)
    found = shades_at(path, [0.1, 0.5, 3.0, 5.5], Sampling(reach=0.0))
    assert found == [(0.0, 40), (2.0, 200), (4.0, 100)]


def test_pictures_are_no_larger_than_asked(tmp_path: Path) -> None:
    (picture,) = pictures(film(tmp_path / "a.mp4", [90]), [0.0], Sampling(side=32))
    assert picture.pixels.shape == (24, 32, 3)


class Shades:
    """One face a picture, whose vector is the picture's shade; a shade of 100 is a crowd of two."""

    def faces(self, picture: np.ndarray) -> list[Face]:
        count = 2 if abs(int(picture[10, 10, 0]) - 100) < 20 else 1
        return [Face(4, 4, 20, 30 - 10 * i, 0.9, np.zeros((5, 2), np.float32)) for i in range(count)]

    def embed_faces(self, picture: np.ndarray, faces: list[Face]) -> np.ndarray:
        angle = float(picture[10, 10, 0]) / 255 * np.pi
        return np.array([[np.cos(angle + i), np.sin(angle + i)] for i, _ in enumerate(faces)], np.float32)


def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings) -> Desk:
    monkeypatch.setattr(stage, "load_model", lambda kind, reference: Shades())
    film(tmp_path / "s01e01.mp4", [40, 200, 100], key_every=20)
    desk = Desk(episode=replace_media("s01e01.mp4", True), inputs=tmp_path)
    lines = [line(1, 0.2, 1.8), line(2, 2.2, 3.6), line(3, 4.2, 5.8)]
    kept, _ = parted(ReadFaces(**settings).run(lines, desk))
    assert kept == lines
    return desk


def replace_media(media: str, has_video: bool):
    import msgspec

    return msgspec.structs.replace(EPISODE, media=media, has_video=has_video)


def test_each_line_knows_the_pictures_that_stand_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = looked(tmp_path, monkeypatch, detector="yunet").saved
    assert saved["pointer"].tolist() == [0, 1, 2, 3]
    assert saved["on"].tolist() == [0, 1, 2]
    assert saved["picture"].tolist() == [0, 1, 2, 2]
    assert saved["boxes"].shape == (4, 4)
    assert saved["lines"].tolist() == [1, 2, 3]


def test_nothing_is_looked_at_when_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = looked(tmp_path, monkeypatch).saved
    assert len(saved["vectors"]) == 0
    assert saved["pointer"].tolist() == [0, 0, 0, 0]
    assert ReadFaces().models() == ()


def test_small_and_doubtful_faces_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(looked(tmp_path, monkeypatch, detector="yunet", min_share=0.5).saved["vectors"]) == 3
    assert len(looked(tmp_path, monkeypatch, detector="yunet", min_score=0.95).saved["vectors"]) == 0


def test_a_face_is_one_cluster_in_every_episode() -> None:
    rng = np.random.default_rng(0)
    people = rng.normal(size=(3, 32))
    who = [[0], [1], [0, 1], [2], [2, 0]] * 6
    collected = SeriesFaces()
    for episode in ("show/s01e01", "show/s01e02"):
        lines = [line(n, 3.0 * n, 3.0 * n + 2, episode=episode) for n in range(len(who))]
        seen = [[people[person] + 0.3 * rng.normal(size=32) for person in each] for each in who]
        collected.add(lines, seen_faces(lines, seen))
    columns = collected.finish()
    assert columns is not None
    assert columns.names == ("face_01", "face_02", "face_03")
    clusters = [columns.name[a:b].tolist() for a, b in zip(columns.pointer, columns.pointer[1:], strict=False)]
    assert clusters[: len(who)] == clusters[len(who) :]
    assert clusters[0] != clusters[1]
    assert set(clusters[2]) == {*clusters[0], *clusters[1]}
    shown = names_on_screen(columns, np.array([0, -1, 1]), ["Otis", "Marigold", ""])
    assert shown[0] == ("face_01 Otis",)


def test_a_face_is_on_the_first_or_the_last_picture_of_its_line() -> None:
    lines = [line(1, 0, 2), line(2, 2.5, 4)]
    arrays = seen_faces(lines, [[np.array([1.0, 0.0])], [np.array([0.0, 1.0])]])
    collected = SeriesFaces()
    collected.add(lines, {**arrays, "on": np.array([0, 1, 1], np.int32), "pointer": np.array([0, 2, 3])})
    columns = collected.finish()
    assert columns is not None
    assert columns.pointer.tolist() == [0, 2, 3]
    assert columns.at_start is not None
    assert columns.at_end is not None
    assert columns.at_start.tolist() == [True, False, True]
    assert columns.at_end.tolist() == [False, True, True]


def test_a_series_without_faces_has_no_columns() -> None:
    collected = SeriesFaces()
    lines = [line(1, 0, 1)]
    collected.add(lines, no_faces(lines))
    assert collected.finish() is None
