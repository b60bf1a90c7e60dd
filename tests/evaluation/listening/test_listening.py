import base64
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from audiorole.cli.evaluation.listen import command as listen
from audiorole.errors import ConfigError, InputError, UserError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.listening.agreement import krippendorff_alpha
from audiorole.evaluation.listening.analyse import analyse, analyse_answers
from audiorole.evaluation.listening.bradley_terry import fit_strengths, outcome_probabilities
from audiorole.evaluation.listening.design import Key, Plan, Stimulus, design_test
from audiorole.evaluation.listening.loudness import TARGET_DB, active_level, levelled
from audiorole.evaluation.listening.page import make_test, seal_of, write_test
from audiorole.evaluation.listening.power import design_notes, listeners_needed, smallest_share
from audiorole.evaluation.listening.sessions import Vote, open_answers
from audiorole.evaluation.listening.simulate import SimulatedListener, simulated_session
from audiorole.evaluation.listening.stimuli import check_dataset, chosen_systems
from audiorole.evaluation.results.results import Results
from audiorole.evaluation.systems.anchors import ANCHORS

ITEMS = [(f"toy/e01/u{at:05d}", ("Ada", "Dan")[at % 2]) for at in range(12)]
SYSTEMS = ("good", "middling", "poor")
TRUTH = {"good": 0.9, "middling": 0.0, "poor": -0.9}


def tone(stimulus: Stimulus) -> np.ndarray:
    time = np.arange(8000) / 16000
    loudness = 0.02 if stimulus.system == "good" else 0.4
    return (loudness * np.sin(2 * np.pi * (200 + len(stimulus.item) * 10) * time)).astype(np.float32)


def key(plan: Plan | None = None) -> Key:
    return design_test(ITEMS, SYSTEMS, plan or Plan(), salt="pepper")


def test_pairs_and_orders_are_balanced_over_the_test() -> None:
    sealed = key()
    pairs = Counter(
        tuple(sealed.codes[code].system for code in trial.stimuli)
        for block in sealed.blocks
        for trial in block
        if trial.kind == "ab" and trial.id not in sealed.traps
    )
    assert len(pairs) == 6
    assert max(pairs.values()) - min(pairs.values()) <= 1


def test_the_page_names_no_system_and_carries_the_seal() -> None:
    page, sealed = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=2, ab=3, mos=3, mushra=1), "pepper", "toy")
    page = page.html()
    assert seal_of(sealed) in page
    for name in (*SYSTEMS, "low_anchor", "hidden_reference", "trap_voice", "pepper"):
        assert name not in page.partition('id="data">')[2].partition("</script>")[0]


def test_each_distinct_clip_is_in_the_page_once(tmp_path: Path) -> None:
    page, sealed = make_test(ITEMS, SYSTEMS, tone, Plan(), "pepper", "toy")
    html = page.html()
    assert len(page.clips) == len(set(page.clips.values())) < len(sealed.codes) / 5
    for data in page.clips.values():
        assert html.count(base64.b64encode(data).decode()) == 1
    assert len(html) < 1.4 * page.size + 150 * len(sealed.codes) + 20_000
    assert set(page.view["sounds"]) == set(sealed.codes)
    assert set(page.view["sounds"].values()) == set(page.clips)


def test_many_clips_lie_beside_the_page_and_old_ones_go(tmp_path: Path) -> None:
    plan, where = Plan(blocks=1, ab=3, mos=1, mushra=1), (tmp_path / "page.html", tmp_path / "key.json")
    folder = write_test(*make_test(ITEMS, SYSTEMS, tone, plan, "pepper", "toy"), *where, inside=0)
    assert folder == tmp_path / "page-clips"
    (folder / "mine.flac").write_bytes(b"not ours")
    page, sealed = make_test(ITEMS, SYSTEMS, tone, plan, "salt", "toy")
    write_test(page, sealed, *where, inside=page.size - 1)
    assert {path.name for path in folder.iterdir()} == {"mine.flac", *(f"{name}.flac" for name in page.clips)}
    assert "clip-" not in where[0].read_text().partition('id="data"')[2].partition("<script>")[0]
    assert write_test(page, sealed, *where, inside=page.size) is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["nobody"], "Unknown system 'nobody'"),
        (["good", "impostor"], "'impostor' is an anchor that a listening test does not play. Known: good, poor, gold"),
        (["good", "goood"], "Did you mean 'good'?"),
        (["good", "good"], "--system good was given twice"),
        (["good"], "two systems or more, not good alone"),
        (["", "good"], "Unknown system ''"),
    ],
)
def test_a_system_that_cannot_be_played_is_a_sentence(asked: list[str], sentence: str, tmp_path: Path) -> None:
    results = SimpleNamespace(
        systems=[SimpleNamespace(name=name, anchor=name not in ("good", "poor")) for name in ("good", "poor", *ANCHORS)]
    )
    with pytest.raises(UserError, match=re.escape(sentence)):
        chosen_systems(results, asked)  # type: ignore[arg-type]
    assert chosen_systems(results, []) == ("good", "poor", "gold")  # type: ignore[arg-type]
    assert chosen_systems(results, ["poor", "other_line"]) == ("poor", "other_line")  # type: ignore[arg-type]


