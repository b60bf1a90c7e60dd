"""The sentence above the figures: how many checks say anything, on how many characters and items a ranking rests."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from audiorole.cli.evaluation.compare import command as compare_command
from audiorole.evaluation.results.checks import UNDECIDED, UNMEASURED, Check
from audiorole.evaluation.results.headline import floor_caption, headline
from audiorole.evaluation.results.results import CastNote, Results
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.report.evaluation import write_comparison
from tests.evaluation.test_run import mumble, system_run

GOOD, OPEN = Check("ap", "gold > impostor", True, 1, 0), Check("ap", f"gold > impostor{UNDECIDED}", True, 0, 1)
MUTE, BAD = Check("ap", f"gold > noise{UNMEASURED}", True), Check("ap", "gold > impostor", False, 0, 1)


@pytest.fixture(scope="module")
def results(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return system_run(evaluation, tmp_path_factory.mktemp("out"), mumble=mumble)


def cast(items: list[int], same: list[bool] | None = None) -> tuple[CastNote, ...]:
    return tuple(
        CastNote(f"show/C{at}", number, 10, "f", 5, (same or [True] * len(items))[at], True)
        for at, number in enumerate(items)
    )


@pytest.mark.parametrize(
    ("checks", "items", "sentence"),
    [
        ([GOOD] * 132 + [OPEN] * 2, [8], "132 checks hold, 2 undecided. 1 character, 8 items: ranks nothing."),
        ([GOOD] * 3, [], "3 checks hold. 0 characters, 0 items: ranks nothing."),
        (
            [GOOD, MUTE, OPEN],
            [1, 0, 0],
            "1 checks hold, 1 undecided, 1 not measurable. "
            "3 characters, 1 item: ranks nothing, since p cannot go below 0.250 with so few characters.",
        ),
        (
            [GOOD],
            [4] * 5,
            "1 checks hold. "
            "5 characters, 20 items: ranks nothing, since p cannot go below 0.062 with so few characters.",
        ),
        ([GOOD] * 134, [400] * 6, "134 checks hold. 6 characters, 2,400 items."),
        ([GOOD, BAD, BAD], [4] * 6, "1 checks hold, 2 FAILED. 6 characters, 24 items."),
    ],
)
def test_the_headline_says_on_how_much_it_rests(results, checks, items, sentence) -> None:
    told = msgspec.structs.replace(results, checks=tuple(checks), cast=cast(items))
    assert headline(told) == sentence.replace("1 checks hold", "1 check holds")


@pytest.mark.parametrize(
    ("same", "words"),
    [
        ([True, True], "of the same gender"),
        ([False, False], "of any gender"),
        ([True, False, False], "of the same gender for 1 of 3 characters, of any for the others"),
    ],
)
def test_the_caption_says_what_the_table_says(results, same, words, tmp_path: Path) -> None:
    told = msgspec.structs.replace(results, cast=cast([4] * len(same), same))
    assert floor_caption(told).endswith(words)
    page = write_comparison(tmp_path / "page.html", told).read_text()
    assert f"{words}, 1 another real line" in page
    assert page.count(", any gender</td>") == same.count(False)


def test_report_compare_and_page_carry_the_headline(evaluation: Evaluation, tmp_path: Path) -> None:
    results = system_run(evaluation, tmp_path / "a", mumble=mumble)
    system_run(evaluation, tmp_path / "b", mumble=mumble)
    page = tmp_path / "page.html"
    found = CliRunner().invoke(compare_command, [str(tmp_path / "a"), str(tmp_path / "b"), "--page", str(page)])
    assert found.exit_code == 0, found.output
    assert headline(results) in found.output
    characters = len(results.cast)
    assert f"{characters} characters" in headline(results)
    for part in headline(results).split(". "):
        assert part.rstrip(".") in page.read_text()
