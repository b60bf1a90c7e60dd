"""A whole session, clicked through in a browser: every clip played to its end, every answer by its button."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from audiorole.evaluation.listening.analyse import analyse
from audiorole.evaluation.listening.design import Key, Plan, Stimulus
from audiorole.evaluation.listening.page import INSIDE, make_test, write_test
from tests.chromium import CHROMIUM, Chromium

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

SYSTEMS = ("good", "poor")
ITEMS = [(f"toy/e01/u{at:05d}", "Ada") for at in range(4)]

CLICK_THROUGH = """
(async (strength) => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const early = [];
  document.getElementById("listener").value = "robot";
  document.getElementById("start").click();
  while (!document.getElementById("export")) {
    const answers = [...document.querySelectorAll("button.answer, input.slide")];
    early.push(answers.every((control) => control.disabled));
    const players = [...document.querySelectorAll("button.player")];
    for (const button of players) {
      button.click();
      while (!button.classList.contains("heard")) await pause(20);
    }
    const codes = players.map((button) => button.dataset.code);
    const slides = [...document.querySelectorAll("input.slide")];
    const open = [...document.querySelectorAll("button.answer")];
    const buttons = Object.fromEntries(open.map((button) => [button.dataset.answer, button]));
    if (slides.length) {
      for (const slide of slides) {
        slide.value = strength[slide.dataset.code];
        slide.dispatchEvent(new Event("input"));
      }
      document.getElementById("next").click();
    } else if (buttons.tie) {
      const [a, b] = codes.slice(-2).map((code) => strength[code]);
      buttons[a > b ? "a" : b > a ? "b" : "tie"].click();
    } else {
      buttons[Math.min(5, Math.max(1, Math.round(strength[codes[0]] / 20)))].click();
    }
    await pause(5);
  }
  const link = document.getElementById("save");
  return { saved: document.getElementById("export").textContent, name: link.download, early };
})(%s)
"""

OPINION = {
    "good": 80, "poor": 30, "hidden_reference": 100, "low_anchor": 5, "trap_voice": 99, "trap_same": 50, "reference": 0,
}  # fmt: skip


def tone(stimulus: Stimulus) -> np.ndarray:
    time = np.arange(3200) / 16000
    return (0.2 * np.sin(2 * np.pi * (200 + 20 * len(stimulus.system)) * time)).astype(np.float32)


def opinions(key: Key) -> str:
    return json.dumps({code: OPINION[stimulus.system] for code, stimulus in key.codes.items()})


@pytest.mark.parametrize(("inside", "screens"), [(INSIDE, 4), (0, 2)])
def test_a_session_clicked_through_in_chromium_is_analysed(tmp_path: Path, inside: int, screens: int) -> None:
    page, key = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=1, ab=screens, mos=screens, mushra=1), "pepper", "toy")
    clips = write_test(page, key, tmp_path / "page.html", tmp_path / "key.json", inside)
    assert (clips is None) is (inside > 0)
    with Chromium(tmp_path / "page.html") as browser:
        browser.wait_for('document.readyState === "complete" && document.getElementById("listener") !== null')
        found = browser.evaluate(CLICK_THROUGH % opinions(key))
    assert found["name"].startswith("toy-robot-")
    assert all(found["early"]), "an answer was open before its clips were heard"
    (tmp_path / "robot.json").write_text(found["saved"], encoding="utf-8")
    result = analyse(tmp_path / "key.json", [tmp_path / "robot.json"])
    assert result.excluded == {}
    assert [one.system for one in result.strengths] == ["good", "poor"]
    assert [one.system for one in result.mushra] == ["hidden_reference", "good", "poor", "low_anchor"]


NAMES = [
    "Anna", "anna", "Анна", "安娜", "アンナ", "أنّا", "आन्या", "한나", "a b", "a-b", "a/b", "../a", "é", "ê", "?", "!",
    "🦜", "🦊", "x" * 200,
]  # fmt: skip


def test_listeners_of_any_script_have_files_of_their_own(tmp_path: Path) -> None:
    page, key = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=1, ab=1, mos=1, mushra=1), "pepper", "toy: 試験/1")
    write_test(page, key, tmp_path / "page.html", tmp_path / "key.json")
    with Chromium(tmp_path / "page.html") as browser:
        browser.wait_for('document.readyState === "complete" && document.getElementById("listener") !== null')
        found = browser.evaluate(f"{json.dumps(NAMES)}.map((name) => fileName(data.test, name))")
        composed = browser.evaluate(r"fileName('t', 'e\u0301'.normalize('NFC')) === fileName('t', '\u00e9')")
        assert browser.complaints == []
    assert len(set(found)) == len(NAMES)
    assert composed
    assert all(len(name.encode()) < 255 and not set(name) & set("/\\:?*") for name in found)
    assert "安娜" in found[3]
    assert "試験" in found[0]


def test_clips_that_were_left_behind_are_told(tmp_path: Path) -> None:
    page, key = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=1, ab=1, mos=1, mushra=1), "pepper", "toy")
    clips = write_test(page, key, tmp_path / "here" / "page.html", tmp_path / "key.json", inside=0)
    assert clips is not None
    moved = (tmp_path / "here" / "page.html").rename(tmp_path / "page.html")
    with Chromium(moved) as browser:
        browser.wait_for('document.readyState === "complete" && document.getElementById("listener") !== null')
        browser.evaluate('document.getElementById("listener").value = "a"; document.getElementById("start").click()')
        browser.evaluate('document.querySelector("button.player").click()')
        browser.wait_for('document.getElementById("lost") !== null', 30)
        assert "Keep the folder page-clips beside this page" in browser.evaluate(
            'document.getElementById("lost").textContent'
        )
