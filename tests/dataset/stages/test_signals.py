"""Embed, quality, sync, listen: what is measured on the signal."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiorole.dataset.stages.words.sync as sync_stage
from audiorole.audio.media import MediaInfo, SubtitleTrack
from audiorole.dataset.input.release.tracks import text_tracks
from audiorole.dataset.stages.signals.embed import cut_evenly, middle, on_grid, pooled
from audiorole.dataset.stages.signals.listen import fit_length, resampled, to_percent
from audiorole.dataset.stages.signals.probe import Probe, _missing
from audiorole.dataset.stages.signals.quality import RateQuality
from audiorole.dataset.stages.words.sync import Sync
from audiorole.dataset.sync.records import SyncNote
from audiorole.errors import InputError
from audiorole.testing.desk import Desk, curves, line, parted
from audiorole.types import AudioStream, Source


@given(st.floats(0, 1000), st.floats(0.01, 100), st.floats(0.5, 10))
def test_windows_cover_a_line_in_equal_pieces(start, length, longest):
    pieces = cut_evenly(start, start + length, longest)
    assert pieces[0][0] == start
    assert pieces[-1][1] == pytest.approx(start + length)
    assert all(end - begin <= longest * 1.001 for begin, end in pieces)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(pieces))


@pytest.mark.parametrize(("most", "span"), [(0, (2.0, 12.0)), (4, (5.0, 9.0)), (20, (2.0, 12.0))])
def test_the_middle_of_a_long_line_is_heard(most, span):
    assert middle(2.0, 12.0, most) == span


@given(st.floats(0, 1000), st.floats(0.01, 3.0))
def test_windows_have_few_lengths_and_hold_the_whole_line(start, length):
    first, last = on_grid(start, start + length, 0.2, 16000)
    assert (last - first) % 3200 == 0
    assert length * 16000 - 1 <= last - first < length * 16000 + 3201
    assert first == 0 or abs((first + last) / 2 - (start + length / 2) * 16000) <= 1


def test_windows_that_hold_no_voice_take_nothing_from_those_that_do():
    windows = np.array([[0, 2], [0, 0]], dtype=np.float32)
    assert pooled(windows, np.array([1, 3], np.float32), np.array([0, 2])).tolist() == [[0, 2]]


def test_voices_are_pooled_by_seconds_and_silence_has_none():
    windows = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
    voices = pooled(windows, np.array([3, 1, 1], np.float32), np.array([0, 2, 3]))
    assert voices[0] == pytest.approx(np.array([0.75, 0.25]), abs=1e-6)
    assert voices[1].tolist() == [0, 0]
    assert pooled(windows[:0], np.zeros(0, np.float32), np.array([0])).shape == (0, 2)


@pytest.mark.parametrize(
    ("dnsmos", "snr", "clipping", "tier"),
    [(3.2, 5, 0, "A"), (2.7, 40, 0, "B"), (2.0, 40, 0, "C"), (None, 25, 0, "A"), (None, 12, 0, "B"), (None, 3, 0, "C"),
     (None, None, 0, "C"), (4.0, 40, 0.01, "C")],
)  # fmt: skip
def test_tiers_go_by_dnsmos_then_snr_and_clipping_beats_both(dnsmos, snr, clipping, tier):
    assert RateQuality().tier(dnsmos, snr, clipping) == tier


def test_curves_come_to_the_common_rate():
    assert resampled(np.arange(100, dtype=np.float32), 62.5).tolist() == list(range(1, 100, 2))
    assert fit_length(np.array([1, 2]), 4).tolist() == [1, 2, 2, 2]
    assert fit_length(np.zeros(0, np.uint8), 2).tolist() == [0, 0]
    assert to_percent(np.array([-0.1, 0.5, 2.0], np.float32)).tolist() == [0, 50, 100]


def synced(lines, tmp_path, monkeypatch, accepted, shift=2.0, **settings):
    answer = SimpleNamespace(
        accepted=accepted, confidence=0.5, reason="foreign", pieces=(), map=lambda times: times + shift
    )
    monkeypatch.setattr(sync_stage, "judge", lambda *_: answer)
    settings = {"transcriber": "", **settings}
    return parted(Sync(**settings).run(lines, Desk(curves(60.0, (0, 60)), scratch=tmp_path)))


def test_lines_are_mapped_and_what_leaves_the_audio_is_dropped(tmp_path, monkeypatch):
    kept, dropped = synced([line(1, 1, 2), line(2, 59, 61), line(3, 57, 59)], tmp_path, monkeypatch, True)
    assert [(x.start, x.end) for x in kept] == [(3.0, 4.0), (59.0, 60.0)]
    assert dropped == [("show/s01e01/u00002", "outside_audio")]
    assert msgspec.json.decode((tmp_path / "sync.json").read_bytes(), type=SyncNote).accepted


def test_foreign_subtitles_are_dropped_or_kept_as_they_are_but_never_moved(tmp_path, monkeypatch):
    lines = [line(1, 1, 2)]
    assert synced(lines, tmp_path, monkeypatch, False)[1] == [("show/s01e01/u00001", "subtitles_do_not_fit")]
    (kept,), _ = synced(lines, tmp_path, monkeypatch, False, keep_unsure=True)
    assert (kept.start, kept.end) == (1, 2)


def test_times_that_are_no_numbers_are_dropped(tmp_path, monkeypatch):
    assert synced([line(1, 1, 2)], tmp_path, monkeypatch, True, shift=np.nan)[1][0][1] == "outside_audio"


def media(*streams: AudioStream) -> MediaInfo:
    return MediaInfo("matroska", 60.0, 0.0, streams, (), True)


ENGLISH, GERMAN = AudioStream(1, "aac", "eng"), AudioStream(2, "aac", "ger")
COMMENTARY = AudioStream(0, "aac", "eng", title="Director's Commentary")


@pytest.mark.parametrize(
    ("fields", "streams", "chosen", "notes"),
    [
        ({}, (ENGLISH,), 1, 0),
        ({}, (COMMENTARY, ENGLISH), 1, 0),
        ({}, (COMMENTARY,), 0, 0),
        ({}, (ENGLISH, GERMAN), 1, 1),
        ({"language": "de"}, (ENGLISH, GERMAN), 2, 0),
        ({"language": "fr"}, (ENGLISH, GERMAN), 1, 1),
        ({"audio_stream": 2}, (ENGLISH, GERMAN), 2, 0),
    ],
)
def test_the_dialogue_in_the_language_asked_for_is_heard(fields, streams, chosen, notes):
    stream, said = Probe(**fields)._choose(media(*streams), Source("show/s01e01", "a.mkv"), Path())
    assert (stream.index, len(said)) == (chosen, notes)


def test_no_audio_and_a_stream_that_is_not_there_are_refused():
    with pytest.raises(InputError, match=r"a\.mkv: has no audio stream"):
        Probe()._choose(media(), Source("show/s01e01", "a.mkv"), Path())
    with pytest.raises(InputError, match="its audio streams are 1, 2"):
        Probe(audio_stream=7)._choose(media(ENGLISH, GERMAN), Source("show/s01e01", "a.mkv"), Path())


def test_bitmap_subtitles_are_left_out_with_what_to_do():
    tracks = (SubtitleTrack(2, "pgssub", "eng", ""), SubtitleTrack(3, "subrip", "eng", "", ("hearing_impaired",)))
    info = MediaInfo("matroska", 60.0, 0.0, (ENGLISH,), tracks, True)
    usable, refused = text_tracks("a.mkv", info)
    assert [(source.track, source.sdh) for source in usable] == [(3, True)]
    assert refused == ["subtitle track 2 (pgssub) holds pictures, not text: OCR it to an .srt to use it"]


@pytest.mark.parametrize(("stated", "decoded", "said"), [(60, 59, 0), (60, 50, 1), (3600, 3500, 0), (0, 10, 0)])
def test_a_missing_tail_is_said(stated, decoded, said):
    assert len(_missing(MediaInfo("matroska", stated, 0.0, (ENGLISH,), (), True), decoded)) == said
