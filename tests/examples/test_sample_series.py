"""The sample series holds what its truth says: audio, subtitles, transcript and cast against the JSON files."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pysubs2
import pytest
from numpy.typing import NDArray

from audiorole.types.character import Cast

EXAMPLES = Path(__file__).parents[2] / "examples"
SERIES = EXAMPLES / "series" / "Lost Property"
EPISODES = ("s01e01", "s01e02", "s01e03")
RATE = 16_000

Truth = dict[str, Any]
each_episode = pytest.mark.parametrize("episode", EPISODES)


@functools.cache
def truth(episode: str) -> Truth:
    told: Truth = msgspec.json.decode((EXAMPLES / "truth" / f"{episode}.json").read_bytes())
    return told


@functools.cache
def audio(name: str) -> NDArray[np.float32]:
    """Decode a file of the series to 16 kHz mono."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(str(SERIES / name)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def level_db(waveform: NDArray[np.float32], start: float, end: float) -> float:
    part = waveform[max(0, round(start * RATE)) : round(end * RATE)]
    return float(10 * np.log10((part**2).mean() + 1e-12))


def told_cues(told: Truth) -> list[tuple[float, float]]:
    return [(cue["written_start"], cue["written_end"]) for cue in told["subtitles"]["cues"]]


def undo(told: Truth, seconds: float) -> float:
    """A written time of the subtitle file, back in the time of the audio."""
    defects = told["subtitles"]["defects"]
    return float((seconds - defects["offset"]) / defects["rate"])


def test_everything_fits_into_three_megabytes_and_may_be_given_away() -> None:
    files = [path for path in EXAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) <= 3_000_000
    assert "CC0 1.0" in (EXAMPLES / "LICENSE").read_text(encoding="utf-8")


@each_episode
def test_lines_are_sorted_and_lie_in_their_scene(episode: str) -> None:
    told = truth(episode)
    scenes = {scene["id"]: scene for scene in told["scenes"]}
    starts = [line["start"] for line in told["lines"]]
    assert starts == sorted(starts)
    for number, line in enumerate(told["lines"], start=1):
        scene = scenes[line["scene"]]
        assert line["id"] == f"{episode}/l{number:03d}"
        assert scene["start"] <= line["start"] < line["end"] <= scene["end"] <= told["duration"]
        assert line["segments"][0][0] == pytest.approx(line["start"], abs=0.011)
        assert line["segments"][-1][1] == pytest.approx(line["end"], abs=0.011)


@each_episode
def test_two_voices_overlap_exactly_where_somebody_is_interrupted(episode: str) -> None:
    lines = truth(episode)["lines"]
    for first, second in itertools.pairwise(lines):
        assert (second["start"] < first["end"]) == second["overlaps_previous"] == first["interrupted"]


@each_episode
def test_media_last_as_long_as_the_truth_says(episode: str) -> None:
    told = truth(episode)
    waveform = audio(told["media"])
    assert len(waveform) / RATE == pytest.approx(told["duration"], abs=0.1)
    assert np.abs(waveform).max() < 1.0


@each_episode
def test_voices_begin_where_the_truth_says(episode: str) -> None:
    """A line over a quiet room is at least 10 dB louder than the 0.12 s before it; a shift of 0.1 s breaks this."""
    told = truth(episode)
    waveform = audio(told["media"])
    before = {line["id"]: earlier["end"] for earlier, line in itertools.pairwise(told["lines"])}
    ends = [sound["end"] for sound in told["sounds"]]
    quiet = [
        line
        for line in told["lines"]
        if line["snr_db"] >= 25
        and line["start"] - before.get(line["id"], 0.0) > 0.5
        and all(not 0 <= line["start"] - end < 0.4 for end in ends)
    ]
    assert len(quiet) >= 5
    steps = [
        level_db(waveform, line["start"], line["start"] + 0.12)
        - level_db(waveform, line["start"] - 0.13, line["start"] - 0.01)
        for line in quiet
    ]
    assert np.mean(np.array(steps) >= 10) >= 0.9


@pytest.mark.parametrize(("episode", "encoding"), [("s01e01", "cp1252"), ("s01e02", "utf-8")])
def test_subtitle_file_has_the_cues_of_the_truth(episode: str, encoding: str) -> None:
    told = truth(episode)
    events = [
        event
        for event in pysubs2.load(str(SERIES / told["subtitles"]["file"]), encoding=encoding)
        if event.type == "Dialogue" and event.style != "Sign"
    ]
    written = np.array([(event.start / 1000, event.end / 1000) for event in events])
    np.testing.assert_allclose(written, told_cues(told), atol=0.011)  # ASS writes hundredths
    assert [event.plaintext for event in events] == [
        cue["shown"].replace("<i>", "").replace("</i>", "") for cue in told["subtitles"]["cues"]
    ]


def test_the_first_subtitle_file_is_not_utf8() -> None:
    raw = (SERIES / truth("s01e01")["subtitles"]["file"]).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert "ZOË" in raw.decode("cp1252")


