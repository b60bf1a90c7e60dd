import json
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest

from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.listening.agreement import krippendorff_alpha
from audiorole.evaluation.listening.analyse import analyse, analyse_answers
from audiorole.evaluation.listening.bradley_terry import fit_strengths, outcome_probabilities
from audiorole.evaluation.listening.design import Key, Plan, Stimulus, design_test
from audiorole.evaluation.listening.loudness import TARGET_DB, active_level, levelled
from audiorole.evaluation.listening.make import make_test, seal_of, write_test
from audiorole.evaluation.listening.power import listeners_needed
from audiorole.evaluation.listening.sessions import Vote, open_answers
from audiorole.evaluation.listening.simulate import SimulatedListener, simulated_session

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
    assert seal_of(sealed) in page
    for name in (*SYSTEMS, "low_anchor", "hidden_reference", "trap_voice", "pepper"):
        assert name not in page.partition('id="data">')[2].partition("</script>")[0]


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
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    (tmp_path / "page.js").write_text(script)
    try:
        subprocess.run(["node", "--check", str(tmp_path / "page.js")], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("node is not installed")
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data)["test"] == "toy"
