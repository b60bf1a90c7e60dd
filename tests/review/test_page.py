"""The review desk in a browser, by keyboard: answers, corrections and their undo, two people, phones, darkness."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

from audiorole.dataset.names.decision_file import read_log
from audiorole.dataset.names.identity import read_identities
from audiorole.naming.answers.corrections import corrections
from audiorole.review.session import ReviewSession
from audiorole.testing.series import tiny_build
from tests.chromium import CHROMIUM, Chromium
from tests.review.conftest import Hands, served
from tests.review.test_corrections import files, rows

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

EPISODE = "#/episode/show/s01e01"
LINE = "show/s01e01/u00003"
FOCUSED = "document.activeElement.tagName"


@pytest.fixture
def hands(nameless, browser):
    """Somebody at the questions of a build that nobody named."""
    with served(ReviewSession(nameless, who="ann")) as url:
        hands = Hands(browser, url)
        hands.wait("desk.view.item")
        yield hands
        found = faults(browser)
        browser.leave()  # before the server goes
        assert found == []


@pytest.fixture
def editor(out, browser):
    """Somebody at the lines of an episode, the third of them chosen."""
    with served(ReviewSession(out, who="ann")) as url:
        hands = Hands(browser, url)
        hands.go(f"#/line/{LINE}", f"desk.view.detail?.line?.id === '{LINE}' && desk.view.detail.wave.ready")
        yield hands
        found = faults(browser)
        browser.leave()  # before the server goes
        assert found == []


def faults(browser):
    """Return what the browser complained of, but for answers that were refused on purpose."""
    return [each for each in browser.complaints if not each.get("entry", {}).get("url", "").endswith("/decide")]


def item(hands, field="subject"):
    return hands.ask(f"desk.view.item.{field}")


def test_a_voice_is_named_and_the_next_by_its_likely_name(hands, nameless):
    first = item(hands)
    hands.press("r")
    hands.decides(text="Anna", end="Enter")
    assert read_identities(nameless).character == {first: "Anna"}
    assert hands.ask("desk.store.state.names") == ["Anna"]
    hands.wait("desk.view.item && desk.view.item.candidates.length")
    asked = hands.ask("[desk.view.item.kind, desk.view.item.subject, desk.view.item.candidates[0].name]")
    hands.decides("Enter")
    state = read_identities(nameless)
    assert {**state.character, **state.label}[asked[1]] == asked[2]
    hands.decides("u")
    assert read_identities(nameless).character == {first: "Anna"}


def test_the_second_name_has_the_second_key(hands, nameless):
    hands.press("r")
    hands.decides(text="Anna", end="Enter")
    hands.wait("desk.view.item && desk.view.item.candidates.length > 1")
    subject, second = hands.ask("[desk.view.item.subject, desk.view.item.candidates[1].name]")
    hands.decides("2")
    state = read_identities(nameless)
    assert {**state.character, **state.label}[subject] == second


def test_a_voice_is_merged_into_another_and_back(hands, nameless):
    subject = item(hands)
    hands.press("m")
    into = hands.ask("document.querySelector('dialog select').value")
    hands.decides("Enter")
    assert read_identities(nameless).voice == {subject: into}
    assert subject not in hands.ask("desk.store.state.voices.map((voice) => voice.voice)")
    hands.decides("u")
    assert read_identities(nameless).voice == {}


def test_ticked_lines_are_split_off_and_nothing_ticked_says_so(hands, nameless):
    subject = item(hands)
    hands.press("s")
    assert "Tick the lines" in hands.ask("document.getElementById('toast').textContent")
    hands.press("ArrowDown")
    line = hands.ask("desk.view.line.id")
    hands.press("x")
    hands.decides("s")
    state = read_identities(nameless)
    assert state.moved == {line: subject + "b"}
    assert line not in state.stays
    assert set(state.stays.values()) == {subject}
    assert subject + "b" in hands.ask("desk.store.state.voices.map((voice) => voice.voice)")


def test_a_name_goes_to_the_lines_that_are_not_ticked(hands, nameless):
    subject, first = hands.ask("[desk.view.item.subject, desk.view.item.lines[0].id]")
    hands.press("ArrowDown")
    line = hands.ask("desk.view.line.id")
    hands.press("x")
    hands.press("r")
    hands.type("Anna")
    hands.press("Enter")
    hands.wait("desk.store.state.decisions === 2 && desk.settled()")
    state = read_identities(nameless)
    assert (state.character, state.moved) == ({subject: "Anna"}, {line: subject + "b"})
    assert state.heard[first] == subject
    assert line not in state.heard


def test_a_question_stays_as_it_was_asked_while_others_answers_change_its_voice(hands, nameless):
    from audiorole.api.deciding import decide

    subject, lines = hands.ask("[desk.view.item.subject, desk.view.item.lines.map((line) => line.id)]")
    hands.press("ArrowDown")
    hands.press("x")
    decide(nameless, "split-voice", subject, subject + "-2", lines=[lines[0]], who="eva")
    hands.wait("desk.store.state.people.eva === 1 && desk.settled()")
    assert hands.ask("[desk.view.item.subject, desk.view.item.lines.map((line) => line.id)]") == [subject, lines]
    assert hands.ask("desk.view.line.id") == lines[1] == hands.ask("desk.view.wave.line.id")
    assert hands.ask("[...desk.view.ticked]") == [lines[1]]


def test_someone_else_and_skip(hands, nameless):
    first = item(hands, "key")
    hands.press("n")
    hands.wait(f"desk.view.item && desk.view.item.key !== {json.dumps(first)}")
    second = item(hands)
    hands.decides("e")
    assert read_identities(nameless).character == {second: ""}


def test_a_refused_answer_leaves_its_question_and_the_same_again_says_that_the_name_is_new(hands, nameless):
    hands.press("r")
    hands.decides(text="Anna", end="Enter")
    hands.wait("desk.view.item")
    key = item(hands, "key")
    for _ in range(2):
        hands.press("r")
        hands.type("Ana")
        hands.press("Enter")
        hands.wait("desk.store.pending === 0 && desk.view.item")
    hands.wait("desk.store.state.decisions === 2 && desk.settled()")
    assert read_log(nameless)[-1].value == "Ana"
    assert key.endswith(read_log(nameless)[-1].subject)


EDITS = {
    "edit_text": (["Enter"], " Indeed.", "Enter"),
    "edit_bounds": (["ArrowLeft", "ArrowLeft", "Enter"], "", ""),
    "mark_overlap": (["o"], "", ""),
    "remove_line": (["Delete"], "", ""),
    "add_line": (["a"], "Hush now.", "Enter"),
    "label_line": (["r"], "Cora", "Enter"),
}


def add_line(editor, text):
    """Add a line behind the chosen one; returns when the page shows it."""
    editor.press("a")
    editor.type(text)
    editor.ask("document.querySelector('dialog form').requestSubmit()")
    editor.wait(f"desk.view.detail.line?.text === {json.dumps(text)} && desk.settled()")


SLOW = """(() => {
  const answer = window.fetch, delays = %s;
  window.fetch = async (path, options) => {
    const found = await answer(path, options), slow = delays[String(path).split("?")[0]] || [];
    await new Promise((resolve) => setTimeout(resolve, slow.shift() || 0));
    return found;
  };
})()"""


LATE = {
    "first list": {"/lines": [1500]},
    "second list": {"/lines": [0, 1500]},
    "line": {"/line": [1500, 0, 0]},
    "place": {"/place": [1500]},
    "state and line": {"/state": [1500], "/line": [0, 900]},
}


@pytest.mark.parametrize("delays", LATE.values(), ids=LATE)
def test_an_added_line_is_shown_whichever_answer_of_the_server_comes_late(editor, delays):
    editor.ask(SLOW % json.dumps(delays))
    add_line(editor, "Hush now.")
    editor.wait("desk.view.list.at(desk.view.list.selected)?.text === 'Hush now.'")
    editor.ask("new Promise((resolve) => setTimeout(resolve, 2000))")
    assert editor.ask("desk.view.detail.line.text") == "Hush now."


@pytest.mark.parametrize("kind", EDITS)
def test_each_correction_by_keyboard_survives_a_rebuild_touches_nothing_else_and_is_undone(editor, out, kind):
    before, bytes_before = rows(out), files(out)
    keys, text, end = EDITS[kind]
    if kind == "add_line":
        add_line(editor, text)
    else:
        editor.decides(*keys, text=text, end=end)
    (decision,) = read_log(out)
    assert (decision.kind, decision.who) == (kind, "ann")
    tiny_build(out.parent / "in", out, "curate.min_duration=0.1")
    after = rows(out)
    if kind != "label_line":
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert changed == {decision.subject}
    editor.decides("u")
    assert corrections(read_log(out)) == {}
    if kind == "add_line":
        editor.wait("document.querySelector('.detail .empty')?.textContent.includes('took it back')")
        editor.press("r")  # there is nothing to name: nothing breaks
    tiny_build(out.parent / "in", out, "curate.min_duration=0.1")
    assert files(out) == bytes_before


def test_bounds_are_shown_before_they_are_saved_and_escape_leaves_them(editor, out):
    start = editor.ask("desk.view.detail.line.start")
    for _ in range(3):
        editor.press("ArrowRight")
    assert editor.ask("desk.view.detail.bounds[0]") == pytest.approx(start + 0.15)
    editor.press("Escape")
    assert editor.ask("desk.view.detail.bounds") is None
    assert read_log(out) == []


def test_space_plays_the_chosen_line_whichever_it_is(editor):
    for number in (4, 5):
        editor.press("ArrowDown")
        editor.wait(f"desk.view.detail.wave.line.id.endsWith('u0000{number}') && desk.view.detail.wave.ready")
        if not editor.ask("desk.view.detail.wave.playing"):
            editor.press("Space")
        editor.wait("desk.view.detail.wave.playing")
        editor.press("Space")
        editor.wait("!desk.view.detail.wave.playing")


def test_a_search_and_a_jump_find_their_lines(editor):
    editor.press("/")
    assert editor.ask(FOCUSED) == "INPUT"
    editor.type("BREAKFAST")
    editor.wait("desk.view.list && desk.view.list.total === 2 && desk.view.filter.text === 'BREAKFAST'")
    editor.press("Enter")
    editor.go(EPISODE, "desk.view.list?.total === 6 && desk.view.filter.episode")
    editor.press("g")
    editor.type("0:07.5")
    editor.press("Enter")
    editor.wait("desk.view.detail?.line?.id === 'show/s01e01/u00005'")


def test_the_help_names_the_keys_of_the_page(editor):
    editor.press("?")
    said = editor.ask("document.getElementById('dialog').textContent")
    for each in ("edit the text", "begin 50 ms earlier", "others speak over it", "add a line behind it", "faster"):
        assert each in said
    editor.press("Escape")
    editor.wait("!document.getElementById('dialog').open")


def test_two_browsers_see_each_others_answers_and_undo_their_own(out, browser):
    session = ReviewSession(out, who="ann")
    with served(session) as url, Chromium(url) as other:
        ann, ben = Hands(browser, url), Hands(other)
        ben.press("w")
        ben.ask("document.querySelector('dialog input').value = ''")
        ben.type("ben")
        ben.press("Enter")
        for hands in (ann, ben):
            hands.go(f"#/line/{LINE}", f"desk.view.detail?.line?.id === '{LINE}' && desk.view.detail.wave.ready")
        ann.decides("Enter", text=" Truly.", end="Enter")
        ben.wait("desk.view.detail.line.text.endsWith('Truly.')")
        ben.decides("r", text="Cora", end="Enter")
        ann.wait("desk.store.state.people.ben === 1 && desk.store.state.people.ann === 1 && desk.settled()")
        ann.go(f"#/line/{LINE}", "desk.view.detail?.line")
        ann.decides("r", text="Ben", end="Enter")
        ben.wait("desk.store.state.agreement.lines === 1")
        assert "ben says 'Cora'" in ann.ask("desk.store.state.conflicts[0]")
        ben.decides("u")
        ann.wait("!desk.store.state.people.ben")
        assert [decision.who for decision in read_log(out)] == ["ann", "ben", "ann", "ben"]
        browser.leave()


def test_decisions_of_another_process_arrive(editor, out):
    from audiorole.api.deciding import decide

    decide(out, "edit-text", LINE, "From elsewhere.", who="eva")
    editor.wait("desk.view.detail.line.text === 'From elsewhere.'")
    assert editor.ask("desk.store.state.people.eva") == 1


@contextmanager
def phone(browser, scheme):
    """Make the browser's window a phone's."""
    browser.send("Emulation.setDeviceMetricsOverride", width=420, height=860, deviceScaleFactor=1, mobile=True)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    yield
    browser.send("Emulation.clearDeviceMetricsOverride")
    browser.send("Emulation.setEmulatedMedia", features=[])


PAGES = [
    "#/questions", "#/lines", EPISODE, f"#/line/{LINE}", "#/episodes", "#/characters", "#/character/Anna", "#/voices",
    "#/voice/voice_01",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_is_dark_where_that_is_wanted(out, browser, scheme):
    session = ReviewSession(out)
    session.live.wait()
    with served(session) as url, phone(browser, scheme):
        hands = Hands(browser, url)
        for page in PAGES:
            hands.go(page, "document.querySelector('main').children.length && desk.settled()")
            hands.wait("!document.querySelector('main').textContent.includes('Looking for')")
            assert hands.ask("document.documentElement.scrollWidth") <= 420, page
            bright = hands.ask(BRIGHTNESS)
            assert bright, page
            assert all((light > 128) == (scheme == "light") for light in bright), (page, bright)
        found = faults(browser)
        browser.leave()
        assert found == []


BRIGHTNESS = """
[...document.querySelectorAll('body, .card, .bar, button:not(.main, .play), input, select')].flatMap((node) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  canvas.fillStyle = getComputedStyle(node).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return alpha > 250 ? [(red + green + blue) / 3] : [];
})
"""
