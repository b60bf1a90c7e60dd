"""The evaluation's page and the comparison's in a real browser, light and dark: silent console, readable text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiorole.evaluation.results.compare import compare_runs
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import Entrant, entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.systems.function import FunctionSystem
from audiorole.report.evaluation import write_comparison, write_evaluation_report
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_corpus, synthetic_listener
from tests.chromium import CHROMIUM, Chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

ANCHORS = ("gold", "other_line", "impostor", "silence")

HARD_TO_READ = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const over = (top, below) => {
    const [r, g, b, a = 1] = top;
    return [r, g, b].map((part, at) => a * part + (1 - a) * below[at]);
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    return over(parts(getComputedStyle(element).backgroundColor), ground(element.parentElement));
  };
  const found = [];
  document.querySelectorAll("details").forEach((part) => (part.open = true));
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const levels = [light(over(parts(style.color), below)), light(below)].sort((a, b) => b - a);
    const contrast = (levels[0] + 0.05) / (levels[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) found.push([element.textContent.trim().slice(0, 40), contrast.toFixed(2)]);
  }
  return found;
})()
"""
"""Text whose contrast is under WCAG 2.2's minimum (1.4.3), with its contrast."""


def backwards(turns: list[dict[str, Any]], character: str, reference: np.ndarray, seed: int) -> dict[str, Any]:
    return {"audio": reference[: 16000 * (2 + seed)][::-1], "sample_rate": 16000, "text": "never"}


def broken(*_: Any) -> dict[str, Any]:
    raise RuntimeError("no <b>weights</b>")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of an evaluation of two systems, and of a comparison of it with itself."""
    out = tmp_path_factory.mktemp("evaluation")
    corpus = synthetic_corpus()
    evaluation = Evaluation.prepare(corpus, SYNTHETIC_SUITE, synthetic_listener(corpus))
    systems = {"backwards": FunctionSystem.of(backwards), "broken": FunctionSystem.of(broken)}
    chosen = [one for one in entrants([]) if one.name in ANCHORS]
    chosen += [Entrant(name, f"callable@tests:{name}") for name in systems]
    evaluate(evaluation, chosen, out, opened=systems)
    report = write_evaluation_report(out, summarise(evaluation, chosen, out), corpus.audio)
    return {"report": report, "comparison": write_comparison(out / "compare.html", compare_runs([out, out]))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "comparison"])
def test_a_page_is_silent_and_readable(pages: dict[str, Path], name: str, scheme: str) -> None:
    with Chromium(pages[name], scheme) as browser:
        browser.wait_for('document.readyState === "complete" && document.getElementById("signature") !== null')
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        hard = browser.evaluate(HARD_TO_READ)
        assert browser.evaluate('document.querySelectorAll("table").length') >= 8
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        assert browser.complaints == []
    assert (min(ground) > 200) if scheme == "light" else (max(ground) < 60)
    assert hard == []


def test_a_reply_and_its_gold_line_are_played(pages: dict[str, Path]) -> None:
    with Chromium(pages["report"]) as browser:
        browser.wait_for('document.readyState === "complete" && document.querySelector("button.play") !== null')
        for at in (0, 1):
            browser.evaluate(f'document.querySelectorAll("button.play")[{at}].click()')
            browser.wait_for(f'document.querySelectorAll("button.play")[{at}].getAttribute("aria-pressed") === "true"')
        assert browser.evaluate('document.querySelectorAll("button.play[aria-pressed=true]").length') == 1
        assert "no <b>weights</b>" in browser.evaluate('document.getElementById("gates").textContent')
        assert browser.complaints == []
