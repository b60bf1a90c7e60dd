"""Judges that think, answer in JSON, take other parameters, or fail: one lost vote each, and the run is summed up."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation import api
from audiorole.evaluation.judge.endpoint import GIVE_UP, Ledger
from audiorole.evaluation.judge.pairwise import compare
from audiorole.evaluation.judge.recipe import JudgeRecipe, read_judge
from audiorole.evaluation.judge.verdict import read_verdict
from audiorole.evaluation.results.results import read_results
from audiorole.evaluation.run.entrants import entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.judging import judge_run
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.completion import answer_text, without_thinking
from audiorole.evaluation.systems.http import HttpError, StatusError
from audiorole.types import Dialogue, Turn

RECIPE = JudgeRecipe("http://judge.example/v1", "wise", "2026-01-01", items=6, exam_items=4)
ITEM = Dialogue(
    "s/e/u1", "s", "s/e", (Turn(("a",), "Bob", "Where is she?", 0, 1), Turn(("b",), "Ada", "On the boat.", 1, 2))
)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("VERDICT: A", 1),
        ("**VERDICT: B**", -1),
        ("Both are fine.\n\nVERDICT: TIE.", 0),
        ("<think>VERDICT: A? No.</think>\nVERDICT: B", -1),
        ("<think>VERDICT: A", None),
        ("Okay, VERDICT: A maybe.\n</think>\n\nVERDICT: B", -1),
        ("<thinking>\nVERDICT: A\n</thinking>VERDICT: TIE", 0),
        ("◁think▷VERDICT: A◁/think▷VERDICT: B", -1),
        ("<|channel|>analysis<|message|>VERDICT: A<|end|><|start|>assistant<|channel|>final<|message|>VERDICT: B", -1),
        ('{"verdict": "A"}', 1),
        ('```json\n{"reason": "It {fits}.", "verdict": "B"}\n```', -1),
        ('{"reason": "x", "winner": "Reply A"}', 1),
        ('{"result": {"verdict": "tie"}}', 0),
        ('{"verdict": "draw"}', 0),
        ("B", -1),
        ("Reply A.", 1),
        ("VERDICT: A or B", None),
        ("Both are lovely.", None),
        ('{"verdict": "C"}', None),
        ('{"verdict": 5}', None),
        ("{" * 10_000, None),
        ("<html>502 Bad Gateway</html>", None),
        ("", None),
    ],
)
def test_a_verdict_is_read_wherever_it_stands(answer: str, outcome: int | None) -> None:
    assert read_verdict(answer) == outcome


def test_what_is_thought_is_not_said() -> None:
    assert without_thinking("<think>He is sad.</think> Leave me alone.") == "Leave me alone."
    assert without_thinking("She would\nlie. </think>No.") == "No."
    assert without_thinking("<think>and so on and") == ""


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "thinking", "thinking": "A"}, {"type": "text", "text": "VERDICT: B"}], "VERDICT: B"),
        (None, ""),
        (" x ", "x"),
    ],
)
def test_the_words_of_an_answer_may_come_in_parts(content: Any, text: str) -> None:
    assert answer_text({"choices": [{"message": {"content": content}}]}, "here") == text


@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [{"message": {"content": 5}}]}, {"choices": 5}])
def test_an_answer_without_words_is_an_error_of_the_server(answer: dict[str, Any]) -> None:
    with pytest.raises(HttpError, match="here"):
        answer_text(answer, "here")


def sent(recipe: JudgeRecipe, tmp_path: Path) -> dict[str, Any]:
    """Return what the endpoint is sent."""
    bodies: list[dict[str, Any]] = []

    def post(address: str, body: dict[str, Any], key: str) -> bytes:
        bodies.append(body)
        return completion("VERDICT: TIE")

    ledger = recipe.open(tmp_path / "ledger.jsonl")
    Ledger(tmp_path / "ledger.jsonl", ledger.judge, post=post).ask([{"role": "user", "content": "?"}])
    return bodies[0]


def completion(content: Any, **more: Any) -> bytes:
    return msgspec.json.encode({"choices": [{"message": {"content": content}}], **more})


def test_parameters_are_the_recipes(tmp_path: Path) -> None:
    usual = sent(RECIPE, tmp_path / "usual")
    assert usual["max_tokens"] >= 1000, "a judge that thinks is cut short"
    renamed = sent(msgspec.structs.replace(RECIPE, parameters={"max_completion_tokens": 4000}), tmp_path / "renamed")
    assert renamed["max_completion_tokens"] == 4000
    assert "max_tokens" not in renamed
    bare = sent(msgspec.structs.replace(RECIPE, omit=("max_tokens", "temperature", "seed")), tmp_path / "bare")
    assert set(bare) == {"model", "messages"}


def test_parameters_are_read_from_a_recipe_and_mistakes_are_sentences(tmp_path: Path) -> None:
    path = tmp_path / "judge.toml"
    start = '[judge]\nurl = "http://x.example/v1"\nmodel = "m"\ndate = "2026-01-01"\n'
    path.write_text(start + 'omit = ["seed"]\nparameters = { reasoning_effort = "low" }\n')
    assert read_judge(path).endpoint.body([], seed=0, temperature=0.0) == {
        "model": "m", "messages": [], "temperature": 0.0, "reasoning_effort": "low",
    }  # fmt: skip
    path.write_text(start + "parameters = { stream = true }\n")
    with pytest.raises(InputError, match="stream"):
        read_judge(path)
    path.write_text(start.replace("http://x.example", "x.example"))
    with pytest.raises(ConfigError, match="no address"):
        read_judge(path)


def test_a_refused_parameter_says_the_way_out(tmp_path: Path) -> None:
    def post(address: str, *_: Any) -> bytes:
        raise StatusError(address, 400, "Unsupported parameter: 'max_tokens' is not supported with this model.")

    ledger = Ledger(tmp_path / "x.jsonl", RECIPE.open(tmp_path / "y.jsonl").judge, post=post)
    with pytest.raises(HttpError, match=r'omit = \["max_tokens"\]'):
        ledger.ask([{"role": "user", "content": "?"}])


def test_other_parameters_are_other_questions(tmp_path: Path) -> None:
    answers = itertools.count()

    def post(*_: Any) -> bytes:
        return completion(str(next(answers)))

    other = msgspec.structs.replace(RECIPE, parameters={"reasoning_effort": "high"})
    books = [Ledger(tmp_path / "x", one.open(tmp_path / "x").judge, post=post) for one in (RECIPE, other, RECIPE)]
    asked = [{"role": "user", "content": "?"}]
    assert [books[0].ask(asked), books[1].ask(asked)] == ["0", "1"]


@pytest.mark.parametrize("usage", [5, None, {"prompt_tokens": None}, {"prompt_tokens": "many"}, {"prompt_tokens": -3}])
def test_nonsense_about_tokens_costs_nothing(usage: Any, tmp_path: Path) -> None:
    def post(*_: Any) -> bytes:
        return completion("VERDICT: A", usage=usage)

    ledger = Ledger(tmp_path / "x", RECIPE.open(tmp_path / "x").judge, post=post)
    assert compare(ledger, ITEM, "a", "b").outcome == 0
    assert ledger.cost == 0


def failing_at(calls: set[int], gold: dict[str, str]) -> Callable[..., bytes]:
    """Return an endpoint that knows the gold lines, and fails at some calls."""
    count = itertools.count()

    def post(address: str, body: dict[str, Any], key: str = "") -> bytes:
        if next(count) in calls:
            raise HttpError(f"{address} did not answer with a JSON object; its answer begins b'<html>'")
        asked = body["messages"][1]["content"]
        first, second = re.findall(r"<reply \w>(.*?)</reply", asked)
        line = next((line for prompt, line in gold.items() if prompt in asked), "")
        return completion({(1, 0): "VERDICT: A", (0, 1): "VERDICT: B"}.get((first == line, second == line), "TIE"))

    return post


@pytest.fixture(scope="module")
def heard(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("heard")
    evaluate(evaluation, [one for one in entrants([]) if one.name in ("gold", "other_line")], out)
    return out


def judged(evaluation: Evaluation, out: Path, calls: set[int], monkeypatch: pytest.MonkeyPatch) -> Any:
    (out / "judge.jsonl").unlink(missing_ok=True)
    gold = {item.context[-1].text: item.target.text for item in evaluation.items.items}
    post = failing_at(calls, gold)
    monkeypatch.setattr("audiorole.evaluation.systems.http.Connection.post", lambda _, *given: post(*given))
    return judge_run(evaluation, [], out, RECIPE)


def test_one_failing_call_is_one_lost_vote(
    evaluation: Evaluation, heard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = judged(evaluation, heard, set(), monkeypatch)
    assert whole.exam.passed
    assert (whole.failed, whole.problem) == (0, "")
    for call in (0, 3, whole.calls - 1):
        found = judged(evaluation, heard, {call}, monkeypatch)
        assert found.exam.passed
        assert found.failed == 1
        assert "did not answer" in found.problem
        (gold,) = found.systems
        assert gold.wins + gold.ties + gold.losses + gold.unread == whole.systems[0].wins
        assert gold.low <= gold.share <= gold.high


def test_an_endpoint_that_is_gone_fails_the_exam_soon(
    evaluation: Evaluation, heard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = judged(evaluation, heard, set(range(10_000)), monkeypatch)
    assert not found.exam.passed
    assert found.calls == 0
    assert found.failed > GIVE_UP


def test_a_judge_that_fails_leaves_the_results_written(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole call, but for the models: the judge's replay holds nothing, and says so after all else is done."""
    judge = tmp_path / "judge.toml"
    judge.write_text('[judge]\nurl = "http://x.example/v1"\nmodel = "m"\ndate = "2026-01-01"\nreplay = true\n')
    for name, given in {
        "open_published": lambda *_: evaluation.corpus,
        "load_suite": lambda *_, **__: evaluation.suite,
        "require_models": lambda _: None,
        "model_names": lambda _: {},
        "open_listener": lambda *_: evaluation.listener,
        "entrants": lambda _: [one for one in entrants([]) if one.name in ("gold", "other_line")],
    }.items():
        monkeypatch.setattr(api, name, given)
    call = api.EvaluationCall(tmp_path, tmp_path / "out", judge=judge)
    with pytest.raises(ConfigError, match="Replay"):
        api.run_call(call)
    assert {one.name for one in read_results(tmp_path / "out").systems} == {"gold", "other_line"}
    judge.write_text('[judge]\nurl = "x"\nmodel = "m"\ndate = "2026-01-01"\n')
    with pytest.raises(ConfigError, match="no address"):
        api.run_call(api.EvaluationCall(tmp_path, tmp_path / "b", judge=judge))
    assert not (tmp_path / "b").exists(), "hours of work came before a mistake was told"


@pytest.mark.parametrize("damage", ["flip", "garbage", "cut"])
def test_a_damaged_entry_is_asked_again_and_never_believed(tmp_path: Path, damage: str) -> None:
    asked = itertools.count()

    def post(*_: Any) -> bytes:
        next(asked)
        return completion("VERDICT: A")

    path = tmp_path / "ledger.jsonl"

    def book(replay: bool = False) -> Ledger:
        return Ledger(path, RECIPE.open(tmp_path / "x").judge, replay, post)

    assert compare(book(), ITEM, "a", "b").outcome == 0
    first, second, _ = path.read_bytes().split(b"\n")
    broken = {"flip": first.replace(b"VERDICT: A", b"VERDICT: B"), "garbage": b"\xff{", "cut": first[:-20]}[damage]
    path.write_bytes(broken + b"\n" + second + b"\n")
    with pytest.raises(InputError, match=r"ledger\.jsonl:1: is damaged"):
        book(replay=True)
    assert compare(book(), ITEM, "a", "b").outcome == 0
    assert next(asked) == 3, "one question was asked again"
