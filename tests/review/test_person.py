"""Somebody who knows the truth answers the page's questions by keyboard alone, until every line has its right name."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="needs the extra audiorole[review]")

from audiorole.review.session import ReviewSession
from audiorole.testing.series import LINES, tiny_build
from tests.chromium import CHROMIUM
from tests.review.conftest import Hands, served
from tests.review.person import KnowingPerson
from tests.review.test_corrections import rows

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

PAGE_SECONDS = 20.0
"""For one answer, on a machine that does other things too; alone it is a fraction of a second."""


def test_a_few_answers_name_a_series_and_the_next_build_has_them(nameless, browser):
    session = ReviewSession(nameless, who="ann")
    truth = {line: LINES[int(line[-1]) - 1][2].title() for line in session.names()}
    assert len(truth) == 24
    reached: dict[float, int] = {}
    with served(session) as url:
        hands = Hands(browser, url)
        hands.wait("desk.view.item")
        person = KnowingPerson(hands, truth)
        for answers in range(1, 15):
            assert person.answer()
            names = session.names()
            right = sum(names[line][0] == name for line, name in truth.items()) / len(truth)
            for goal in (0.9, 0.95, 0.98):
                if right >= goal:
                    reached.setdefault(goal, answers)
            if 0.98 in reached:
                break
        browser.leave()
    assert reached[0.9] <= reached[0.95] <= reached[0.98] <= 12, "half of the lines: naming brought nothing"
    assert max(person.seconds) < PAGE_SECONDS
    tiny_build(nameless.parent / "in", nameless, "name.use_cues=false", "curate.min_duration=0.1")
    built = rows(nameless)
    assert sum(built[line]["character"] == name for line, name in truth.items()) >= 0.98 * len(truth)
