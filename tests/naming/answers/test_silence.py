"""Sentences about characters who stay silent and voices that cannot be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from audiorole.naming import NO_SEED, NamedLines, NamingOptions, ReferenceVoices, SeriesLines, name_lines
from audiorole.naming.answers.silence import read_sentences, sentence_array, silences, unnamed_labels
from audiorole.types import Cast, Character

DIMENSION = 64


def cast_of(*names: str) -> Cast:
    return Cast(character=tuple(Character(name) for name in names))


def spoken(voices: np.ndarray, who: list[int], noise: float = 0.4) -> SeriesLines:
    """Return one line of each of `who`, two seconds long."""
    rows = voices[who] + np.random.default_rng(1).normal(size=(len(who), DIMENSION)) * noise
    start = np.arange(len(who)) * 3.0
    return SeriesLines(rows.astype(np.float32), start, start + 2.0, np.zeros(len(who), np.int32))


def clips(voices: np.ndarray, who: list[int]) -> ReferenceVoices:
    rows = voices[who] + np.random.default_rng(2).normal(size=(len(who), DIMENSION)) * 0.3
    return ReferenceVoices(
        rows.astype(np.float32), np.arange(len(who), dtype=np.int32), np.full(len(who), 3.0, np.float32)
    )


def sentences(lines: SeriesLines, cast: Cast, references: ReferenceVoices) -> list[str]:
    named = name_lines(lines, cast, NamingOptions(), references)
    return silences(lines, cast, NamingOptions(), references, named)


@pytest.fixture
def voices() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(6, DIMENSION))


@pytest.mark.parametrize("silent", ["Cleo", "Zdeněk", "孟钰"])
def test_who_has_neither_clip_nor_name_is_said(voices: np.ndarray, silent: str) -> None:
    found = sentences(spoken(voices, [0, 1] * 20), cast_of("Ann", "Bob", silent), clips(voices, [0, 1]))
    assert [s for s in found if s.startswith(f"No line can be named {silent}")]
    assert not [s for s in found if "Ann" in s or "Bob" in s]


@pytest.mark.parametrize("others", [[0, 1], [0, 1, 4]])
def test_a_clip_that_nobody_sounds_like_is_said(voices: np.ndarray, others: list[int]) -> None:
    found = sentences(spoken(voices, others * 15), cast_of("Ann", "Bob", "Cleo"), clips(voices, [0, 1, 5]))
    assert len(found) == 1
    assert found[0].startswith("Nobody in the series sounds like the clip of Cleo")


def test_two_characters_with_one_voice_are_said(voices: np.ndarray) -> None:
    found = sentences(
        spoken(voices, [0, 1, 2] * 15), cast_of("Ann", "Bob", "Cleo", "Bob's twin"), clips(voices, [0, 1, 2, 1])
    )
    assert [s for s in found if s.startswith("Bob and Bob's twin sound like one person")]
    assert not [s for s in found if "Ann and" in s or "Cleo and" in s]


@pytest.mark.parametrize("label", ["SPEAKER_00", "Speaker 3", "spk-2", "Sprecher 1", "说话人 2"])
def test_a_diarizers_label_is_no_name(voices: np.ndarray, label: str) -> None:
    found = sentences(spoken(voices, [0, 1] * 15), cast_of("Ann", label), clips(voices, [0, 1]))
    assert [s for s in found if s.startswith(label)]


@pytest.mark.parametrize("name", ["Speaker of the House", "Spock", "The Voice", "说话的人"])
def test_a_name_is_no_diarizers_label(voices: np.ndarray, name: str) -> None:
    assert not sentences(spoken(voices, [0, 1] * 15), cast_of("Ann", name), clips(voices, [0, 1]))


def test_long_lists_end_with_a_count(voices: np.ndarray) -> None:
    cast = cast_of("Ann", "Bob", *(f"Extra {k}" for k in range(40)))
    found = sentences(spoken(voices, [0, 1] * 15), cast, clips(voices, [0, 1]))
    assert len(found) == 13
    assert found[-1].startswith("And 28 more")


@pytest.mark.parametrize("said", [[], ["One."], ["Jiří nemluví.", "孟钰 …"]])
def test_sentences_survive_being_saved(said: list[str]) -> None:
    assert read_sentences(sentence_array(said)) == said


def test_nobody_is_silent_who_is_sure(voices: np.ndarray) -> None:
    lines = spoken(voices, [0, 1] * 20)
    seed = np.full(40, NO_SEED, np.int32)
    seed[:2] = [0, 1]
    lines = lines.with_seeds(seed)
    named: NamedLines = name_lines(lines, cast_of("Ann", "Bob"))
    assert silences(lines, cast_of("Ann", "Bob"), NamingOptions(), ReferenceVoices(), named) == []


@pytest.mark.parametrize("labels", [{"SPEAKER_00"}, {"Speaker 2", "Speaker 1"}, {f"spk_{k}" for k in range(9)}])
def test_labels_in_the_cues_are_said(labels: set[str]) -> None:
    (sentence,) = unnamed_labels(labels)
    assert sentence.startswith(min(labels))
    assert "review page" in sentence
    assert ("and others" in sentence) == (len(labels) > 3)


def test_without_labels_nothing_is_said() -> None:
    assert unnamed_labels(set()) == []
