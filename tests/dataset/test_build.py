"""The whole line on a tiny series: accounting, caching, damage, odd media, the output folder."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

import audiorole.dataset.lines.episode_audio
from audiorole.dataset.build import BuildOptions, BuildResult, make_plan
from audiorole.dataset.result.summary import read_summary
from audiorole.errors import ConfigError, InputError, OutOfSpaceError, UnknownNameError, UserError
from audiorole.pipeline.plan import StagePlan
from audiorole.testing.media import write_media
from audiorole.testing.series import LINES, sound, tables, tiny_build, write_episode, write_series
from tests.pipeline.toy import tree_bytes

FIRST_LEG = (
    "probe",
    "listen",
    "subtitles",
    "sync",
    "segment",
    "validate",
    "script",
    "language",
    "embed",
    "quality",
    "enhance",
)


def ids(path: Path) -> list[str]:
    return [msgspec.json.decode(line)["id"] for line in path.read_bytes().splitlines()] if path.exists() else []


def outcome(result: BuildResult) -> dict[str, str]:
    """Return what became of each episode: the sentence of its quarantine, or ""."""
    notes = {note.shard: note.error for note in result.run.quarantined}
    return {source.id: notes.get(source.id, "") for source in result.scan.sources}


def test_every_line_that_entered_a_stage_is_kept_or_dropped_there(tmp_path):
    write_series(tmp_path / "in")
    result = tiny_build(tmp_path / "in", tmp_path / "out", "curate.min_duration=1.1")
    line, dropped = result.plan, 0
    for before, stage in zip(line.stages[3:], line.stages[4:], strict=False):
        for shard in ("show/s01e01", "show/s01e02"):
            kept, out = line.folder(stage.name).records(shard), line.folder(stage.name).dropped(shard)
            assert sorted(ids(kept) + ids(out)) == sorted(ids(line.folder(before.name).records(shard))), stage.name
            dropped += len(ids(out))
    assert dropped > 0
    assert result.num_lines == 12 - dropped


def test_the_dataset_is_what_was_published(tmp_path):
    write_series(tmp_path / "in")
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    rows = [row for path in sorted((tmp_path / "out" / "dataset").rglob("*.parquet")) for row in _rows(path)]
    assert len(rows) == result.num_lines == 12
    assert {row["text"] for row in rows} == {text for *_, text in LINES}
    said = {text: name.title() for *_, name, text in LINES}
    assert {row["text"]: row["character"] for row in rows} == said
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert (summary.lines, len(summary.episodes), summary.quarantined) == (12, 2, ())


def _rows(path: Path) -> list[dict]:
    return pq.read_table(path).to_pylist()


def test_a_second_build_computes_nothing_and_changes_nothing(tmp_path):
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    before = tree_bytes(tmp_path / "out")
    assert not tiny_build(tmp_path / "in", tmp_path / "out").run.computed
    assert tree_bytes(tmp_path / "out") == before


def test_a_changed_subtitle_runs_its_episode_and_the_series_alone(tmp_path):
    first, _ = write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    subtitle = first.with_suffix(".srt")
    subtitle.write_text(subtitle.read_text().replace("breakfast", "supper"))
    computed = tiny_build(tmp_path / "in", tmp_path / "out").run.computed
    assert {stage: computed[stage] for stage in FIRST_LEG[:4]} == {"probe": 0, "listen": 0, "subtitles": 1, "sync": 1}
    assert all(computed[stage] <= 1 for stage in FIRST_LEG)
    assert all(computed[stage] == 2 for stage in ("dedup", "name", "curate"))
    assert computed["publish"] <= 2  # other words may move the names of the other episode too


def test_changed_media_run_alone(tmp_path):
    first, _ = write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    write_media(first, sound(seed=9))
    computed = tiny_build(tmp_path / "in", tmp_path / "out").run.computed
    assert {computed[stage] for stage in FIRST_LEG} == {1}


def test_a_setting_changed_back_computes_nothing(tmp_path):
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    before = tree_bytes(tmp_path / "out")
    assert tiny_build(tmp_path / "in", tmp_path / "out", "segment.min_speech=0.95").run.computed
    assert not tiny_build(tmp_path / "in", tmp_path / "out").run.computed
    assert tree_bytes(tmp_path / "out") == before


def test_an_episode_that_left_leaves_the_dataset(tmp_path):
    first, _ = write_series(tmp_path / "in", 3)[:2]
    tiny_build(tmp_path / "in", tmp_path / "out")
    first.unlink()
    tiny_build(tmp_path / "in", tmp_path / "out")
    assert not [path for path in (tmp_path / "out").rglob("*") if "s01e01" in path.name]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is an empty file"),
        (b"<html>404</html>", "not a readable media file"),
        (b"fLaC" + bytes(500), "not a readable media file"),
    ],
    ids=["empty", "page", "header"],
)
def test_a_bad_file_is_quarantined_with_a_sentence_and_the_rest_is_built(tmp_path, content, sentence):
    write_series(tmp_path / "in")
    (tmp_path / "in" / "Show.S01E03.flac").write_bytes(content)
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert result.exit_code == 1
    assert result.num_lines == 12
    found = outcome(result)
    assert "Show.S01E03.flac" in found["show/s01e03"]
    assert sentence in found["show/s01e03"] or "no audio" in found["show/s01e03"]
    assert not any(note.trace for note in result.run.quarantined)


def test_a_file_that_breaks_off_is_built_with_a_warning(tmp_path):
    first, _ = write_series(tmp_path / "in")
    data = first.read_bytes()
    first.write_bytes(data[: len(data) // 2])
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert result.exit_code == 0
    assert 0 < summary.episodes[0].lines < 6
    assert any("states 10.0 s" in warning or "damaged" in warning for warning in summary.episodes[0].warnings)
    assert "outside_audio" in dict(summary.waterfall[1].dropped)


def test_without_subtitles_the_speech_gives_the_lines_and_the_transcriber_their_text(tmp_path):
    write_episode(tmp_path / "in").with_suffix(".srt").unlink()
    heard = tiny_build(tmp_path / "in", tmp_path / "heard", "validate.transcriber=fake", "validate.spoken_language=")
    assert heard.exit_code == 0
    (path,) = (tmp_path / "heard" / "dataset").rglob("*.parquet")
    assert [row["text"] for row in _rows(path)] == [speaker.lower() for _, _, speaker, _ in LINES]


def test_without_subtitles_and_transcriber_every_line_is_dropped_for_want_of_text(tmp_path):
    write_episode(tmp_path / "in").with_suffix(".srt").unlink()
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert (result.exit_code, result.num_lines) == (0, 0)
    assert {step.stage: step.dropped for step in summary.waterfall}["validate"] == {"no_text": 6}


def test_silence_under_subtitles_drops_every_line_as_no_speech(tmp_path):
    path = write_episode(tmp_path / "in")
    write_media(path, np.zeros(10 * 48000, dtype=np.float32))
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert (result.exit_code, result.num_lines) == (0, 0)
    assert {step.stage: step.dropped for step in summary.waterfall}["segment"] == {"no_speech": 6}


def test_silence_without_subtitles_is_an_empty_dataset(tmp_path):
    write_media(tmp_path / "in.flac", np.zeros(10 * 48000, dtype=np.float32))
    result = tiny_build(tmp_path / "in.flac", tmp_path / "out")
    assert (result.exit_code, result.num_lines) == (0, 0)
    (episode,) = result.summary.episodes
    assert episode.warnings[-1] == "no line of it is in the dataset: no speech was found"


@pytest.mark.parametrize(
    ("cast", "sentence"),
    [
        ("[[character]\nname = ", "not a cast file"),
        ('[[character]]\nname = "Ann"\nreferences = [{path = "ann.wav"}]\n', "the clip 'ann.wav' that it names"),
    ],
    ids=["toml", "clip"],
)
def test_a_mistake_in_the_cast_is_found_before_any_work(tmp_path, cast, sentence):
    write_series(tmp_path / "in")
    (tmp_path / "in" / "cast.toml").write_text(cast)
    with pytest.raises(InputError, match=sentence):
        tiny_build(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_surround_sound_gives_the_lines_of_its_centre(tmp_path):
    path = write_episode(tmp_path / "in")
    channels = np.zeros((6, 10 * 48000), dtype=np.float32)
    channels[2] = sound()
    write_media(path, channels, layout="5.1")
    assert tiny_build(tmp_path / "in", tmp_path / "out").num_lines == 6


def test_of_two_audio_languages_the_first_is_heard_and_it_is_said(tmp_path):
    path = write_episode(tmp_path / "in", "Show.S01E01.mka", streams=("eng", "ger"))
    assert path.exists()
    tiny_build(tmp_path / "in", tmp_path / "out")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert summary.languages == {"en": 6}
    assert "several audio languages (eng, ger)" in summary.episodes[0].warnings[0]


def test_the_language_asked_for_is_heard(tmp_path):
    write_episode(tmp_path / "in", "Show.S01E01.mka", streams=("eng", "ger"))
    tiny_build(tmp_path / "in", tmp_path / "out", "probe.language=de")
    summary = read_summary((tmp_path / "out" / "summary.json").read_bytes())
    assert (summary.languages, summary.episodes[0].warnings) == ({"de": 6}, ())


def test_an_out_inside_the_folder_is_no_input(tmp_path):
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "in" / "out")
    shutil.copy(tmp_path / "in" / "Show.S01E01.flac", tmp_path / "in" / "out" / "clip.flac")
    again = tiny_build(tmp_path / "in", tmp_path / "in" / "out")
    assert (len(again.scan.sources), sum(again.run.computed.values())) == (2, 0)


def test_the_media_folder_is_left_as_it_was(tmp_path):
    write_series(tmp_path / "in")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "in").iterdir()}
    tiny_build(tmp_path / "in", tmp_path / "out")
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "in").iterdir()}
    assert after == before


def test_names_of_all_kinds_are_built(tmp_path):
    for name in ('It\'s "quoted".flac', "line\nbreak.flac", "???.flac", "火" * 80 + ".flac", "Žluťoučký kůň.flac"):
        write_episode(tmp_path / "in", name)
    result = tiny_build(tmp_path / "in", tmp_path / "out")
    assert (result.exit_code, result.num_lines, len(list((tmp_path / "out" / "dataset").rglob("*.parquet")))) == (
        0,
        30,
        5,
    )


def test_two_builds_in_one_folder_are_refused(tmp_path):
    write_series(tmp_path / "in")
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="Another build is running"):
            tiny_build(tmp_path / "in", tmp_path / "out")


def test_an_out_that_cannot_be_written_is_refused(tmp_path):
    write_series(tmp_path / "in")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        tiny_build(tmp_path / "in", tmp_path / "file" / "out")


def test_a_full_disk_stops_the_build_and_quarantines_nobody(tmp_path, monkeypatch):
    write_series(tmp_path / "in")
    with monkeypatch.context() as full:
        full.setattr(audiorole.dataset.lines.episode_audio, "decode_to_pcm", _full)
        with pytest.raises(OutOfSpaceError, match="the disk is full"):
            tiny_build(tmp_path / "in", tmp_path / "out")
    assert not list((tmp_path / "out").rglob("failed/**/*.json"))
    assert tiny_build(tmp_path / "in", tmp_path / "out").num_lines == 12


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_half_written_results_of_a_killed_build_go(tmp_path):
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out")
    before = tree_bytes(tmp_path / "out")
    for name in (
        "summary.json.77.audiorole-partial",
        "dataset/README.md.77.audiorole-partial",
        "dataset/train/x.parquet.77.audiorole-partial",
    ):
        (tmp_path / "out" / name).write_text("half")
    tiny_build(tmp_path / "in", tmp_path / "out")
    assert tree_bytes(tmp_path / "out") == before


def _line(tmp_path: Path, *settings: str) -> StagePlan:
    return make_plan(BuildOptions(tmp_path, tmp_path / "out", tables(*settings)), tmp_path)


@pytest.mark.parametrize(
    ("setting", "error", "sentence"),
    [
        ("publish.codec=flak", UnknownNameError, "Did you mean 'flac'"),
        ("segmnt.longest=3", UnknownNameError, "Did you mean 'segment'"),
        ("segment.longst=3", UnknownNameError, "Did you mean 'longest'"),
        ("segment.longest=much", ConfigError, "expected `float`"),
        ("build.stage=['probe']", UnknownNameError, "Did you mean 'stages'"),
        ("build.stages='probe'", ConfigError, "must be a list"),
        ("build.stages=['probe', 'probe']", ConfigError, "twice"),
        ("build.stages=['probe', 'subtitles', 'sync']", ConfigError, "'subtitles' needs 'listen' before it"),
        ("build.stages=['language']", ConfigError, "'language' takes Utterance, but what comes before gives Source"),
    ],
)
def test_a_mistake_in_the_recipe_is_found_before_any_work(tmp_path, setting, error, sentence):
    with pytest.raises(error, match=sentence):
        _line(tmp_path, setting)


def test_a_short_line_of_stages_can_be_built(tmp_path):
    write_series(tmp_path / "in")
    stages = "build.stages=['probe', 'listen', 'subtitles', 'sync', 'segment']"
    result = tiny_build(tmp_path / "in", tmp_path / "out", stages)
    assert (result.exit_code, result.num_lines) == (0, 12)


@pytest.mark.parametrize(
    ("setting", "decoded"), [("", 2), ("probe.keep_audio=false", 4), ("publish.sample_rate=8000", 4)]
)
def test_media_are_decoded_once_where_what_was_heard_is_kept(tmp_path, monkeypatch, setting, decoded):
    calls = []
    real = audiorole.dataset.lines.episode_audio.decode_to_pcm

    def counted(*arguments):
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(audiorole.dataset.lines.episode_audio, "decode_to_pcm", counted)
    write_series(tmp_path / "in")
    tiny_build(tmp_path / "in", tmp_path / "out", *([setting] if setting else []))
    assert len(calls) == decoded


def test_a_build_with_another_setting_starts_from_what_was_heard(tmp_path, monkeypatch):
    write_series(tmp_path / "in")
    first = tiny_build(tmp_path / "in", tmp_path / "out")
    monkeypatch.setattr(audiorole.dataset.lines.episode_audio, "decode_to_pcm", lambda *_: pytest.fail("decoded"))
    again = tiny_build(tmp_path / "in", tmp_path / "out", "embed.window=2.0")
    assert again.run.computed["embed"] == 2
    assert again.num_lines == first.num_lines


def test_damage_to_what_was_kept_is_found_and_mended(tmp_path):
    write_series(tmp_path / "in")
    first = tiny_build(tmp_path / "in", tmp_path / "out")
    kept = first.plan.folder("probe").attachment("show/s01e01", "flac")
    kept.write_bytes(kept.read_bytes()[:-7])
    again = tiny_build(tmp_path / "in", tmp_path / "out", "embed.window=2.0")
    assert not again.run.quarantined
    assert (tmp_path / "out" / "run" / "01-probe" / "show" / "s01e01.flac").stat().st_size == kept.stat().st_size
    assert again.num_lines == first.num_lines
