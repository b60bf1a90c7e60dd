"""Two channels with two programmes: the one that the subtitles follow is heard, and it is said."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import audiorole.dataset.lines.hearing as hearing
import audiorole.dataset.stages.signals.probe as probe_stage
from audiorole.dataset.lines.channels import choose_channel
from audiorole.dataset.stages.signals.probe import Probe
from audiorole.dataset.subtitles.formats.arrows import clock
from audiorole.testing.desk import EPISODE, Desk
from audiorole.testing.media import write_media
from audiorole.types import AudioStream, Source
from tests.audio.test_mixing import voice
from tests.dataset.sync.speech import Listener, dialogue

STEREO = msgspec.structs.replace(EPISODE, audio=AudioStream(0, "flac", channels=2, layout="stereo"))
FILM, OTHER = dialogue(1), dialogue(2)


def listen(monkeypatch, left, right, languages=("en", "cs")) -> None:
    """Let the two channels hold these dialogues (times, texts)."""
    sides = [Listener(*side, language=code) for side, code in zip((left, right), languages, strict=True)]
    monkeypatch.setattr(
        hearing,
        "_heard",
        lambda context, episode, model, device, spans: sides[episode.audio.channel](spans) if spans else [],
    )
    monkeypatch.setattr(hearing, "missing_weights", lambda kind, reference: "")


def desk_with(folder, dialogue=None, offset: float = 0.0) -> Desk:
    """Return a desk whose episode has `dialogue` as its subtitle."""
    if dialogue:
        rows = enumerate(zip(*dialogue, strict=True), start=1)
        blocks = (f"{n}\n{clock(a + offset)} --> {clock(b + offset)}\n{text}\n" for n, ((a, b), text) in rows)
        (folder / "s01e01.srt").write_text("\n".join(blocks), encoding="utf-8")
    return Desk(episode=STEREO, inputs=folder, scratch=folder)


def chosen(desk, language=""):
    return choose_channel(desk, STEREO, "whisper", language)


@pytest.mark.parametrize("offset", [0.0, 12.0, 36000.0])
@pytest.mark.parametrize("right", [False, True])
def test_the_subtitles_say_which_channel_is_the_programme(tmp_path, monkeypatch, right, offset):
    listen(monkeypatch, *((OTHER, FILM) if right else (FILM, OTHER)))
    channel, language, note = chosen(desk_with(tmp_path, FILM, offset), language="cs" if not right else "en")
    assert (channel, language) == (int(right), "cs" if right else "en")
    assert "two channels hold different speech (en left, cs right)" in note
    assert ("right" if right else "left") + " channel is heard, as the subtitles follow it" in note


def test_a_commentary_in_the_same_language_is_told_by_the_subtitles(tmp_path, monkeypatch):
    listen(monkeypatch, OTHER, FILM, ("en", "en"))
    assert chosen(desk_with(tmp_path, FILM))[0] == 1


@pytest.mark.parametrize("right", [False, True])
def test_a_channel_with_somebody_talking_over_the_film_gives_way_to_the_film(tmp_path, monkeypatch, right):
    over = (np.concatenate([FILM[0][::2], OTHER[0][1::2]]), [*FILM[1][::2], *OTHER[1][1::2]])
    listen(monkeypatch, *((over, FILM) if right else (FILM, over)), ("en", "en"))
    channel, _, note = chosen(desk_with(tmp_path, FILM))
    assert channel == int(right)
    assert "follow it more closely" in note


@pytest.mark.parametrize(("language", "channel"), [("cs", 1), ("en", 0), ("", 0)])
def test_two_languages_with_subtitles_each(tmp_path, monkeypatch, language, channel):
    listen(monkeypatch, FILM, OTHER)
    desk_with(tmp_path, OTHER)
    (tmp_path / "s01e01.srt").rename(tmp_path / "s01e01.cs.srt")
    assert chosen(desk_with(tmp_path, FILM), language)[0] == channel


def test_two_people_with_a_channel_each_are_mixed(tmp_path, monkeypatch):
    times, texts = FILM
    sides = [(times[k::2], texts[k::2]) for k in (0, 1)]
    listen(monkeypatch, *sides, ("en", "en"))
    channel, _, note = chosen(desk_with(tmp_path, FILM))
    assert channel == -1
    assert "both say what the subtitles say: they were mixed" in note


def test_two_people_who_take_turns_are_mixed_without_subtitles_too(tmp_path, monkeypatch):
    times, texts = FILM
    listen(monkeypatch, *((times[k::2], texts[k::2]) for k in (0, 1)), ("en", "en"))
    channel, _, note = chosen(desk_with(tmp_path))
    assert channel == -1
    assert "take turns: they were mixed" in note


@pytest.mark.parametrize(("language", "channel"), [("en", 0), ("cs", 1), ("ces", 1)])
def test_without_subtitles_the_language_asked_for_decides(tmp_path, monkeypatch, language, channel):
    listen(monkeypatch, FILM, OTHER)
    found, _, note = chosen(desk_with(tmp_path), language)
    assert found == channel
    assert "as it is in the language asked for" in note


def test_where_nothing_tells_the_left_is_heard_and_the_way_out_is_said(tmp_path, monkeypatch):
    listen(monkeypatch, FILM, OTHER)
    channel, _, note = chosen(desk_with(tmp_path), "de")
    assert channel == 0
    assert "probe.channel takes the other" in note


def test_wide_stereo_of_one_programme_is_mixed_without_a_word(tmp_path, monkeypatch):
    listen(monkeypatch, FILM, FILM)
    assert chosen(desk_with(tmp_path)) == (-1, "", "")


def test_without_weights_both_are_mixed_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(hearing, "missing_weights", lambda kind, reference: "pull it")
    channel, _, note = chosen(desk_with(tmp_path, FILM))
    assert channel == -1
    assert "no words could be heard; probe.channel takes one" in note


class Inputs(Desk):
    """A desk that knows no content."""

    def content_hash(self, path) -> str:
        return "0" * 64


@pytest.mark.parametrize("settings", [{}, {"channel": 1}])
def test_probe_takes_the_channel_and_notes_it(tmp_path, monkeypatch, settings):
    listen(monkeypatch, OTHER, FILM)
    monkeypatch.setattr(probe_stage, "missing_weights", lambda kind, reference: "")
    desk_with(tmp_path, FILM)
    write_media(tmp_path / "s01e01.flac", np.stack([voice(60.0, 1), voice(60.0, 2)]), layout="stereo")
    desk = Inputs(inputs=tmp_path, scratch=tmp_path / "scratch")
    (episode,) = Probe(**settings).run([Source("show/s01e01", "s01e01.flac")], desk)
    for key, pcm in desk.kept.items():
        if key.startswith("pcm:"):
            pcm.close()
    assert episode.audio.channel == 1
    assert bool(episode.warnings) is not bool(settings)
    assert all("right channel is heard" in warning for warning in episode.warnings)
