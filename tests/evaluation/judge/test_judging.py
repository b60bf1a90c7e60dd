"""The judge over a whole run, against a real HTTP endpoint."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.judge.recipe import JudgeRecipe, read_judge
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.judging import judge_run
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.function import FunctionSystem


class Judge(BaseHTTPRequestHandler):
    """An OpenAI-compatible judge that knows by heart which line follows which."""

    gold: ClassVar[dict[str, str]] = {}
    calls = 0

    def do_POST(self) -> None:
        body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).calls += 1
        asked = body["messages"][1]["content"]
        first, second = re.findall(r"<reply \w>(.*?)</reply", asked)
        gold = next((line for prompt, line in self.gold.items() if prompt in asked), "")
        known = (first == gold, second == gold)
        verdict = {(True, False): "A", (False, True): "B"}.get(known, "TIE")
        answer = {"choices": [{"message": {"content": f"VERDICT: {verdict}"}}], "usage": {"prompt_tokens": 10}}
        data = msgspec.json.encode(answer)
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recipe(evaluation: Evaluation) -> Iterator[JudgeRecipe]:
    Judge.gold, Judge.calls = {item.context[-1].text: item.target.text for item in evaluation.items.items}, 0
    server = HTTPServer(("127.0.0.1", 0), Judge)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    yield JudgeRecipe(address, "wise", "2026-01-01", input_price=1e6, items=6, exam_items=4)
    server.shutdown()
    server.server_close()
    thread.join()


def quiet(*_: Any) -> None:
    return None


def test_gold_wins_silence_loses_and_a_second_run_asks_nothing(
    evaluation: Evaluation, recipe: JudgeRecipe, tmp_path: Path
) -> None:
    systems = [one for one in entrants([]) if one.name in ("gold", "other_line")] + [Entrant("quiet", "callable@x:q")]
    evaluate(evaluation, systems, tmp_path, opened={"quiet": FunctionSystem.of(quiet)})
    found = judge_run(evaluation, ["quiet"], tmp_path, recipe)
    assert found.exam.passed
    by_name = {one.system: one for one in found.systems}
    assert (by_name["gold"].share, by_name["gold"].wins) == (1.0, 6)
    assert (by_name["quiet"].share, by_name["quiet"].lost_unheard) == (0.0, 6)
    assert found.cost == pytest.approx(10 * found.calls)
    asked = Judge.calls
    offline = msgspec.structs.replace(recipe, replay=True)
    assert judge_run(evaluation, ["quiet"], tmp_path, offline) == found
    assert Judge.calls == asked


def test_a_judge_that_fails_its_exam_says_nothing(evaluation: Evaluation, recipe: JudgeRecipe, tmp_path: Path) -> None:
    Judge.gold = {}
    systems = [one for one in entrants([]) if one.name in ("gold", "other_line")]
    evaluate(evaluation, systems, tmp_path)
    found = judge_run(evaluation, [], tmp_path, recipe)
    assert not found.exam.passed
    assert found.systems == ()


def test_a_recipe_is_read_and_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "judge.toml"
    path.write_text('[judge]\nurl = "http://x/v1"\nmodel = "m"\ndate = "2026-01-01"\n')
    assert read_judge(path).items == 100
    path.write_text('[judge]\nurl = "http://x/v1"\n')
    with pytest.raises(InputError, match="model"):
        read_judge(path)
    path.write_text("[chat]\n")
    with pytest.raises(ConfigError, match="judge"):
        read_judge(path)
