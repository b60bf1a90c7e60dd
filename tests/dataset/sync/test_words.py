"""Where activity says nothing, heard words accept a subtitle, repair it or refuse it."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.dataset.sync import Alignment, Hear, judge
from audiorole.dataset.sync.listening import SPAN_SECONDS, spans_of
from audiorole.dataset.sync.matching import matched
from audiorole.dataset.sync.wording import heard_row, plain, subtitle_row
from audiorole.types import Word
from tests.dataset.sync.speech import FRAME_RATE, Floats, Listener, dense, dialogue
from tests.dataset.sync.test_align import dialogue as sparse_dialogue
from tests.dataset.sync.test_align import speech_of


def judged(shown: Floats, texts: list[str], duration: float, hear: Hear | None) -> Alignment:
    return judge(shown, texts, dense(duration), FRAME_RATE, duration, hear)


def median_error(found: Alignment, shown: Floats, truth: Floats) -> float:
    return float(np.median(np.abs(found.map(shown)[:, 0] - truth[:, 0])))


@pytest.mark.parametrize("offset", [0.0, -2.0, 2.0, 30.0, -600.0, 5424.0, -7200.5, 36000.0, -36000.0])
def test_dense_dialogue_is_put_in_place_over_any_offset(offset: float) -> None:
    truth, texts = dialogue(1)
    found = judged(truth + offset, texts, 60.0, Listener(truth, texts))
    assert found.accepted
    assert median_error(found, truth + offset, truth) <= 0.15
    assert "words heard" in found.reason


@pytest.mark.parametrize("rate", [25 / 23.976, 23.976 / 25, 25 / 24])
@pytest.mark.parametrize("offset", [0.0, 600.0])
def test_dense_dialogue_of_another_frame_rate(rate: float, offset: float) -> None:
    truth, texts = dialogue(2)
    found = judged(truth * rate + offset, texts, 60.0, Listener(truth, texts))
    assert found.accepted
    assert found.pieces[0].rate == pytest.approx(1 / rate, rel=2e-3)
    assert median_error(found, truth * rate + offset, truth) <= 0.15


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_audio_with_something_more_in_the_middle(seed: int) -> None:
    truth, texts = dialogue(seed, 90.0)
    kept = (truth[:, 1] < 30) | (truth[:, 0] > 50)
    shown = np.where(truth > 40, truth - 20.0, truth)[kept]
    found = judged(shown, [text for text, keep in zip(texts, kept, strict=True) if keep], 90.0, Listener(truth, texts))
    assert found.accepted
    assert len(found.pieces) == 2
    assert (np.abs(found.map(shown) - truth[kept]).max(axis=1) < 0.3).mean() >= 0.9


@pytest.mark.parametrize("seed", [6, 7])
def test_lines_that_the_audio_lacks_get_no_place(seed: int) -> None:
    shown, texts = dialogue(seed, 120.0)
    lacking = (shown[:, 1] > 40) & (shown[:, 0] < 70)
    truth = np.where(shown > 55, shown - 30.0, shown)[~lacking]
    heard = Listener(truth, [text for text, out in zip(texts, lacking, strict=True) if not out])
    found = judged(shown, texts, 90.0, heard)
    assert found.accepted
    mapped = found.map(shown)
    assert (np.abs(mapped[~lacking] - truth).max(axis=1) < 0.3).mean() >= 0.9
    assert np.isnan(mapped[lacking]).any(axis=1).mean() >= 0.7


def test_the_second_part_of_a_whole_subtitle() -> None:
    shown, texts = dialogue(8, 400.0)
    inside = shown[:, 0] >= 200
    truth = shown - 200.0
    heard = Listener(truth[inside], [text for text, keep in zip(texts, inside, strict=True) if keep])
    found = judged(shown, texts, 200.0, heard)
    assert found.accepted
    assert median_error(found, shown[inside], truth[inside]) <= 0.15


@pytest.mark.parametrize("seed", range(20, 26))
def test_the_words_of_another_episode_are_refused_after_a_few_spans(seed: int) -> None:
    truth, texts = dialogue(seed, 600.0)
    others, foreign = dialogue(seed + 100, 600.0)
    heard = Listener(truth, texts)
    found = judged(others, foreign, 600.0, heard)
    assert not found.accepted
    assert found.confidence < 0.1
    assert len(heard.asked) <= 6
    assert (found.map(others) == others).all()


def test_a_scene_that_both_episodes_have_is_not_enough() -> None:
    truth, texts = dialogue(30, 600.0)
    others, foreign = dialogue(31, 600.0)
    recap = truth[:, 1] < 20
    shown = np.concatenate([truth[recap], others[others[:, 0] > 20]])
    said = [text for text, keep in zip(texts, recap, strict=True) if keep]
    said += [text for text, (start, _) in zip(foreign, others, strict=True) if start > 20]
    assert not judged(shown, said, 600.0, Listener(truth, texts)).accepted


def test_the_reason_names_the_language_that_is_spoken() -> None:
    truth, texts = dialogue(40)
    shown, foreign = dialogue(41)
    assert "of cs speech" in judged(shown, foreign, 60.0, Listener(truth, texts, language="cs")).reason


def test_a_poor_recogniser_is_enough() -> None:
    truth, texts = dialogue(42)
    found = judged(truth + 7.0, texts, 60.0, Listener(truth, texts, wrong=0.5))
    assert found.accepted
    assert median_error(found, truth + 7.0, truth) <= 0.15


def test_nothing_is_heard_where_activity_is_sure() -> None:
    truth = sparse_dialogue(1)
    heard = Listener(truth, ["something"] * len(truth))
    found = judge(truth + 20, heard.texts, speech_of(truth, 600), FRAME_RATE, 600.0, heard)
    assert found.accepted
    assert heard.asked == []


def test_a_clock_hours_away_needs_no_words_where_activity_is_sure() -> None:
    truth = sparse_dialogue(2)
    for offset in (36000.0, -36000.0, 5424.0):
        found = judge(truth + offset, [""] * len(truth), speech_of(truth, 600), FRAME_RATE, 600.0)
        assert found.accepted
        assert median_error(found, truth + offset, truth) <= 0.15


def test_without_words_activity_alone_decides() -> None:
    truth, texts = dialogue(43)
    assert not judged(truth, texts, 60.0, None).accepted
    assert not judged(truth, texts, 60.0, Listener(truth[:0], [])).accepted


def test_no_cue_and_no_text_are_refused() -> None:
    truth, texts = dialogue(44)
    assert not judged(truth[:0], [], 60.0, Listener(truth, texts)).accepted
    assert not judged(truth, [""] * len(texts), 60.0, Listener(truth, texts)).accepted


def test_spans_are_spread_and_lie_where_somebody_talks() -> None:
    speech = dense(600.0)
    speech[: round(300 * FRAME_RATE)] = 0.0
    spans = spans_of(speech, FRAME_RATE)
    assert min(start for start, _ in spans) >= 280
    assert all(0 < end - start <= SPAN_SECONDS + 1e-6 for start, end in spans)
    firsts = sorted(start for start, _ in spans[:4])
    assert min(np.diff(firsts)) > 40
    assert spans_of(dense(5.12), FRAME_RATE) == [(0.0, 5.12)]


def test_characters_are_compared_without_case_and_accents() -> None:
    assert plain("Příliš žluťoučký, kůň!") == "priliszlutouckykun"
    assert plain("今日は、いい天気") == "今日はいい天気"
    said = subtitle_row(np.array([[0.0, 2.0], [2.0, 4.0]]), ["Dobrý den, pane.", "Kam jdete?"])
    heard = heard_row([[Word(text="kamjdete", start=9.0, end=10.0)]])
    pairs = matched(heard, said)
    assert said.owners[pairs.said].tolist() == [1] * 8
    assert heard.times[pairs.heard[0]] == pytest.approx(9.0625)
