"""The benchmark on the bundled series with its real models: `audiorole evaluate` on a published dataset, end to end."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from click.testing import CliRunner

from audiorole.audio.pcm import decode_to_pcm
from audiorole.cli.evaluation.evaluate import command
from audiorole.evaluation.hearing.models import models_of
from audiorole.evaluation.metrics import METRICS
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.evaluation.results.results import Results, read_results
from audiorole.evaluation.suite import load_suite, with_ears_for
from audiorole.evaluation.systems.anchors import ANCHORS
from audiorole.models.requirements import absent_models
from audiorole.types import Dialogue

EXAMPLES = Path(__file__).parents[2] / "examples"
RATE = 16_000

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(
        bool(absent_models(models_of(with_ears_for(load_suite(None), "en").models))),
        reason="wants the weights: audiorole models pull base asr extra",
    ),
]

SUITE = """
[suite]
name = "sample"
seeds = 1
[items]
num_roles = 2
items_per_role = 6
min_items = 5
test_episodes = ["lost/s01e03"]
[enrolment]
lines_per_impostor = 12
max_lines = 25
"""


def _rows(episode: str, scratch: Path) -> Iterator[dict[str, Any]]:
    """Yield the episode's lines as `audiorole build` publishes them, straight from the truth."""
    told = msgspec.json.decode((EXAMPLES / "truth" / f"{episode}.json").read_bytes())
    media = next(EXAMPLES.rglob(told["media"]))
    with closing(decode_to_pcm(media, 0, RATE, scratch / episode)) as decoded:
        pcm = decoded.read(0.0, told["duration"])
    before: dict[str, list[str]] = {}
    for number, line in enumerate(told["lines"]):
        name, context = f"lost/{episode}/u{number:05d}", before.setdefault(line["scene"], [])
        sound = io.BytesIO()
        soundfile.write(sound, pcm[round(line["start"] * RATE) : round(line["end"] * RATE)], RATE, format="FLAC")
        yield {
            "id": name, "start": line["start"], "end": line["end"], "text": line["text"], "normalised": line["text"],
            "language": "en", "character": line["character"] or "", "probability": 1.0, "scene": line["scene"],
            "dialogue": line["scene"], "turn": len(context), "context": context[-8:], "addressee": "",
            "duplicate_of": line["repeats"], "audio": {"bytes": sound.getvalue(), "path": f"{number}.flac"},
        }  # fmt: skip
        context.append(name)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    for episode in ("s01e01", "s01e02", "s01e03"):
        path = folder / "dataset" / "train" / f"{episode}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(_rows(episode, folder / "pcm"))), path)
    (folder / "suite.toml").write_text(SUITE)
    return folder


def evaluated(dataset: Path, out: Path) -> tuple[int, str, Results]:
    arguments = [str(dataset / "dataset"), "--suite", str(dataset / "suite.toml"), "--out", str(out)]
    found = CliRunner().invoke(command, arguments, standalone_mode=False)
    if found.exception:
        raise found.exception
    return found.return_value, found.output, read_results(out)


@pytest.fixture(scope="module")
def run(dataset: Path) -> tuple[int, str, Results]:
    return evaluated(dataset, dataset / "out")


def test_the_anchors_come_out_in_the_right_order(run: tuple[int, str, Results]) -> None:
    code, output, results = run
    assert [check for check in results.checks if not check.passed] == []
    assert code == 0, output
    raw = {one.name: {name: found.raw for name, found in one.metrics.items()} for one in results.systems}
    assert raw["gold"]["ap_norm"] > 0.7 > 0.3 > raw["impostor"]["ap_norm"]
    assert raw["gold"]["cp_auc"] > 0.9 > raw["other_line"]["cp_auc"]
    assert raw["gold"]["wer"] < 0.5 < raw["wrong_text"]["wer"]
    assert raw["gold"]["mos"] > raw["noise"]["mos"]


def test_each_fake_is_caught_and_real_lines_pass(run: tuple[int, str, Results]) -> None:
    by_name = {one.name: one for one in run[2].systems}
    gates = {name: anchor.gate for name, anchor in ANCHORS.items() if anchor.gate}
    for name, gate in gates.items():
        assert by_name[name].gate_rates.get(gate, 0) >= 0.8, name
    assert by_name["other_line"].statuses.get("ok", 0) >= 0.9 * by_name["other_line"].rows


class Backwards(MeanMetric):
    """A deliberately broken metric: the further from the character's voice, the higher."""

    card: ClassVar = MetricCard("backwards", "", -1.0, 1.0, True, -1.0, (("gold", "impostor"),), ("speaker",))

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        space = self.gallery.spaces[self.listener.primary]
        return Score(value=-space.similarity(dialogue.target.character, np.asarray(response.clip.voice())))


def test_a_broken_metric_ends_the_command_with_a_non_zero_code(
    run: tuple[int, str, Results], dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS._builtin, "backwards", f"{__name__}:Backwards")
    for path in (dataset / "out").glob("heard.sqlite*"):
        shutil.copy(path, tmp_path)
    code, output, results = evaluated(dataset, tmp_path)
    assert code == 1
    assert [check.subject for check in results.checks if not check.passed] == ["backwards"]
    assert "FAILED backwards: gold > impostor" in output
    assert "This run does not hold" in (tmp_path / "report.html").read_text()