def test_the_command_says_so_before_anything_is_made(tmp_path: Path, anchor_run: tuple[Path, Results]) -> None:
    for options, sentence in (
        (["--system", "impostor"], "'impostor' is an anchor"),
        (["--system", "x", "--system", "gold"], "Unknown system 'x'. Known: gold, other_line."),
        ([], "two systems or more, not gold alone"),
    ):
        call = ["make", str(tmp_path / "dataset"), str(anchor_run[0]), "--page", str(tmp_path / "page.html"), *options]
        found = CliRunner().invoke(listen, call)
        assert isinstance(found.exception, UserError)
        assert sentence in str(found.exception)
    assert list(tmp_path.iterdir()) == []


def test_another_dataset_is_refused(tmp_path: Path, corpus: Corpus) -> None:
    check_dataset(tmp_path, corpus, [(next(iter(corpus.lines)), "Ada")], tmp_path)
    with pytest.raises(InputError, match="it has no line other/e01/u00001"):
        check_dataset(tmp_path, corpus, [("other/e01/u00001", "Ada")], tmp_path)


@pytest.mark.parametrize(
    ("systems", "items", "characters", "wanted"),
    [
        (2, 6, 1, ["with 6 items no number of listeners finds 60%; 24 would do", "one character"]),
        (2, 48, 6, []),
        (9, 48, 6, ["36 pairs on 18 screens"]),
        (2, 11, 2, ["with 11 items"]),
        (2, 12, 2, []),
    ],
)
def test_a_design_that_is_too_small_says_so(systems: int, items: int, characters: int, wanted: list[str]) -> None:
    notes = design_notes(systems, items, characters, Plan())
    assert notes[0].startswith("Finds a preference of")
    assert len(notes) == 1 + len(wanted)
    for note, words in zip(notes[1:], wanted, strict=True):
        assert words in note


def test_what_a_crowd_finds_and_what_it_needs_agree() -> None:
    for items in (12, 24, 96):
        for heard in (3, 6, items):
            needed = listeners_needed(0.65, items, heard).listeners
            assert needed is not None
            assert smallest_share(items, heard, needed) <= 0.652
            assert needed == 2 or smallest_share(items, heard, needed - 1) > 0.648


def test_too_few_listeners_are_told_and_systems_that_nobody_heard() -> None:
    sealed = key()
    few, many = (
        [simulated_session(sealed, SimulatedListener(TRUTH), f"p{at}", at % 8, seed=at) for at in range(count)]
        for count in (3, 60)
    )
    notes = analyse_answers(open_answers(few, sealed), sealed).notes
    assert [note.partition(":")[0] for note in notes] == ["TOO FEW", "TOO FEW"]
    assert "on 8 blocks" in notes[1]
    wide = msgspec.structs.replace(sealed, systems=(*SYSTEMS, "absent"))
    assert any("no vote is about absent" in note for note in analyse_answers(open_answers(many, sealed), wide).notes)


def test_clips_come_out_equally_loud() -> None:
    quiet, loud = (levelled(tone(Stimulus(name, *ITEMS[0]))) for name in ("good", "poor"))
    for wave in (quiet, loud):
        level = active_level(wave)
        assert level == pytest.approx(TARGET_DB, abs=0.1)


def test_silence_has_no_level_and_stays_silence() -> None:
    assert active_level(np.zeros(8000, dtype=np.float32)) is None
    assert not levelled(np.zeros(8000, dtype=np.float32)).any()


def test_two_systems_at_least() -> None:
    with pytest.raises(ConfigError, match="two systems"):
        design_test(ITEMS, ("one",), Plan(), "pepper")


