"""The gallery: everything real that replies are measured against, built once per corpus, suite and listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiorole.evaluation.corpus import SAMPLE_RATE, Corpus, Waveform
from audiorole.evaluation.gallery.scale import Measured, Scale, fit_scales
from audiorole.evaluation.gallery.style import StyleModel, train_style
from audiorole.evaluation.gallery.voices import Voice, VoiceSpace, build_space
from audiorole.evaluation.hearing.bands import NUM_BANDS, Bands, log_bands
from audiorole.evaluation.hearing.listener import Clip, Listener
from audiorole.evaluation.hearing.prosody import FEATURES, Prosody
from audiorole.evaluation.items import ItemSet, draw_order
from audiorole.evaluation.suite import Suite
from audiorole.evaluation.words import ngrams, plain_text, words
from audiorole.types import Dialogue

MALE_BELOW_HZ = 165.0
"""Between the mean pitch of men (131 Hz) and women (220 Hz) in logs: Hillenbrand et al. 1995, table V."""

REFERENCE_SECONDS = (5.0, 15.0)
"""Length of the reference clip that systems get: MiniCPM-o-2.6's own advice."""

VERBATIM_WORDS = 8
"""Run of words that nobody repeats by chance: the n-gram of GPT-3's and PaLM's contamination checks (8–13)."""

Floats = NDArray[np.float32]


@dataclass
class Gallery:
    """Real material by role. spaces: by encoder; prosody: character → `(num_lines, 5)` of its real lines.

    genders: given by the cast, or estimated from pitch where it says nothing. impostors: role → characters.
    """

    corpus: Corpus
    items: ItemSet
    suite: Suite
    genders: Mapping[str, str]
    impostors: Mapping[str, tuple[str, ...]]
    spaces: Mapping[str, VoiceSpace]
    prosody: Mapping[str, NDArray[np.float64]]
    style: StyleModel
    style_scales: Mapping[str, Scale]

    def __post_init__(self) -> None:
        self.copy_bank = lru_cache(maxsize=8)(self._copy_bank)
        self.verbatim = lru_cache(maxsize=64)(self._verbatim)

    def other_texts(self, dialogue: Dialogue, number: int = 50) -> list[str]:
        """Return texts of other lines of the item's character, none that says the same as the gold line."""
        gold = plain_text(dialogue.target.text)
        lines = self.corpus.by_character[dialogue.target.character]
        order = sorted(
            (line for line in lines if line.id != dialogue.id), key=lambda one: draw_order(0, f"{dialogue.id} {one.id}")
        )
        return [line.text for line in order if plain_text(line.text) not in ("", gold)][:number]

    def reference_clip(self, role: str) -> Waveform:
        """Return 5–15 s of enrolment lines of `role`, joined: what a one-shot system may hear of the voice."""
        pieces: list[Waveform] = []
        seconds = 0.0
        for line in sorted(self.items.enrolment[role], key=lambda one: -self.corpus.lines[one].duration):
            duration = self.corpus.lines[line].duration
            if seconds >= REFERENCE_SECONDS[0] or seconds + duration > REFERENCE_SECONDS[1]:
                continue
            pieces.append(self.corpus.audio(line))
            seconds += duration
        return (
            np.concatenate(pieces) if pieces else self.corpus.audio(self.items.enrolment[role][0])[: 15 * SAMPLE_RATE]
        )

    def copy_sources(self, dialogue: Dialogue, with_gold: bool = True) -> list[Bands]:
        """Return the band energies of what a reply may copy: the character's other lines, context, gold line."""
        turns = dialogue.turns if with_gold else dialogue.context
        ids = [line for turn in turns for line in turn.utterances]
        return [self.copy_bank(dialogue.target.character), joined_bands([self.corpus.audio(line) for line in ids])]

    def _copy_bank(self, role: str) -> Bands:
        """Return the band energies of the role's lines outside the test episodes, one after another."""
        return joined_bands([self.corpus.audio(line) for line in self.items.training[role]])

    def _verbatim(self, role: str) -> frozenset[tuple[str, ...]]:
        """Return every run of eight words in the role's lines outside the test episodes."""
        texts = [self.corpus.lines[line].text for line in self.items.training[role]]
        return frozenset(gram for text in texts for gram in ngrams(words(text), VERBATIM_WORDS))


def joined_bands(waveforms: Sequence[Waveform]) -> Bands:
    """Return the band energies of several waveforms, one after another."""
    parts = [log_bands(waveform) for waveform in waveforms]
    return np.concatenate(parts) if parts else np.zeros((0, NUM_BANDS), dtype=np.float32)


