"""The report of a build: what it says, what it never does, and how it stays small."""

from __future__ import annotations

import base64
import io
import json

import pytest
import soundfile

from audiorole.dataset.result.summary import read_summary
from audiorole.errors import InputError
from audiorole.report.dataset import ReportLimits, write_report
from audiorole.report.page import count_text, share_text
from tests.report.fake_build import SAID, FakeBuild, with_text
from tests.report.reading import read_page

ATTACK = '</script><script>alert(1)</script><img src=x onerror=alert(2)> \u2028 & "quoted" {{ 7 * 7 }}'


def test_headline_is_the_summary(built):
    page, summary = read_page(built / "report.html"), read_summary((built / "summary.json").read_bytes())
    assert f"{count_text(summary.lines)} lines of 5 characters" in page.text
    assert f"mean name probability {share_text(summary.mean_probability)}" in page.text
    assert "quarantined 1" in page.text


def test_equal_input_gives_equal_bytes_wherever_it_lies(tmp_path):
    here, there = (write_report(FakeBuild(episodes=2, lines=12).write(tmp_path / name)) for name in ("a", "b"))
    assert here.read_bytes() == there.read_bytes()
    assert len(read_page(here).data["clips"]) > 15


def test_page_loads_nothing(built):
    page = read_page(built / "report.html")
    loaded = [(tag, url) for tag, url in page.urls() if tag != "a" and url != "data:,"]
    assert loaded == []
    source = (built / "report.html").read_text()
    assert "url(" not in source
    assert "@import" not in source
    assert "default-src 'none'" in source


def test_waterfall_adds_up_and_explains_every_reason(built):
    page, summary = read_page(built / "report.html"), read_summary((built / "summary.json").read_bytes())
    assert "✓ adds up" in page.text
    for step in summary.waterfall:
        for reason, count in step.dropped.items():
            assert f"−{count}{reason.replace('_', ' ')}" in page.text
    assert "(DOOR SLAMS)" in page.text
    assert "0% of the span" in page.text
    assert "quarantined" in page.text


def test_a_sum_that_does_not_add_up_is_said(tmp_path):
    out = FakeBuild(episodes=1, lines=12, audio=False).write(tmp_path)
    summary = json.loads((out / "summary.json").read_bytes())
    summary["waterfall"][-1]["kept"] += 1
    (out / "summary.json").write_text(json.dumps(summary))
    assert "does not add up" in read_page(write_report(out)).text


def test_text_of_subtitles_cannot_become_markup(tmp_path):
    plain = read_page(write_report(with_text("Harmless.").write(tmp_path / "plain")))
    page = read_page(write_report(with_text(ATTACK).write(tmp_path / "attack")))
    assert page.count("script") == plain.count("script")
    assert page.count("img") == 0
    assert next(line[5] for line in page.data["timeline-data"]["episodes"][0]["lines"]) == " ".join(ATTACK.split())
    assert "alert(1)" in page.text  # shown as text
    assert "{{ 7 * 7 }}" in page.text


def test_quarantine_and_skips_stand_with_their_sentences(built):
    text = read_page(built / "report.html").text
    assert "night-desk/s01e03 was quarantined at embed: night.mkv: the <video> ends in the middle" in text
    assert "x.wav was skipped: a <b>copy</b>" in text


def test_clips_are_the_published_audio(built):
    page = read_page(built / "report.html")
    checked = 0
    for episode in page.data["timeline-data"]["episodes"]:
        for start, end, *_, clip, _language in episode["lines"]:
            if clip >= 0:
                data = base64.b64decode(page.data["clips"][clip])
                assert soundfile.info(io.BytesIO(data)).duration == pytest.approx(end - start, abs=0.05)
                checked += 1
    assert checked > 50


def test_cards_show_surest_and_least_sure_first(built):
    page = read_page(built / "report.html")
    shown = [attributes["data-who"] for _, attributes in page.elements if "data-who" in attributes]
    assert shown[0] == "*"
    assert len(shown) == len(set(shown)) == 7
    assert page.with_class("ledger") > 50
    assert page.text.index("Surest") < page.text.index("Least sure") < page.text.index("At random")


def test_left_out_lines_and_marks_are_in_the_timeline(built):
    episode = read_page(built / "report.html").data["timeline-data"]["episodes"][0]
    assert {left[2] for left in episode["left"]} == {"no_speech", "too_short"}
    assert {1, 2, 4} <= {line[4] for line in episode["lines"]}
    assert len(episode["scenes"]) >= 2


def test_a_small_budget_still_reaches_every_character(tmp_path):
    out = FakeBuild(episodes=2).write(tmp_path)
    page = read_page(write_report(out, ReportLimits(sample_bytes=1e5, timeline_bytes=0)))
    voices = {line[2] for e in page.data["timeline-data"]["episodes"] for line in e["lines"] if line[6] >= 0}
    assert voices == set(range(6))
    assert sum(map(len, page.data["clips"])) < 1.2e5


def test_page_does_not_grow_with_the_build(tmp_path):
    limits = ReportLimits(episodes=2, timeline_lines=60)
    sizes = {}
    for episodes in (3, 9):
        out = FakeBuild(episodes=episodes, audio=False).write(tmp_path / str(episodes))
        path = write_report(out, limits)
        sizes[episodes] = path.stat().st_size
        shown = [episode["id"] for episode in read_page(path).data["timeline-data"]["episodes"]]
        assert len(shown) == 2
        assert shown[0].endswith("s01e01")
    assert sizes[9] < 1.1 * sizes[3]


def test_without_audio_nothing_offers_to_play(tmp_path):
    page = read_page(write_report(FakeBuild(episodes=1, audio=False).write(tmp_path)))
    assert page.with_class("play") == 0
    assert any(said in page.text for said in SAID)


def test_lines_with_text_alone_are_shown(tmp_path):
    page = read_page(write_report(FakeBuild(episodes=1, lines=12, bare=True).write(tmp_path)))
    assert "not named" in page.text
    assert "mean name probability –" in page.text
    assert len(page.data["clips"]) > 5


def test_build_without_lines(tmp_path):
    page = read_page(write_report(FakeBuild(episodes=2, lines=0, audio=False).write(tmp_path)))
    assert "0 lines of 0 characters" in page.text
    assert "There are no lines to hear." in page.text


@pytest.mark.parametrize("content", [None, "{", '{"series": 3}'])
def test_folder_without_a_readable_build_is_a_users_mistake(tmp_path, content):
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(InputError, match="build"):
        write_report(tmp_path)