def test_simulated_listeners_ranking_is_recovered() -> None:
    sealed = key()
    people = [
        simulated_session(sealed, SimulatedListener(TRUTH), f"p{at}", at % len(sealed.blocks), seed=at)
        for at in range(16)
    ]
    found = analyse_answers(open_answers(people, sealed), sealed)
    assert [one.system for one in found.strengths] == list(SYSTEMS)
    assert [one.system for one in found.mos] == list(SYSTEMS)
    assert found.mushra[0].system == "hidden_reference"
    assert found.mushra[-1].system == "low_anchor"
    best, *_, worst = found.strengths
    assert best.low > worst.high
    assert found.alpha["mushra"] is not None
    assert found.alpha["mushra"] > 0.6


def test_listeners_without_a_preference_give_no_ranking() -> None:
    sealed = key()
    nobody = SimulatedListener(dict.fromkeys(SYSTEMS, 0.0), taste=0.0)
    people = [simulated_session(sealed, nobody, f"p{at}", at % 8, seed=100 + at) for at in range(16)]
    for one in analyse_answers(open_answers(people, sealed), sealed).strengths:
        assert one.low < 0 < one.high


def test_careless_listeners_are_screened_out() -> None:
    sealed = key()
    people = [simulated_session(sealed, SimulatedListener(TRUTH), f"good{at}", at, seed=at) for at in range(6)]
    people += [
        simulated_session(sealed, SimulatedListener(TRUTH, careless=1.0), f"bad{at}", at, seed=at) for at in range(6)
    ]
    answers = open_answers(people, sealed)
    assert set(answers.listeners) == {f"good{at}" for at in range(6)}
    assert len(answers.excluded) == 6


def test_strengths_are_unbiased_where_the_truth_is_known() -> None:
    rng = np.random.default_rng(4)
    votes = []
    for number in range(3000):
        first, second = rng.choice(3, 2, replace=False)
        gap = TRUTH[SYSTEMS[first]] - TRUTH[SYSTEMS[second]]
        chances = [float(part) for part in outcome_probabilities(np.asarray(gap), -0.5)]
        outcome = int(rng.choice([1, 0, -1], p=chances))
        votes.append(Vote(f"p{number % 30}", f"i{number % 40}", SYSTEMS[first], SYSTEMS[second], outcome))
    for one in fit_strengths(votes, SYSTEMS, draws=40):
        assert one.value == pytest.approx(TRUTH[one.system], abs=0.15)
        assert one.low <= TRUTH[one.system] <= one.high


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff 2011, sec. C: four observers, twelve units, nominal alpha 0.743, interval alpha 0.849.
    observers = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = {str(at): [float(row[at]) for row in observers if row[at] != "."] for at in range(12)}
    assert krippendorff_alpha(units, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units, "interval") == pytest.approx(0.849, abs=5e-4)
    assert krippendorff_alpha({"a": [1.0]}) is None


def test_more_items_need_fewer_listeners_and_too_few_items_need_endless_ones() -> None:
    few, many = listeners_needed(0.6, 24).listeners, listeners_needed(0.6, 48).listeners
    assert few is not None
    assert many is not None
    assert many < few
    assert listeners_needed(0.52, 6).listeners is None


def test_a_session_of_another_test_is_refused(tmp_path: Path) -> None:
    page, sealed = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=1, ab=3, mos=1, mushra=1), "pepper", "toy")
    write_test(page, sealed, tmp_path / "page.html", tmp_path / "key.json")
    other = simulated_session(key(Plan(blocks=1, ab=3, mos=1, mushra=1)), SimulatedListener(TRUTH), "p", 0, seed=1)
    (tmp_path / "p.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(other, seal="else")))
    with pytest.raises(InputError, match="another test"):
        analyse(tmp_path / "key.json", [tmp_path / "p.json"])


def test_the_pages_script_parses(tmp_path: Path) -> None:
    """Node, where it is installed, finds a syntax error that no Python test would."""
    page, _ = make_test(ITEMS, SYSTEMS, tone, Plan(blocks=1, ab=3, mos=1, mushra=1), "pepper", "toy")
    page = page.html()
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    (tmp_path / "page.js").write_text(script)
    try:
        subprocess.run(["node", "--check", str(tmp_path / "page.js")], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("node is not installed")
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data)["test"] == "toy"
