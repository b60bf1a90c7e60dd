"""Which audio stream is heard: flags, titles and languages."""

from __future__ import annotations

import pytest

from audiorole.dataset.input.streams import choose_stream, stream_name
from audiorole.types import AudioStream


def stream(index: int, language: str = "eng", title: str = "", *flags: str) -> AudioStream:
    return AudioStream(index, "aac", language, title=title, flags=flags)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (stream(0, "eng", "", "comment"), stream(1, "eng", "", "default")),
        (stream(0, "eng", "", "default", "comment"), stream(1)),
        (stream(0, "eng", "", "visual_impaired"), stream(1)),
        (stream(0, "eng", "Kommentar der Regie"), stream(1)),
        (stream(0, "eng", "English AD"), stream(1)),
        (stream(0, "cze", "", "default", "dub"), stream(1)),
        (stream(0, "cze", "Dabing"), stream(1)),
        (stream(0, "cze", "", "default"), stream(1, "eng", "", "original")),
        (stream(0, "cze", "", "default"), stream(1, "eng", "Original")),
        (stream(0, "eng", "Komentář režiséra", "default"), stream(1)),
        (stream(0, "jpn", "解説"), stream(1)),
        (stream(0, "spa", "Audiodescripción", "default"), stream(1)),
        (stream(0, "eng", "Music and Effects"), stream(1)),
        (stream(0, "rus", "Дублированный"), stream(1)),
        (stream(0, "fre", "VFF", "default"), stream(1)),
        (stream(0, "chi", "国配"), stream(1, "jpn", "原声")),
        (stream(0, "eng"), stream(1, "eng", "", "default")),
        (stream(0, "cze"), stream(1, "eng", "", "default")),
    ],
)
def test_the_second_stream_is_the_dialogue(first, second):
    assert choose_stream((first, second))[0] == second


def test_the_language_asked_for_goes_before_original_and_default():
    streams = (
        stream(0, "eng", "", "default", "original"),
        stream(1, "cze", "", "dub"),
        stream(2, "cze", "", "comment"),
    )
    assert choose_stream(streams, "cs") == (streams[1], [])
    _, (said,) = choose_stream(streams)
    assert said == "several audio languages (eng, cze), no probe.language set: took the original"


@pytest.mark.parametrize(("written", "chosen"), [((), 0), (("en",), 1), (("cs",), 0), (("cs", "en"), 0), (("fr",), 0)])
def test_of_two_languages_the_one_with_subtitles_is_heard(written, chosen):
    streams = (stream(0, "cze", "", "default"), stream(1, "eng"))
    best, (said,) = choose_stream(streams, "", written)
    assert best.index == chosen
    assert said.endswith("the one that has subtitles in its language") is (written in (("en",), ("cs",)))


def test_a_file_of_commentaries_only_is_heard_all_the_same():
    streams = (stream(0, "eng", "", "comment"), stream(1, "eng", "Commentary 2"))
    assert choose_stream(streams) == (streams[0], [])
    assert stream_name(streams[1]) == '#1 eng aac "Commentary 2"'