def build_gallery(corpus: Corpus, items: ItemSet, suite: Suite, listener: Listener) -> Gallery:
    """Return the gallery: hears the enrolment and real test lines of every character that can be told by voice."""
    enrolment = {name: _hear(corpus, listener, lines) for name, lines in sorted(items.enrolment.items())}
    limit = suite.enrolment.lines_per_impostor
    real = {
        name: _hear(corpus, listener, lines if name in items.roles else _some(lines, limit))
        for name, lines in sorted(items.test_lines.items())
    }
    genders = {name: corpus.gender(name) or _gender_by_pitch(clips) for name, clips in enrolment.items()}
    impostors = {role: choose_impostors(role, genders, suite.enrolment.impostors) for role in items.roles}
    style = train_style(_texts(corpus, items.training, enrolment), [*corpus.by_character, *corpus.cast])
    return Gallery(
        corpus=corpus,
        items=items,
        suite=suite,
        genders=genders,
        impostors=impostors,
        spaces={name: _space(name, enrolment, real, impostors) for name in listener.speakers},
        prosody={name: _prosody(clips) for name, clips in enrolment.items()},
        style=style,
        style_scales=_style_scales(style, _texts(corpus, items.test_lines, real), items.roles),
    )


@dataclass(frozen=True)
class _RealLine:
    """What is kept of a real line: its voice by encoder, seconds of speech, prosody."""

    voices: Mapping[str, Floats]
    seconds: float
    prosody: Prosody | None


Heard = dict[str, _RealLine]


def _hear(corpus: Corpus, listener: Listener, lines: Sequence[str]) -> Heard:
    """Return what is heard in `lines`; the samples are let go one by one, a gallery holds thousands."""
    return {line: _real_line(listener.hear(corpus.audio(line))) for line in lines}


def _real_line(clip: Clip) -> _RealLine:
    voices = {name: clip.voice(name) for name in clip.listener.speakers}
    return _RealLine(voices, clip.speech_duration, clip.prosody)


def _some(lines: Sequence[str], number: int) -> list[str]:
    return sorted(sorted(lines, key=lambda line: draw_order(0, line))[:number])


def _space(
    encoder: str, enrolment: Mapping[str, Heard], real: Mapping[str, Heard], impostors: Mapping[str, Sequence[str]]
) -> VoiceSpace:
    def voices(heard: Mapping[str, Heard]) -> dict[str, list[Voice]]:
        return {
            name: [Voice(line, name, clip.voices[encoder], clip.seconds) for line, clip in clips.items()]
            for name, clips in heard.items()
        }

    return build_space(voices(enrolment), voices(real), impostors)


def _gender_by_pitch(clips: Heard) -> str:
    """Return `male` or `female` by the median pitch of a character's lines, "" where nothing is voiced."""
    pitches = [clip.prosody.log_f0 for clip in clips.values() if clip.prosody]
    if not pitches:
        return ""
    return "male" if float(np.median(pitches)) < np.log(MALE_BELOW_HZ) else "female"


def choose_impostors(role: str, genders: Mapping[str, str], least: int) -> tuple[str, ...]:
    """Return all other characters of the role's gender; where they are fewer than `least`, all others."""
    same = tuple(name for name, gender in sorted(genders.items()) if name != role and gender == genders[role])
    return same if len(same) >= least else tuple(name for name in sorted(genders) if name != role)


def _prosody(clips: Heard) -> NDArray[np.float64]:
    rows = [clip.prosody.values for clip in clips.values() if clip.prosody]
    return np.stack(rows) if rows else np.zeros((0, len(FEATURES)))


def _texts(corpus: Corpus, lines: Mapping[str, Sequence[str]], known: Mapping[str, object]) -> dict[str, list[str]]:
    return {name: [corpus.lines[line].text for line in lines[name]] for name in sorted(known)}


def _style_scales(style: StyleModel, texts: Mapping[str, Sequence[str]], roles: Sequence[str]) -> dict[str, Scale]:
    """Return the scale of the style advantage: floor, other characters' lines; ceiling, own real lines."""

    def measured(role: str, sources: Sequence[str]) -> Measured:
        lines = [text for name in sources for text in texts[name] if words(text)]
        return Measured.of([(style.advantage(text, role), len(words(text)) / WORDS_PER_SECOND) for text in lines])

    real = {role: measured(role, [role]) for role in roles}
    return fit_scales(real, {role: measured(role, [name for name in texts if name != role]) for role in roles})


WORDS_PER_SECOND = 3.0
"""Speech of English dialogue, about 180 words a minute: turns a text's length into the scale's seconds."""
