"""Subtitles: which language is looked for, where container, texts and speech do not agree."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

import audiorole.dataset.stages.words.subtitles as stage
from audiorole.dataset.sources.notes import SourcesNote
from audiorole.dataset.stages.words.subtitles import ReadSubtitles
from audiorole.models.ports import Language
from audiorole.testing.desk import EPISODE, Desk, curves, parted

ENGLISH, CZECH = "Nobody told the harbour master a thing", "Nikdo nic přístavnímu kapitánovi neřekl"
SPANS = [(n * 6.0, n * 6.0 + 4.0) for n in range(9)]


class Models:
    """Texts are Czech where they hold an ř; the speech is what it is told to be."""

    def __init__(self, spoken: str) -> None:
        self.spoken, self.asked = spoken, 0

    def text_languages(self, texts):
        return [Language("cs" if "ř" in text else "en", 0.99) for text in texts]

    def spoken_languages(self, waveforms):
        self.asked += 1
        return [Language(self.spoken, 0.95) for _ in waveforms]


class Sound:
    def read(self, start, end):
        return np.ones(round(16000 * (end - start)), dtype=np.float32)


def srt(text: str) -> str:
    rows = (f"{n}\n00:00:{a:02.0f},000 --> 00:00:{b:02.0f},000\n{text} {n}.\n" for n, (a, b) in enumerate(SPANS, 1))
    return "\n".join(rows)


def read(tmp_path, monkeypatch, spoken, stated, *texts):
    """Return (texts and languages of the lines, the note, how often the speech was heard)."""
    (tmp_path / "s01e01.flac").write_bytes(b"")
    for number, text in enumerate(texts):
        (tmp_path / f"s01e01.{number}.srt").write_text(srt(text), encoding="utf-8")
    models = Models(spoken)
    monkeypatch.setattr(stage, "load_model", lambda kind, reference, device="cpu": models)
    monkeypatch.setattr(stage, "episode_audio", lambda *_: Sound())
    episode = msgspec.structs.replace(EPISODE, language=stated)
    desk = Desk(curves(60.0, *SPANS), episode=episode, inputs=tmp_path, scratch=tmp_path)
    kept, dropped = parted(ReadSubtitles(transcriber="").run([episode], desk))
    note = msgspec.json.decode((tmp_path / "sources.json").read_bytes(), type=SourcesNote)
    assert len(dropped) == len(note.unused)
    return {(line.text[:6], line.language) for line in kept}, note, models.asked


@pytest.mark.parametrize(
    ("spoken", "stated", "texts", "lines", "heard"),
    [
        ("en", "eng", (ENGLISH,), {("Nobody", "")}, False),
        ("en", "", (ENGLISH,), {("Nobody", "en")}, True),
        ("cs", "eng", (ENGLISH, CZECH), {("Nikdo ", "cs")}, True),
        ("en", "", (CZECH, ENGLISH), {("Nobody", "en")}, True),
        ("en", "", (CZECH,), set(), True),
        ("en", "cze", (CZECH,), {("Nikdo ", "")}, False),
    ],
)
def test_the_language_of_the_speech_is_heard_only_where_it_is_in_doubt(
    tmp_path, monkeypatch, spoken, stated, texts, lines, heard
):
    found, note, asked = read(tmp_path, monkeypatch, spoken, stated, *texts)
    assert found == lines
    assert bool(asked) is heard
    assert bool(note.subtitles) is bool(lines)
    assert len(note.unused) == len(texts) - bool(lines)


def test_a_source_that_is_asked_for_is_used_whatever_it_holds(tmp_path, monkeypatch):
    (tmp_path / "s01e01.flac").write_bytes(b"")
    (tmp_path / "s01e01.srt").write_text(srt(CZECH), encoding="utf-8")
    monkeypatch.setattr(stage, "load_model", lambda kind, reference, device="cpu": Models("en"))
    desk = Desk(curves(60.0, *SPANS), inputs=tmp_path, scratch=tmp_path)
    kept, _ = parted(ReadSubtitles(source="s01e01.srt").run([EPISODE], desk))
    assert len(kept) == len(SPANS)
