"""The gallery: everything real that replies are measured against, built once per corpus, suite and listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery.scale import Measured
from audiorole.evaluation.gallery.style import StyleModel, train_style
from audiorole.evaluation.gallery.voices import EncoderVoices, RealLineVoice, build_space
from audiorole.evaluation.hearing.bands import Bank, log_bands
from audiorole.evaluation.hearing.listener import Clip, Listener
from audiorole.evaluation.hearing.prosody import FEATURES, Prosody
from audiorole.evaluation.items import ItemSet, copy_bank, draw_order, reference_clip
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.words import ngrams, plain_text, words
from audiorole.types import Dialogue, Turn, spoken_name

MALE_BELOW_HZ = 165.0
"""Between the mean pitch of men (131 Hz) and women (220 Hz) in logs: Hillenbrand et al. 1995, table V."""

VERBATIM_WORDS = 8
"""Run of words that nobody repeats by chance: the n-gram of GPT-3's and PaLM's contamination checks (8–13)."""

Floats = NDArray[np.float32]


@dataclass
class Gallery:
    """Real material by role. spaces: by encoder; prosody: character → `(num_lines, 5)` of its real lines.

    genders: given by the cast, or estimated from pitch where it says nothing. impostors: role → characters.
    style_rivals: role → its style advantage in lines that other characters said.
    cast_voices: the characters' centroids by the primary encoder, float64 `(num_characters, dimension)`.
    """

    corpus: Corpus
    items: ItemSet
    suite: Suite
    genders: Mapping[str, str]
    impostors: Mapping[str, tuple[str, ...]]
    spaces: Mapping[str, EncoderVoices]
    prosody: Mapping[str, NDArray[np.float64]]
    style: StyleModel
    style_rivals: Mapping[str, Measured]

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields; what was remembered is found again."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def __post_init__(self) -> None:
        self.cast_voices = np.stack(list(next(iter(self.spaces.values())).centroids.values()))
        self.copy_bank = lru_cache(maxsize=16)(partial(copy_bank, self.corpus, self.items))
        self.others = lru_cache(maxsize=1024)(self._others)
        self.verbatim = lru_cache(maxsize=64)(self._verbatim)
        self.reference_clip = lru_cache(maxsize=64)(partial(reference_clip, self.corpus, self.items))

    def other_texts(self, dialogue: Dialogue, number: int = 50) -> list[str]:
        """Return texts of other lines of the item's character, none that says the same as the gold line."""
        return self.others(dialogue.id, dialogue.target.character, plain_text(dialogue.target.text), number)

    def _others(self, item: str, character: str, gold: str, number: int) -> list[str]:
        lines = (line for line in self.corpus.by_character[character] if line.id != item)
        order = sorted(lines, key=lambda one: draw_order(0, f"{item} {one.id}"))
        return list(islice((line.text for line in order if plain_text(line.text) not in ("", gold)), number))

    def copy_sources(self, dialogue: Dialogue, with_gold: bool = True) -> list[Bank]:
        """Return what a reply may copy: the character's lines outside the test episodes, each turn, the gold line."""
        turns = dialogue.turns if with_gold else dialogue.context
        return [self.copy_bank(dialogue.target.character), *(self._turn_bank(turn) for turn in turns)]

    def _turn_bank(self, turn: Turn) -> Bank:
        return Bank(log_bands(np.concatenate([self.corpus.audio(line) for line in turn.utterances])))

    def _verbatim(self, role: str) -> frozenset[tuple[str, ...]]:
        """Return every run of eight words in the role's lines outside the test episodes."""
        texts = [self.corpus.lines[line].text for line in self.items.training[role]]
        return frozenset(gram for text in texts for gram in ngrams(words(text), VERBATIM_WORDS))


def build_gallery(corpus: Corpus, items: ItemSet, suite: Suite, listener: Listener) -> Gallery:
    """Return the gallery: hears the enrolment and real test lines of every character that can be told by voice."""
    wanted = lines_to_hear(items, suite)

    def hear(lines: Sequence[str]) -> Heard:
        return {line: _real_line(listener.hear(corpus.audio(line)), wanted[line]) for line in lines if line in wanted}

    enrolment = {name: hear(lines) for name, lines in sorted(items.enrolment.items())}
    real = {name: hear(lines) for name, lines in sorted(items.test_lines.items())}
    genders = {name: corpus.gender(name) or _gender_by_pitch(clips) for name, clips in enrolment.items()}
    impostors = {
        role: choose_impostors(role, _told_apart(role, genders, corpus), suite.enrolment.impostors)
        for role in items.roles
    }
    written = {name: [corpus.lines[line].text for line in items.training[name]] for name in sorted(enrolment)}
    style = train_style(written, [spoken_name(name) for name in (*corpus.by_character, *corpus.cast)])
    heard = {name: [line.heard for line in real.get(name, {}).values()] for name in sorted(enrolment)}
    return Gallery(
        corpus=corpus,
        items=items,
        suite=suite,
        genders=genders,
        impostors=impostors,
        spaces={name: _space(name, enrolment, real, impostors) for name in listener.speakers},
        prosody={name: _prosody(clips) for name, clips in enrolment.items()},
        style=style,
        style_rivals=_style_rivals(style, heard, items.roles),
    )


