"""The parts of the page: samples, charts, word comparison, embedded data, names of episodes shown."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorole.dataset.result.summary import EpisodeCount, Histogram
from audiorole.dataset.stages import STAGES
from audiorole.dataset.sync.records import SyncNote
from audiorole.naming.engine import GROUPS
from audiorole.report import cards, charts, clips, page, sampling, timeline, wording
from audiorole.types import Utterance

KEYED = st.lists(st.tuples(st.floats(0, 1), st.text("abcdef", min_size=3, max_size=6)), unique_by=lambda item: item[1])


@settings(deadline=None)
@given(KEYED, st.integers(1, 8), st.randoms())
def test_smallest_are_the_smallest_in_any_order(items, limit, rng):
    def kept(offered):
        smallest = sampling.Smallest(limit)
        for key, name in offered:
            smallest.add(key, name, (key, name))
        return smallest.items()

    shuffled = rng.sample(items, len(items))
    expected = sorted(items, key=lambda item: (item[0], sampling.shuffled(item[1])))[:limit]
    assert kept(items) == kept(shuffled) == expected


def test_items_need_no_order():
    smallest = sampling.Smallest(2)
    for _ in range(5):
        smallest.add(0.0, "same", {"not": "comparable"})
    assert len(smallest.items()) == 2


@settings(deadline=None)
@given(
    st.recursive(st.text() | st.integers(-10, 10) | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_embedded_json_comes_back_and_cannot_leave_its_script(value):
    text = str(page.embedded_json(value))
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_histogram_bars_fill_the_axis():
    chart = charts.histogram_chart("x", " s", "", Histogram((0.0, 1.0, 2.0, 4.0), (1, 0, 3), 2, 3.0), [("cut", 2.0)])
    assert [(bar.x, bar.width, bar.height) for bar in chart.bars] == [(0.5, 79.0, 32.0), (160.5, 159.0, 96.0)]
    assert (chart.median, chart.median_x) == (3.0, 240.0)
    assert [(mark.x, mark.label) for mark in chart.thresholds] == [(160.0, "cut")]
    assert chart.missing == 2


def test_histogram_of_nothing():
    chart = charts.histogram_chart("x", "", "", Histogram((0.0, 1.0), (0,), 7))
    assert (chart.bars, chart.median) == ((), None)


def test_ribbon_marks_each_character_where_it_speaks():
    paths = charts.ribbon([(0, 5, 1), (5, 10, 0), (10, 20, 1)], 20, 100)
    assert paths == {0: "M25 0h25v10h-25z", 1: "M0 0h25v10h-25zM50 0h50v10h-50z"}


def test_words_differ_only_where_they_sound_different():
    first, second = cards.compared_words("Don't, go THERE now", "dont go here now!")
    assert [word.text for word in first if word.differs] == ["THERE"]
    assert [word.text for word in second if word.differs] == ["here"]


def test_affordable_keeps_order_and_budget():
    lines = [Utterance(f"s/e/u{n}", 0.0, seconds, "x") for n, seconds in enumerate((2.0, 60.0, 1.0, 2.0))]
    chosen = clips.affordable([*lines, *lines], 30_000)
    assert [line.id for line in chosen] == ["s/e/u0", "s/e/u2", "s/e/u3"]


def test_opus_is_the_same_twice_and_near_the_budgeted_size():
    rng = np.random.default_rng(0)
    noise = (3000 * rng.standard_normal(16000 * 4)).astype(np.int16)
    data = clips.encode_opus(noise, 16000)
    assert data == clips.encode_opus(noise, 16000)
    assert len(data) < 1.15 * 4 * clips.BIT_RATE / 8 + 400


@pytest.mark.parametrize("sample_rate", [16000, 22050, 48000])
@pytest.mark.parametrize("seconds", [0.2, 0.4131, 0.99137, 1.7, 3.0])
def test_opus_files_are_well_formed_and_as_long_as_their_line(sample_rate, seconds):
    samples = np.zeros(int(seconds * sample_rate), dtype=np.int16)
    found = soundfile.info(io.BytesIO(clips.encode_opus(samples, sample_rate)))
    assert found.channels == 1
    assert found.duration == pytest.approx(seconds, abs=0.03)


def test_peaks_follow_loudness():
    ramp = (np.linspace(0, 20000, 16000) * np.sign(np.sin(np.arange(16000)))).astype(np.int16)
    digits = [int(digit) for digit in clips.peaks(ramp)]
    assert len(digits) == clips.PEAKS
    assert digits == sorted(digits)
    assert digits[-1] == 9


def test_chosen_episodes_are_spread_and_have_lines():
    episodes = [EpisodeCount(f"s/e{n:02d}", "", 1.0, n % 10, 1.0, "train") for n in range(100)]
    chosen = timeline.chosen_episodes(episodes, 5)
    assert [episode.id for episode in chosen] == ["s/e01", "s/e25", "s/e49", "s/e75", "s/e99"]
    assert all(episode.lines for episode in chosen)


def test_sync_sentences():
    note = SyncNote
    pieces = (
        {"start": -1e6, "end": 60.0, "offset": 1.0},
        {"start": 60.0, "end": 1e6, "offset": -30.0, "rate": 1.04271},
    )
    assert "in 2 pieces; confidence 0.90" in timeline.sync_sentence(note(True, 0.9, "", pieces))
    assert "not moved: foreign text" in timeline.sync_sentence(note(False, 0.1, "foreign text"))
    assert timeline.piece_sentence(pieces[1]) == "from 1:00: 30.00 s earlier, 1.04271 times as long"
    assert timeline.piece_sentence(pieces[0]) == "from the beginning: 1.00 s later"


def test_probabilities_are_never_rounded_up_to_certainty():
    assert [page.share_text(value) for value in (1.0, 0.99999, 0.5, 0.0, None)] == [
        "100 %",
        "99.9 %",
        "50.0 %",
        "0 %",
        "–",
    ]


def test_every_stage_and_every_cue_has_a_sentence():
    assert set(STAGES) - {"probe", "listen"} <= set(wording.STAGES)
    assert set(GROUPS) <= set(wording.CUES)


def test_every_reason_of_the_line_has_a_sentence():
    for reason in ("sound_only", "subtitles_do_not_fit", "no_speech", "text_mismatch", "uncertain_speaker", "dubbed"):
        assert reason in wording.REASONS
    assert wording.reason_sentence("too_blue") == "Left out as “too blue”."
