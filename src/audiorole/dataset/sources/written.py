"""In which languages an episode's subtitles are written: what tells which of several audio languages to hear."""

from __future__ import annotations

from pathlib import Path

from audiorole.dataset.input.beside import subtitle_files
from audiorole.dataset.input.cue_sources import read_source
from audiorole.dataset.input.release.languages import two_letters
from audiorole.dataset.sources.candidates import LETTERS, SURE, joined
from audiorole.dataset.subtitles import split
from audiorole.errors import InputError
from audiorole.models import load_model
from audiorole.models.ports import TextLanguageIdentifier
from audiorole.types import SubtitleSource


def written_languages(media: str, tracks: list[SubtitleSource], inputs: Path, identifier: str) -> tuple[str, ...]:
    """Return the languages, two letters each, of the subtitles beside `media` (relative to `inputs`) and of `tracks`.

    identifier: model reference for the language of a text that no name and no tag tells; "" asks none.
    """
    found = set()
    for source in (*subtitle_files(inputs / media, inputs), *tracks):
        if not (source.forced or source.signs or source.commentary):
            found.add(two_letters(source.language) or (_language(source, inputs, identifier) if identifier else ""))
    return tuple(sorted(found - {""}))


def _language(source: SubtitleSource, inputs: Path, identifier: str) -> str:
    try:
        cues = read_source(source, inputs)
    except InputError:
        return ""
    text = joined(split(cues.cues, cues.source))
    model: TextLanguageIdentifier = load_model("text-language", identifier)
    (guess,) = model.text_languages([text])
    sure = guess.probability >= SURE and sum(map(str.isalpha, text)) >= LETTERS
    return two_letters(guess.code) if sure else ""