def lines_to_hear(items: ItemSet, suite: Suite) -> dict[str, bool]:
    """Return the real lines that a gallery and its thresholds are built of → whether their words are wanted too.

    All enrolment lines; all test lines of the roles and some of everybody else's; the words of as many of each.
    """
    limit = suite.enrolment.lines_per_impostor
    found = {line: False for lines in items.enrolment.values() for line in lines}
    for name, lines in items.test_lines.items():
        some = _some(lines, limit)
        found |= dict.fromkeys(lines if name in items.roles else some, False) | dict.fromkeys(some, True)
    return found | {item.id: True for item in items.calibration}


@dataclass(frozen=True)
class _RealLine:
    """What is kept of a real line: its voice by encoder, seconds of speech, prosody; its text as it is heard."""

    voices: Mapping[str, Floats]
    seconds: float
    prosody: Prosody | None
    heard: str = ""


Heard = dict[str, _RealLine]


def _real_line(clip: Clip, read: bool) -> _RealLine:
    clip.know(read)
    voices = {name: clip.voice(name) for name in clip.listener.speakers}
    return _RealLine(voices, clip.speech_duration, clip.prosody, clip.transcript.text if read else "")


def _some(lines: Sequence[str], number: int) -> list[str]:
    return sorted(sorted(lines, key=lambda line: draw_order(0, line))[:number])


def _space(
    encoder: str, enrolment: Mapping[str, Heard], real: Mapping[str, Heard], impostors: Mapping[str, Sequence[str]]
) -> EncoderVoices:
    def voices(heard: Mapping[str, Heard]) -> dict[str, list[RealLineVoice]]:
        return {
            name: [RealLineVoice(line, name, clip.voices[encoder], clip.seconds) for line, clip in clips.items()]
            for name, clips in heard.items()
        }

    return build_space(voices(enrolment), voices(real), impostors)


def _gender_by_pitch(clips: Heard) -> str:
    """Return `male` or `female` by the median pitch of a character's lines, "" where nothing is voiced."""
    pitches = [clip.prosody.log_f0 for clip in clips.values() if clip.prosody]
    if not pitches:
        return ""
    return "male" if float(np.median(pitches)) < np.log(MALE_BELOW_HZ) else "female"


def _told_apart(role: str, genders: Mapping[str, str], corpus: Corpus) -> dict[str, str]:
    """Return the genders of the role and of all whom other actors play: to the ear, one actor is one voice."""
    return {name: it for name, it in genders.items() if name == role or not corpus.same_voice(name, role)}


def choose_impostors(role: str, genders: Mapping[str, str], least: int) -> tuple[str, ...]:
    """Return all other characters of the role's gender; where they are fewer than `least`, all others."""
    same = tuple(name for name, gender in sorted(genders.items()) if name != role and gender == genders[role])
    return same if len(same) >= least else tuple(name for name in sorted(genders) if name != role)


def _prosody(clips: Heard) -> NDArray[np.float64]:
    rows = [clip.prosody.values for clip in clips.values() if clip.prosody]
    return np.stack(rows) if rows else np.zeros((0, len(FEATURES)))


def _style_rivals(style: StyleModel, heard: Mapping[str, Sequence[str]], roles: Sequence[str]) -> dict[str, Measured]:
    """Return each role's style advantage in the other characters' real lines.

    heard: as the recogniser hears them, like the replies': its errors must not make a reply less like the role.
    """
    lines = [(name, text) for name, texts in heard.items() for text in texts if words(text)]
    return {
        role: Measured.of([(style.advantage(text, role), spoken_seconds(text)) for name, text in lines if name != role])
        for role in roles
    }


def spoken_seconds(text: str) -> float:
    """Return about how long `text` takes to say: what buckets of texts go by."""
    return len(words(text)) / WORDS_PER_SECOND


WORDS_PER_SECOND = 3.0
"""Speech of English dialogue, about 180 words a minute: turns a text's length into the scale's seconds."""
