"""Who stays silent, and why: characters without a sure line, clips that nobody resembles, one voice for two people.

What a user must hear about a naming besides its accuracy: a sentence each, with what to do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audiorole.naming.cues.same_person import SamePerson
from audiorole.naming.engine import NamedLines, NamingOptions
from audiorole.naming.lines import Floats, ReferenceVoices, SeriesLines
from audiorole.naming.tables import SeriesTables
from audiorole.naming.voices.prior import voice_prior
from audiorole.types import Cast

SURE = 0.5
ONE_VOICE = 2.0
"""Log odds from which the voices of two cast members are taken for one person's, if one pair of all is expected so."""

ALIKE = 2.3
"""Log ratio from which some line sounds like a clip: ten to one, as the best of many lines is alike by chance."""

MOST_SENTENCES = 12

DIARIZER = re.compile(r"^\W*(speaker|spk|sprecher|mluvčí|说话人|voice)[\s_\-#]*[0-9a-z]{1,3}\W*$", re.IGNORECASE)
"""How diarizers and transcribers call voices that they cannot name."""

CLIP = "Give a clip of another scene in cast.toml, or name one of the lines on the review page."


def silences(
    lines: SeriesLines, cast: Cast, options: NamingOptions, references: ReferenceVoices, named: NamedLines
) -> list[str]:
    """Return the sentences about a naming, the gravest first, at most `MOST_SENTENCES` and one for the rest."""
    heard, same = _heard(lines, references), _same_person(lines, cast, options, references)
    found = [
        *_unheard(cast, heard),
        *_without_lines(cast, references, named, heard, same.closest(lines)),
        *_one_voice(cast, heard, same.of_each_other()),
        *_labels(cast),
    ]
    rest = len(found) - MOST_SENTENCES
    return found if rest <= 0 else [*found[:MOST_SENTENCES], f"And {rest} more sentences of these kinds."]


def _heard(lines: SeriesLines, references: ReferenceVoices) -> np.ndarray:
    """Return the candidates of whom there is a clip or a named line, ascending."""
    every = np.concatenate([lines.seeds, references.candidate])
    return np.unique(every[every >= 0])


def _unheard(cast: Cast, heard: np.ndarray) -> Iterator[str]:
    for k, character in enumerate(cast.character):
        if k not in heard:
            yield (
                f"No line can be named {character.name}: there is no clip of them, and no line has their name. "
                "Give a clip in cast.toml, or name one of their lines on the review page."
            )


def _without_lines(
    cast: Cast, references: ReferenceVoices, named: NamedLines, heard: np.ndarray, closest: Floats
) -> Iterator[str]:
    """Yield who has no sure line; of those with clips, whether any voice of the series resembles these.

    closest: `(K,)`, the highest log ratio of any line with each candidate's clips and named lines.
    """
    sure = named.character[named.probability > SURE]
    for k in (k for k in heard.tolist() if k not in sure):
        name = cast.character[k].name
        if np.any(references.candidate == k) and closest[k] < ALIKE:
            yield f"Nobody in the series sounds like the clip of {name}: no line is theirs. {CLIP}"
        else:
            yield f"No line is {name}'s with a probability above {SURE:g}. {CLIP}"


def _same_person(lines: SeriesLines, cast: Cast, options: NamingOptions, references: ReferenceVoices) -> SamePerson:
    """Return what clips and named lines alone say."""
    prior = voice_prior(options.embedder)
    some = replace(lines, faces=None, text=(), usual_length=prior.length)
    tables = SeriesTables.build(some, cast.character, references, prior)
    return SamePerson.gather(tables, np.zeros((len(lines), len(cast.character) + 1), np.float16))


def _one_voice(cast: Cast, heard: np.ndarray, ratio: Floats) -> Iterator[str]:
    """Yield pairs of characters whose clips and named lines sound like one person. ratio: `(K, K)`."""
    pairs = list(itertools.combinations(heard.tolist(), 2))
    for one, two in pairs:
        if ratio[one, two] > ONE_VOICE + np.log(len(pairs)):
            yield (
                f"{cast.character[one].name} and {cast.character[two].name} sound like one person: little but context "
                "tells their lines apart. If one actor plays both, review some lines; if they are one character, merge "
                "them."
            )


def _labels(cast: Cast) -> Iterator[str]:
    labels = [c.name for c in cast.character if DIARIZER.match(c.name)]
    if labels:
        yield (
            f"{_some_of(labels)}: labels that a diarizer gives, not names; it may call one person two ways in two "
            "episodes. Name these voices on the review page, or build with --set name.use_cues=false."
        )


def unnamed_labels(labels: Collection[str]) -> list[str]:
    """Return the sentence about labels of a diarizer that subtitles or scripts give to their lines; none for none."""
    if not labels:
        return []
    return [
        f"{_some_of(sorted(labels))}: labels that a diarizer gives to the voices of one file. They are no names, so no "
        "line is named by them. Name these voices on the review page, or give a clip of each character in cast.toml."
    ]


def _some_of(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (" and others" if len(labels) > 3 else "")


def sentence_array(sentences: Sequence[str]) -> NDArray[np.uint8]:
    """Return sentences as an array that a stage can save."""
    return np.frombuffer("\n".join(sentences).encode("utf-8"), np.uint8)


def read_sentences(array: NDArray[np.uint8]) -> list[str]:
    """Return the sentences that `sentence_array` wrote."""
    return array.tobytes().decode("utf-8").splitlines()