def test_the_tracks_inside_the_matroska_file() -> None:
    told = truth("s01e03")
    with av.open(str(SERIES / told["media"])) as container:
        tracks = {stream.metadata["title"]: stream for stream in container.streams.subtitles}
        indices = {name: stream.index for name, stream in tracks.items()}
        forced = {name: bool(stream.disposition & av.stream.Disposition.forced) for name, stream in tracks.items()}
        packets = [(packet.stream.index, packet.pts) for packet in container.demux() if packet.pts is not None]
    assert forced == {"Forced": True, "English": False}
    written = [pts / 1000 for index, pts in packets if index == indices["English"]]
    assert written == pytest.approx([start for start, _ in told_cues(told)], abs=0.002)
    assert len([index for index, _ in packets if index == indices["Forced"]]) == 2


@each_episode
def test_undoing_the_told_defects_brings_the_cues_back_to_the_voices(episode: str) -> None:
    told = truth(episode)
    lines = {line["id"]: line for line in told["lines"]}
    firsts = [cue for cue in told["subtitles"]["cues"] if cue["lines"]]
    seen: set[str] = set()
    for cue in firsts:
        line = lines[cue["lines"][0]]
        if line["id"] not in seen:
            assert -0.35 < line["start"] - undo(told, cue["written_start"]) < 0.35
        seen |= set(cue["lines"])
    assert seen == set(lines) - set(told["subtitles"]["missing_lines"])
    assert len(told["subtitles"]["missing_lines"]) >= 2


def test_the_second_subtitle_file_is_off_by_seconds() -> None:
    told = truth("s01e02")
    off = [abs(cue["written_start"] - cue["start"]) for cue in told["subtitles"]["cues"]]
    assert max(off) > 4.0


@pytest.mark.parametrize(
    ("episode", "kinds"),
    [
        ("s01e01", {"sdh_name", "sound", "dash", "split", "condensed", "italic", "credit"}),
        ("s01e02", {"dash", "split", "condensed", "italic"}),
        ("s01e03", {"split", "italic"}),
    ],
)
def test_each_kind_of_defect_is_there(episode: str, kinds: set[str]) -> None:
    assert {kind for cue in truth(episode)["subtitles"]["cues"] for kind in cue["kinds"]} == kinds


def test_the_transcript_names_every_line_in_the_fans_spelling() -> None:
    told = truth("s01e02")
    rows = (SERIES / told["script"]).read_text(encoding="utf-8").splitlines()
    spoken = [row for row in rows[1:] if row and not row.startswith("[")]
    spelling = told["script_names"]
    assert spoken == [
        f"{spelling.get(line['character'], line['character'].upper())}: {line['text']}" for line in told["lines"]
    ]


def test_the_cast_file_knows_all_but_the_guest() -> None:
    cast = msgspec.toml.decode((SERIES / "cast.toml").read_bytes(), type=Cast)
    spoken = {line["character"] for episode in EPISODES for line in truth(episode)["lines"]}
    assert spoken - {character.name for character in cast.character} == {"Arthur"}
    assert len(spoken) >= 6


def test_reference_clips_lie_in_their_files() -> None:
    cast = msgspec.toml.decode((SERIES / "cast.toml").read_bytes(), type=Cast)
    clips = {character.name: clip for character in cast.character for clip in character.references}
    assert set(clips) == {"Gus", "Pemberton"}
    for clip in clips.values():
        seconds = len(audio(clip.path)) / RATE
        assert 0 <= clip.start < (clip.end or seconds) <= seconds
    own = {(line["start"], line["end"]) for line in truth("s01e01")["lines"] if line["character"] == "Pemberton"}
    assert (clips["Pemberton"].start, clips["Pemberton"].end) in own


@pytest.mark.parametrize(("episode", "scene"), [("s01e02", "recap"), ("s01e02", "opening"), ("s01e03", "opening")])
def test_recap_and_opening_are_the_audio_of_episode_one(episode: str, scene: str) -> None:
    told, source = truth(episode), {line["id"]: line for line in truth("s01e01")["lines"]}
    repeats = [line for line in told["lines"] if line["scene"] == scene and line["repeats"]]
    assert repeats
    for line in repeats:
        old = source[line["repeats"]]
        size = round((old["end"] - old["start"]) * RATE)
        here = audio(told["media"])[round(line["start"] * RATE) :][:size]
        there = audio(truth("s01e01")["media"])[round(old["start"] * RATE) :][:size]
        assert np.corrcoef(here, there)[0, 1] > 0.9  # both went through Opus, so not 1


def test_the_series_has_what_real_ones_have() -> None:
    lines = [line for episode in EPISODES for line in truth(episode)["lines"]]
    assert any(line["interrupted"] for line in lines)
    assert {line["voice_path"] for line in lines if line["off_screen"]} == {"tannoy", "phone", "off"}
    over_music = [line["snr_db"] for line in lines if "+" in line["background"]]
    assert len(over_music) >= 30
    assert np.mean([8 <= snr_db <= 22 for snr_db in over_music]) > 0.9
