"""Speech for models that talk: the right voice alone, at the right rate, with its words."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import numpy as np
import pytest
import soundfile

from audiorole.audio.pcm import to_int16
from audiorole.published import reference_clips as reference_clips_module
from audiorole.published.exporting import export_lines
from audiorole.published.lines import published_episodes, published_lines
from audiorole.published.reference_clips import PAUSE, reference_clips
from audiorole.published.sound import samples_of
from audiorole.types import Naming, Quality, Speech
from tests.published import tiny
from tests.published.tiny import RATE, TEXTS, publish, tone


def at(rate: int, number: int, out) -> np.ndarray:
    line = next(line for line in published_lines(out) if line.id.endswith(f"{number:05d}"))
    return to_int16(samples_of(line, rate))


def test_ljspeech_is_read_by_lhotse(out, tmp_path):
    pytest.importorskip("lhotse", reason="needs the package lhotse (audiorole[dev])")
    from lhotse.recipes import prepare_ljspeech

    export_lines(out, "ljspeech", tmp_path / "l")
    found = prepare_ljspeech(tmp_path / "l" / "show_Gus" / "train")
    recordings = {one.id: one for one in found["recordings"]}
    texts = {one.recording_id: one.text for one in found["supervisions"]}
    assert set(recordings) == set(texts) == {f"show-s01e01-u0000{n}" for n in (1, 3, 6)}
    for number in (1, 3, 6):
        one = recordings[f"show-s01e01-u0000{number}"]
        assert one.sampling_rate == 22_050
        assert one.duration == pytest.approx(len(tone(number)) / RATE, abs=1e-3)
        assert np.array_equal(to_int16(one.load_audio()[0]), at(22_050, number, out))
        assert texts[one.id] == " ".join(TEXTS[number - 1].split())


def test_ljspeech_keeps_its_three_cells_whatever_is_said(out, tmp_path):
    export_lines(out, "ljspeech", tmp_path / "l")
    tables = sorted((tmp_path / "l").rglob("metadata.csv"))
    assert len(tables) == 9  # three characters: of one series in two splits, of the other in one
    for table in tables:
        with table.open(encoding="utf-8", newline="") as handle:
            assert all(len(row) == 3 for row in csv.reader(handle, delimiter="|", quoting=csv.QUOTE_NONE))


def test_qwen_has_one_clip_for_all_rows_of_a_voice(out, tmp_path):
    report = export_lines(out, "qwen3-tts", tmp_path / "q")
    assert report.dropped["no_character"] == 3
    homes = sorted(path for path in (tmp_path / "q").iterdir() if path.is_dir())
    kept = 0
    for home in homes:
        for path in home.glob("*.jsonl"):
            rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
            kept += len(rows)
            for row in rows:
                assert set(row) == {"audio", "text", "ref_audio"}
                samples, rate = soundfile.read(home / row["audio"], dtype="int16")
                number = int(row["audio"][-9:-4])
                assert rate == soundfile.info(home / row["ref_audio"]).samplerate == 24_000
                assert np.array_equal(samples, at(24_000, number, out))
                assert row["text"] == " ".join(TEXTS[number - 1].split())
            assert len({row["ref_audio"] for row in rows}) == 1
    assert kept == report.kept > 0


def test_orpheus_opens_with_datasets_and_tells_voices_apart(out, tmp_path):
    datasets = pytest.importorskip("datasets", reason="needs the package datasets (audiorole[dev])")
    export_lines(out, "orpheus", tmp_path / "o")
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset("parquet", data_dir=str(tmp_path / "o"), cache_dir=cache)["train"]
    assert loaded.features["audio"].sampling_rate == RATE
    plain = loaded.cast_column("audio", datasets.Audio(decode=False))
    assert len(plain) == 10
    assert {row["source"] for row in plain} == {
        f"{n} ({s})" for n in ("Gus", "Ann Lee", "Ann_Lee") for s in ("show", "other")
    }
    for row in plain:
        number = int(row["id"][-5:])
        assert np.array_equal(soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0], tone(number))


def test_moshi_has_the_character_left_and_the_others_right(out, tmp_path):
    report = export_lines(out, "moshi", tmp_path / "m")
    assert "spread over the line" in report.notes[0]
    rows = [json.loads(row) for row in (tmp_path / "m" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        info = soundfile.info(tmp_path / "m" / row["path"])
        assert (info.channels, info.samplerate) == (2, 24_000)
        assert info.duration == row["duration"]
        words = json.loads((tmp_path / "m" / row["path"]).with_suffix(".json").read_text(encoding="utf-8"))[
            "alignments"
        ]
        assert words == sorted(words, key=lambda word: word[1])
        assert all(
            0 <= start <= end <= row["duration"] + 0.01 and who == "SPEAKER_MAIN" for _, (start, end), who in words
        )
    row = next(row for row in rows if "show_Gus/show-s01e01-0001" in row["path"])
    samples, rate = soundfile.read(tmp_path / "m" / row["path"], dtype="int16")
    left, right = samples.T
    for number in (1, 2, 3):  # the first dialogue: Gus, Ann Lee, Gus, and somebody unknown
        first = round((3.0 * number - 3.0) * rate)
        own, other = (left, right) if number != 2 else (right, left)
        sound = at(rate, number, out)
        assert np.abs(own[first : first + len(sound)].astype(int) - sound).max() <= 1
        assert not other[first : first + len(sound)].any()
    said = " ".join(
        word
        for word, _, _ in json.loads((tmp_path / "m" / row["path"]).with_suffix(".json").read_text(encoding="utf-8"))[
            "alignments"
        ]
    )
    assert said.split() == [*TEXTS[0].split(), *TEXTS[2].split()]


def test_references_are_clean_and_say_what_they_are_made_of(out, tmp_path):
    report = export_lines(out, "references", tmp_path / "r")
    about = json.loads((tmp_path / "r" / "references.json").read_text(encoding="utf-8"))
    lines = {line.id: line for line in published_lines(out)}
    assert about
    assert report.kept == sum(len(one["lines"]) for one in about)
    for one in about:
        used = [lines[name] for name in one["lines"]]
        assert {line.character for line in used} == {one["character"]}
        assert all(line.values["tier"] != "C" for line in used)
        info = soundfile.info(tmp_path / "r" / one["audio"])
        seconds = sum(line.values["duration"] for line in used) + PAUSE * (len(used) - 1)
        assert info.duration == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("change", ["overlaps", "left out", "two at once", "noisy", "unsure", "music", "slow"])
def test_a_line_that_another_voice_may_touch_is_in_no_clip(change, tmp_path, monkeypatch):
    def changed(episode, number, line=tiny.line):
        made = line(episode, number)
        if change == "overlaps" and number == 2:
            made = msgspec.structs.replace(made, start=made.start - 2.0)
        if number == 1 and change in ("two at once", "music"):
            share = {"overlap_share": 0.05} if change == "two at once" else {"music_share": 0.3}
            made = msgspec.structs.replace(made, speech=Speech(0.9, **share))
        if change == "noisy" and number == 1:
            made = msgspec.structs.replace(made, quality=Quality("C"))
        if change == "slow" and number == 1:  # a cue between two lines is missing, and this one takes its time in
            made = msgspec.structs.replace(made, text="I?", normalised="i")
        if change == "unsure" and number == 1:
            made = msgspec.structs.replace(made, naming=Naming("Gus", 0.6, "voice_00"))
        return made

    monkeypatch.setattr(tiny, "line", changed)
    out = publish(tmp_path / "out")
    episodes = []
    for each in published_episodes(out):
        kept = each.lines[:1] + each.lines[2:] if change == "left out" else each.lines
        episodes.append((type(each)(each.id, each.stem, each.split, kept), kept))
    used = {line.id for clip in reference_clips(episodes).values() for line in clip.lines}
    assert not any(name.endswith("u00001") for name in used)
    plain = reference_clips((each, each.lines) for each in published_episodes(publish(tmp_path / "plain")))
    if change == "left out":
        assert any(line.id.endswith("u00001") for clip in plain.values() for line in clip.lines)


@pytest.mark.parametrize(("texts", "kept"), [(("是的，先生", "很好看吗"), 2), (("Yes, sir, at once, sir!", "一"), 1)])
def test_the_pace_of_a_line_is_that_of_its_language(texts, kept, tmp_path, monkeypatch):
    """Few letters a second are slow only where others say more in that time."""

    def changed(episode, number, line=tiny.line):
        made = line(episode, number)
        return msgspec.structs.replace(made, text=texts[number % 2], language="zh") if number < 3 else made

    monkeypatch.setattr(tiny, "line", changed)
    episodes = list(published_episodes(publish(tmp_path / "out", {"show/s01e01": "train"})))
    paces = [reference_clips_module.pace(line) for line in episodes[0].lines if line.values["language"] == "zh"]
    middle = {("show", "zh"): float(np.median(paces))}
    lines = [line for line in episodes[0].lines if line.values["language"] == "zh"]
    assert len(reference_clips_module._clip("show/Gus", lines, middle).lines) == kept
