"""The run end to end: order of the anchors, floors, resume, refusals."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from audiorole.cli.evaluation.compare import command as compare_command
from audiorole.errors import ConfigError, UnknownNameError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.hearing.store import HearingStore
from audiorole.evaluation.metrics.base import MeanMetric, MetricCard, Response, Score
from audiorole.evaluation.results.checks import check_run
from audiorole.evaluation.results.compare import compare_runs
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.results.totals import Totals
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.files import read_rows
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.evaluation.systems.http import Connection, HttpSystem
from audiorole.report.evaluation import write_evaluation_report
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_listener
from audiorole.types import Dialogue


def echo(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer with the reference clip's first seconds: the right voice, nothing fitting to say."""
    return {"audio": reference[: 16000 * (2 + seed)], "sample_rate": 16000, "text": None}


def mumble(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> dict[str, Any]:
    """Answer backwards: the right voice, and no copy of anything."""
    return {"audio": reference[: 16000 * (2 + seed)][::-1], "sample_rate": 16000, "text": None}


def crash(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> dict[str, Any]:
    raise RuntimeError("out of memory")


def quiet(turns: list[dict[str, Any]], character: str, reference: Any, seed: int) -> None:
    return None


def system_run(evaluation: Evaluation, out: Path, **functions: Any) -> Results:
    chosen = [Entrant(name, f"callable@tests:{name}") for name in functions]
    evaluate(evaluation, chosen, out, opened={name: FunctionSystem.of(make) for name, make in functions.items()})
    return summarise(evaluation, chosen, out)


def test_every_metric_orders_the_anchors_and_every_gate_catches_its_own(anchor_run: tuple[Path, Results]) -> None:
    _, results = anchor_run
    # One false alarm in this small cast is shared vocabulary, not a broken gate: it is checked on real lines.
    failed = [check for check in results.checks if not check.passed]
    assert failed == []
    names = {system.name for system in results.systems}
    assert {"gold", "other_line", "impostor", "silence", "noise", "reversed", "looped", "wrong_text"} <= names


def test_the_voice_scale_has_its_ends_where_they_belong(anchor_run: tuple[Path, Results]) -> None:
    _, results = anchor_run
    value = {system.name: system.metrics["ap_norm"].raw for system in results.systems}
    assert value["other_line"] == pytest.approx(1.0, abs=0.1)
    assert value["impostor"] == pytest.approx(0.0, abs=0.1)


class Flattering(MeanMetric):
    """A deliberately broken metric: the worse the voice, the higher the score."""

    card: ClassVar = MetricCard("broken", "", 0.0, 1.0, True, 0.0, (("other_line", "impostor"),), ())

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        vector = response.clip.voice()
        return Score(value=1 - self.gallery.spaces["bands"].similarity(dialogue.target.character, vector))


class Constant(Flattering):
    """Another one: it says the same of everybody."""

    def score(self, dialogue: Dialogue, response: Response) -> Score:
        return Score(value=0.5)


@pytest.mark.parametrize("kind", [Flattering, Constant])
def test_a_broken_metric_fails_the_run(evaluation: Evaluation, tmp_path: Path, kind: type[MeanMetric]) -> None:
    broken = dataclasses.replace(evaluation, metrics={"broken": kind(evaluation.gallery, evaluation.listener)})
    chosen = [Entrant(name, f"anchor:{name}") for name in ("gold", "other_line", "impostor")]
    evaluate(broken, chosen, tmp_path)
    told = {one.name: Totals(broken.metrics).add(read_rows(tmp_path, one.name)).told() for one in chosen}
    checks = [check for check in check_run(told, broken.metrics) if check.subject == "broken"]
    assert [check.passed for check in checks] == [False]


def test_crashed_and_silent_systems_score_the_floor_and_are_named(evaluation: Evaluation, tmp_path: Path) -> None:
    results = system_run(evaluation, tmp_path, crash=crash, quiet=quiet)
    rows = len(evaluation.items.items) * evaluation.suite.seeds
    by_name = {system.name: system for system in results.systems}
    assert by_name["crash"].statuses == {"error": rows}
    assert by_name["quiet"].statuses == {"missing": rows}
    assert by_name["crash"].metrics["ap_norm"].value == 0.0
    assert by_name["quiet"].metrics["wer"].value == 1.0
    assert by_name["quiet"].metrics["mos"].value == 1.0
    assert next(read_rows(tmp_path, "crash")).detail == "RuntimeError: out of memory"


def test_a_server_that_dies_in_the_middle_costs_floors_and_no_time(evaluation: Evaluation, tmp_path: Path) -> None:
    dead = HttpSystem("http://127.0.0.1:9/respond")  # the discard port: nobody is there
    dead.line = Connection(pause=0.02)
    chosen = [Entrant("dead", "http@http://127.0.0.1:9/respond")]
    evaluate(evaluation, chosen, tmp_path, opened={"dead": dead})
    (system,) = summarise(evaluation, chosen, tmp_path).systems
    assert system.statuses == {"error": len(evaluation.items.items) * evaluation.suite.seeds}
    assert system.metrics["ap_norm"].value == 0.0
    details = [row.detail for row in read_rows(tmp_path, "dead")]
    assert "127.0.0.1:9/respond cannot be reached" in details[0]
    assert all("not asked again while nobody is there" in detail for detail in details[1:])


def test_an_interrupted_run_resumes_to_the_same_bytes(evaluation: Evaluation, tmp_path: Path) -> None:
    system_run(evaluation, tmp_path / "whole", echo=echo)
    asked: list[int] = []

    def flaky(*arguments: Any) -> dict[str, Any]:
        asked.append(1)
        if len(asked) == 9:
            raise KeyboardInterrupt
        return echo(*arguments)

    with pytest.raises(KeyboardInterrupt):
        system_run(evaluation, tmp_path / "resumed", echo=flaky)
    system_run(evaluation, tmp_path / "resumed", echo=flaky)
    assert files(tmp_path / "resumed") == files(tmp_path / "whole")
    assert len(asked) == len(evaluation.items.items) * evaluation.suite.seeds + 1, "a kept reply was asked for again"


def files(out: Path) -> dict[str, bytes]:
    kept = (path for path in sorted(out.rglob("*")) if path.is_file() and "timing" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in kept}


def test_each_model_hears_a_clip_once_however_many_metrics_ask(corpus: Corpus, tmp_path: Path) -> None:
    listener = synthetic_listener(corpus)
    listener.store = HearingStore(tmp_path / "heard.sqlite")
    evaluation = Evaluation.prepare(corpus, SYNTHETIC_SUITE, listener)
    chosen = [*entrants([]), Entrant("mumble", "callable@tests:mumble")]
    evaluate(evaluation, chosen, tmp_path, opened={"mumble": FunctionSystem.of(mumble)})
    summarise(evaluation, chosen, tmp_path)
    with closing(sqlite3.connect(tmp_path / "heard.sqlite")) as store:
        clips = dict(store.execute("SELECT substr(model, 1, instr(model, ':') - 1), count(*) FROM facts GROUP BY 1"))
    assert {"speech", "voice bands", "windows", "asr", "quality", "prosody", "text"} <= set(clips)
    assert dict(listener.calls) == clips, "a model ran twice on one clip"
    before = listener.calls.copy()
    evaluate(evaluation, chosen, tmp_path / "again", opened={"mumble": FunctionSystem.of(mumble)})
    assert listener.calls == before, "a clip that was known was heard again"


def test_two_signatures_do_not_compare(evaluation: Evaluation, tmp_path: Path) -> None:
    first = system_run(evaluation, tmp_path / "a", echo=echo)
    second = msgspec.structs.replace(first, signature=first.signature.replace("2 seeds", "3 seeds"))
    (tmp_path / "b").mkdir()
    second.write(tmp_path / "b")
    with pytest.raises(ConfigError, match=r"do not compare: .*2 seeds.* against .*3 seeds"):
        compare_runs([tmp_path / "a", tmp_path / "b"])


def test_equal_signatures_merge_and_compare(evaluation: Evaluation, tmp_path: Path) -> None:
    system_run(evaluation, tmp_path / "a", mumble=mumble)
    system_run(evaluation, tmp_path / "b", quiet=quiet)
    compared = compare_runs([tmp_path / "a", tmp_path / "b"])
    best = next(one for one in compared.comparisons if one.metric == "ap_norm")
    assert (best.first, best.second) == ("mumble", "quiet")
    assert best.effect > 0
    assert best.p >= best.smallest_p
    page = tmp_path / "side-by-side.html"
    outs = [str(tmp_path / name) for name in "ab"]
    assert CliRunner().invoke(compare_command, [*outs, "--page", str(page)], standalone_mode=False).return_value == 0
    assert all(name in page.read_text() for name in ("mumble", "quiet", compared.signature))


def test_a_folder_belongs_to_one_signature(evaluation: Evaluation, tmp_path: Path) -> None:
    system_run(evaluation, tmp_path, quiet=quiet)
    other = dataclasses.replace(evaluation, suite=msgspec.structs.replace(evaluation.suite, seeds=1))
    with pytest.raises(ConfigError, match="another suite"):
        system_run(other, tmp_path, quiet=quiet)


def test_twins_and_unknown_systems_are_refused() -> None:
    with pytest.raises(ConfigError, match="give one a label"):
        entrants(["folder@x", "folder@x"])
    with pytest.raises(UnknownNameError, match="folder"):
        entrants(["foldr@x"])


def test_the_report_is_one_file_with_signature_players_and_equal_bytes(evaluation: Evaluation, tmp_path: Path) -> None:
    results = system_run(evaluation, tmp_path, echo=echo)
    page = write_evaluation_report(tmp_path, results, evaluation.corpus.audio)
    text = page.read_text()
    assert results.signature in text
    assert "most disputed" in text
    assert "://" not in text
    assert write_evaluation_report(tmp_path, results, evaluation.corpus.audio).read_text() == text


def test_shuffled_contexts_return_to_chance(anchor_run: tuple[Path, Results]) -> None:
    _, results = anchor_run
    probe = {system.name: system.shuffled_cp_auc for system in results.systems}
    assert probe["gold"] == pytest.approx(0.5, abs=0.25)  # some ten items: two standard errors


def test_systems_never_see_the_gold_turn(evaluation: Evaluation, tmp_path: Path) -> None:
    seen: list[tuple[list[str], str]] = []

    def spy(turns: list[dict[str, Any]], character: str, reference: np.ndarray, seed: int) -> None:
        seen.append(([turn["text"] for turn in turns], character))

    system_run(evaluation, tmp_path, spy=spy)
    gold = [item.target.text for item in evaluation.items.items for _ in range(evaluation.suite.seeds)]
    assert all(text not in turns for text, (turns, _) in zip(gold, seen, strict=True))
