"""Answers of the server that come late: what was chosen, typed or asked for since then is never overwritten by them."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

from audiorole.api.deciding import decide
from audiorole.dataset.names.decision_file import read_log
from audiorole.dataset.names.identity import read_identities
from audiorole.review.session import ReviewSession
from tests.chromium import CHROMIUM
from tests.review.conftest import Hands, served
from tests.review.test_page import LINE, SLOW, editor, hands

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

__all__ = ["editor", "hands"]

PLAYED = """(() => {
  const play = HTMLMediaElement.prototype.play;
  window.played = [];
  HTMLMediaElement.prototype.play = function () { window.played.push(this.src); return play.call(this); };
})()"""

SHOWN = "desk.view.detail?.line?.id"
CHOSEN = "desk.view.list.at(desk.view.list.selected)?.id"
CHANGED = "find.dispatchEvent(new Event('input'))"


def slow(page: Hands, **delays: list[int]) -> None:
    """Let the next answers of these addresses come so many milliseconds late."""
    page.ask(SLOW % json.dumps({f"/{name}": each for name, each in delays.items()}))


def rest(page: Hands, milliseconds: int) -> None:
    page.ask(f"new Promise((resolve) => setTimeout(resolve, {milliseconds}))")


def line(number: int) -> str:
    return f"{LINE[:-1]}{number}"


def test_of_two_voices_that_are_asked_for_the_last_is_heard(editor):
    editor.ask(PLAYED)
    slow(editor, sound=[700, 0])
    editor.press("[")
    editor.press("]")
    editor.wait("played.length > 0")
    rest(editor, 900)
    assert len(editor.ask("played")) == 1, "the first one came late and was played over the second"


@pytest.mark.parametrize("leave", ["#/voices", "#/lines", f"#/line/{LINE}"])
def test_a_page_that_was_left_plays_nothing_and_takes_no_keys(hands, leave):
    hands.wait("desk.view.wave.ready")
    hands.ask(PLAYED)
    slow(hands, sound=[700])
    hands.press("ArrowDown")  # its sound is asked for now
    hands.ask("void (window.old = desk.view)")
    hands.go(leave, "desk.view !== old")
    rest(hands, 1200)
    assert hands.ask("[played.length, Boolean(old.wave.ready)]") == [0, False]


def test_an_answer_that_is_refused_late_comes_back_only_where_its_page_still_is(hands):
    hands.press("r")
    hands.decides(text="Anna", end="Enter")
    hands.wait("desk.view.item")
    slow(hands, decide=[700])
    hands.press("r")
    hands.type("Ana")  # nearly a known one: refused
    hands.press("Enter")
    hands.ask("void (window.old = desk.view)")
    hands.go("#/voices", "desk.view !== old")
    rest(hands, 900)
    assert hands.ask("[Boolean(old.refused), desk.view.rows.length > 0]") == [False, True]


def test_a_name_is_given_to_the_question_for_which_it_was_typed(hands, nameless):
    first = hands.ask("desk.view.item.subject")
    hands.press("r")
    decide(nameless, "name-voice", first, "Cora", who="eva")
    hands.wait(f"desk.view.item && desk.view.item.subject !== {json.dumps(first)} && desk.settled()")
    hands.type("Anna")
    hands.press("Enter")
    hands.wait("document.getElementById('toast').textContent.includes('answered already')")
    assert [(each.who, each.subject, each.value) for each in read_log(nameless)] == [("eva", first, "Cora")]


def test_questions_that_were_asked_before_an_answer_do_not_bring_it_back(hands):
    first = hands.ask("desk.view.item.key")
    slow(hands, questions=[900, 0, 0])
    hands.ask("desk.view.fill()")
    hands.press("r")
    hands.decides(text="Anna", end="Enter")
    rest(hands, 1100)
    assert hands.ask("desk.view.item.key") != first
    hands.decides("u")
    hands.wait(f"desk.view.queue.some((one) => one.key === {json.dumps(first)})")


def test_a_question_on_the_screen_stays_while_it_is_open_wherever_it_is_ranked(hands):
    key = hands.ask("desk.view.item.key")
    hands.ask(
        "(() => { const answer = window.fetch; window.fetch = async (path, options) => {"
        "  const found = await answer(path, options);"
        "  if (!String(path).startsWith('/questions')) return found;"
        "  const told = await found.json();"
        f" told.questions = told.questions.filter((one) => one.key !== {json.dumps(key)});"
        "  return new Response(JSON.stringify(told)); }; })()"
    )
    hands.ask("desk.view.fill()")
    hands.wait("!desk.view.filling")
    assert hands.ask("desk.view.item.key") == key


@pytest.mark.parametrize("late", ["lines", "place"])
def test_a_list_of_before_is_not_shown_among_the_lines_of_now(editor, late):
    slow(editor, **{late: [900]})
    editor.ask("desk.view.list.pages.clear(); void desk.view.list.select(5)")
    editor.ask(f"(() => {{ const find = document.getElementById('find'); find.value = 'breakfast'; {CHANGED}; }})()")
    editor.wait("desk.view.filter.text === 'breakfast' && desk.view.list.loaded")
    rest(editor, 1100)
    texts = "[...desk.view.list.pages.values()].flat().map((row) => row.text)"
    assert editor.ask(texts) == ["Then I want my breakfast."] * 2
    assert editor.ask("desk.view.list.total") == 2


def test_a_key_is_for_the_line_that_is_chosen_not_for_the_one_still_on_the_screen(editor, out):
    slow(editor, line=[800])
    editor.press("ArrowDown")
    assert editor.ask(SHOWN) == LINE
    for key in ("1", "x", "o", "e"):
        editor.press(key)
    editor.wait(f"{SHOWN} === '{line(4)}'")
    assert read_log(out) == []


def test_who_has_chosen_another_line_stays_there_when_an_answer_is_written_down(editor):
    slow(editor, decide=[800])
    editor.press("1")
    editor.press("ArrowUp")
    editor.wait(f"{SHOWN} === '{line(2)}'")
    editor.wait("desk.store.state.decisions === 1 && desk.settled()")
    rest(editor, 300)
    assert editor.ask(SHOWN) == line(2) == editor.ask(CHOSEN)


@pytest.mark.parametrize(("keys", "typed"), [(["t"], "textarea"), ([], "input.number")])
def test_what_is_being_typed_stays_when_others_decide(editor, out, keys, typed):
    field = f"document.querySelector('.detail {typed}')"
    for key in keys:
        editor.press(key)
    editor.ask(f"{field}.focus(); {field}.value = '0:04.25'")
    decide(out, "label-line", LINE, "Cora", who="eva")
    editor.wait("desk.store.state.people.eva === 1 && desk.settled()")
    rest(editor, 300)
    assert editor.ask(f"[{field}.value, document.activeElement === {field}]") == ["0:04.25", True]
    editor.press("Escape")
    editor.ask("document.activeElement.blur()")
    editor.wait("desk.view.detail.line.character === 'Cora'")


def test_a_state_that_was_asked_for_earlier_does_not_replace_a_later_one(editor, out):
    slow(editor, state=[900, 0])
    editor.press("o")
    editor.wait("desk.store.pending === 0")
    editor.press("r")
    editor.type("Cora")
    editor.press("Enter")
    editor.wait("desk.store.state.decisions === 2")
    rest(editor, 1200)
    assert editor.ask("desk.store.state.decisions") == 2
    assert len(read_log(out)) == 2


@pytest.mark.parametrize(
    ("address", "narrow", "count"),
    [
        ("#/character/Anna", {"order": "time"}, 2),
        ("#/episode/show/s01e01", {"state": "open"}, 4),
        ("#/lines", {"state": "open"}, 3),
    ],
)
def test_naming_line_after_line_leaves_none_out(out, browser, address, narrow, count):
    """A line that gets a name leaves the list, and the next one comes to its place."""
    with served(ReviewSession(out, who="ann")) as url:
        page = Hands(browser, url)
        page.go(address, "desk.view.list?.loaded")
        page.ask(f"desk.view.set({json.dumps(narrow)})")
        page.wait("desk.view.list.loaded && desk.view.list.selected === 0")
        page.press("Home")
        page.wait(f"{SHOWN} && {SHOWN} === {CHOSEN} && desk.settled()")
        total, wanted = page.ask("[desk.view.list.total, desk.view.list.pages.get(0).map((row) => row.id)]")
        seen = []
        for number in range(1, 1 + count):
            seen.append(page.ask(SHOWN))
            page.decides("r", text="Cora", end="Enter")
            page.wait(f"desk.view.list.total === {total - number} && {SHOWN} === {CHOSEN} && desk.settled()")
        browser.leave()
    assert seen == wanted[:count]
    assert set(read_identities(out).label) == set(seen)
